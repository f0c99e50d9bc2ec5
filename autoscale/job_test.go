package autoscale

import (
	"encoding/json"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
)

var jobsNow = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// jobs returns a sample of an active trigger.
func jobs(trigger string, value, target float64) Sample {
	return Sample{
		Trigger: trigger,
		Metric:  scalerkit.Metric{Target: scalerkit.Target{Value: target}},
		Reading: scalerkit.Reading{Value: value, Activity: scalerkit.Active, Time: jobsNow},
	}
}

func jobsInFlight(s Sample) Sample {
	s.Metric.InFlight = true
	return s
}

func jobsInactive(s Sample) Sample {
	s.Reading.Activity = scalerkit.Inactive
	return s
}

func jobsFailing(trigger string) Sample {
	return Sample{Trigger: trigger, Err: errors.New("connection refused")}
}

func percent(part float64) *float64 { return &part }

func TestJobsToCreate(t *testing.T) {
	type policy = JobPolicy
	for _, tt := range []struct {
		name             string
		policy           policy
		running, pending int
		samples          []Sample
		want             int
	}{
		{"one job for each target's worth of messages", policy{Max: 100}, 0, 0, []Sample{jobs("q", 20, 2)}, 10},
		{"part of a target's worth is worth a job", policy{Max: 100}, 0, 0, []Sample{jobs("q", 21, 2)}, 11},
		{"a floating point error is not worth a job", policy{Max: 100}, 0, 0, []Sample{jobs("q", 1.1, 0.1), jobs("p", 11, 1)}, 11},
		{"no trigger, no job", policy{Max: 100}, 0, 0, nil, 0},
		{"an inactive trigger creates nothing", policy{Max: 100}, 0, 0, []Sample{jobsInactive(jobs("q", 20, 1))}, 0},
		{"the default strategy counts running jobs", policy{Max: 100}, 4, 3, []Sample{jobs("q", 10, 1)}, 6},
		{"jobs are not removed", policy{Max: 100}, 14, 0, []Sample{jobs("q", 10, 1)}, 0},
		{"no more than Max jobs", policy{Max: 8}, 3, 0, []Sample{jobs("q", 100, 1)}, 5},
		{"more than Max jobs stay", policy{Max: 8}, 13, 0, []Sample{jobs("q", 100, 1)}, 0},
		{"no more new jobs than messages", policy{Max: 100}, 0, 0, []Sample{jobs("q", 3, 0.5)}, 3},

		{"Min jobs are created without load", policy{Min: 5, Max: 100}, 2, 0, []Sample{jobsInactive(jobs("q", 0, 1))}, 3},
		{"Min jobs are created without readings", policy{Min: 5, Max: 100}, 2, 0, []Sample{jobsFailing("q")}, 3},
		{"Min jobs are created first", policy{Min: 5, Max: 100}, 2, 0, []Sample{jobs("q", 50, 1)}, 3},
		{"the load comes on top of Min", policy{Min: 5, Max: 100}, 7, 0, []Sample{jobs("q", 50, 1)}, 48},
		{"the load and Min together are no more than Max", policy{Min: 5, Max: 20}, 7, 0, []Sample{jobs("q", 50, 1)}, 13},
		{"Max wins over Min", policy{Min: 5, Max: 3}, 0, 0, nil, 3},
		{"the zero policy has one job at most", policy{}, 0, 0, []Sample{jobs("q", 50, 1)}, 1},
		{"paused", policy{Min: 5, Max: 100, Pause: true}, 2, 0, []Sample{jobs("q", 50, 1)}, 0},

		{
			"the custom strategy deducts a number and a part of the running jobs",
			policy{Max: 100, Strategy: StrategyCustom, Deduction: 2, RunningPercentage: percent(0.5)},
			5, 0,
			[]Sample{jobs("q", 20, 1)}, 16,
		},
		{
			"the custom strategy keeps to Max",
			policy{Max: 20, Strategy: StrategyCustom, RunningPercentage: percent(0.1)},
			15, 0,
			[]Sample{jobs("q", 20, 1)}, 5,
		},
		{
			"the custom strategy without a percentage is the default one",
			policy{Max: 100, Strategy: StrategyCustom, Deduction: 2},
			5, 0,
			[]Sample{jobs("q", 20, 1)}, 15,
		},
		{
			"the accurate strategy counts pending jobs",
			policy{Max: 100, Strategy: StrategyAccurate},
			10, 3,
			[]Sample{jobs("q", 20, 1)}, 17,
		},
		{
			"the accurate strategy keeps to Max",
			policy{Max: 20, Strategy: StrategyAccurate},
			10, 3,
			[]Sample{jobs("q", 20, 1)}, 10,
		},
		{
			"the eager strategy creates what is wanted whatever runs",
			policy{Max: 100, Strategy: StrategyEager},
			10, 0,
			[]Sample{jobs("q", 20, 1)}, 20,
		},
		{
			"the eager strategy counts pending jobs twice",
			policy{Max: 20, Strategy: StrategyEager},
			10, 3,
			[]Sample{jobs("q", 20, 1)}, 7,
		},
		{
			"the eager strategy creates more jobs than messages",
			policy{Max: 100, Strategy: StrategyEager},
			0, 0,
			[]Sample{jobs("q", 3, 0.5)}, 6,
		},
		{
			"an unknown strategy is the default one",
			policy{Max: 100, Strategy: "acurate"},
			10, 3,
			[]Sample{jobs("q", 20, 1)}, 10,
		},

		{
			"auto: all unfinished jobs have a share in a reading with messages in flight",
			policy{Max: 100, Strategy: StrategyAuto},
			10, 3,
			[]Sample{jobsInFlight(jobs("q", 20, 1))}, 10,
		},
		{
			"auto: only pending jobs have a share in a reading of waiting messages",
			policy{Max: 100, Strategy: StrategyAuto},
			10, 3,
			[]Sample{jobs("q", 20, 1)}, 17,
		},
		{
			"auto: a pending job takes a whole target's worth",
			policy{Max: 100, Strategy: StrategyAuto},
			10, 3,
			[]Sample{jobs("q", 20, 5)}, 1,
		},
		{
			"auto: busy jobs do not keep waiting messages waiting",
			policy{Max: 100, Strategy: StrategyAuto},
			10, 0,
			[]Sample{jobs("q", 1, 1)}, 1,
		},
		{
			"auto: no more than Max jobs",
			policy{Max: 20, Strategy: StrategyAuto},
			10, 3,
			[]Sample{jobs("q", 50, 1)}, 10,
		},
		{
			"auto: Min is part of what is wanted",
			policy{Min: 5, Max: 20, Strategy: StrategyAuto},
			5, 0,
			[]Sample{jobsInFlight(jobs("q", 8, 1))}, 3,
		},
		{
			"auto: Min is kept without load",
			policy{Min: 5, Max: 20, Strategy: StrategyAuto},
			1, 0,
			[]Sample{jobsFailing("q")}, 4,
		},
		{
			"auto: the trigger counts that calls for most jobs in all",
			policy{Max: 100, Strategy: StrategyAuto},
			10, 3,
			[]Sample{jobsInFlight(jobs("q", 20, 1)), jobs("p", 15, 1)}, 12,
		},
		{
			"auto: busy jobs count once in a sum",
			policy{Max: 100, Strategy: StrategyAuto, Calculation: CalculationSum},
			10, 3,
			[]Sample{jobs("q", 20, 1), jobs("p", 15, 1)}, 32,
		},
		{
			"auto: busy jobs in a sum of both kinds work on what is in flight",
			policy{Max: 100, Strategy: StrategyAuto, Calculation: CalculationSum},
			10, 3,
			[]Sample{jobsInFlight(jobs("q", 20, 1)), jobs("p", 15, 1)}, 25,
		},
		{
			"auto: busy jobs in a sum of both kinds that are more than what is in flight",
			policy{Max: 100, Strategy: StrategyAuto, Calculation: CalculationSum},
			10, 3,
			[]Sample{jobsInFlight(jobs("q", 2, 1)), jobs("p", 15, 1)}, 12,
		},

		{
			"the largest load is the one of most jobs, not of most messages",
			policy{Max: 100},
			0, 0,
			[]Sample{jobs("q", 100, 100), jobs("p", 50, 1)}, 50,
		},
		{
			"the smallest load",
			policy{Max: 100, Calculation: CalculationMin},
			0, 0,
			[]Sample{jobs("q", 30, 1), jobs("p", 20, 1), jobs("r", 40, 1)}, 20,
		},
		{
			"an empty queue is the smallest load at the end of the list",
			policy{Max: 100, Calculation: CalculationMin},
			0, 0,
			[]Sample{jobs("q", 30, 1), jobs("p", 0, 1)}, 0,
		},
		{
			"an empty queue is the smallest load at the beginning of the list",
			policy{Max: 100, Calculation: CalculationMin},
			0, 0,
			[]Sample{jobs("p", 0, 1), jobs("q", 30, 1)}, 0,
		},
		{
			"an inactive trigger does not take part in the smallest load",
			policy{Max: 100, Calculation: CalculationMin},
			0, 0,
			[]Sample{jobsInactive(jobs("p", 0, 1)), jobs("q", 30, 1)}, 30,
		},
		{
			"the mean load of active triggers",
			policy{Max: 100, Calculation: CalculationAvg},
			0, 0,
			[]Sample{jobs("q", 30, 1), jobs("p", 21, 1), jobsInactive(jobs("r", 0, 1))}, 26,
		},
		{
			"the sum of the loads",
			policy{Max: 100, Calculation: CalculationSum},
			0, 0,
			[]Sample{jobs("q", 5, 10), jobs("p", 5, 10)}, 1,
		},
		{
			"each load is at most Max in the mean",
			policy{Max: 10, Calculation: CalculationAvg},
			0, 0,
			[]Sample{jobs("q", 1000, 1), jobs("p", 2, 1)}, 6,
		},

		{"a failing trigger does not stand in the way of the largest load", policy{Max: 100}, 0, 0, []Sample{jobsFailing("p"), jobs("q", 30, 1)}, 30},
		{
			"a failing trigger does not stand in the way of the sum",
			policy{Max: 100, Calculation: CalculationSum},
			0, 0,
			[]Sample{jobsFailing("p"), jobs("q", 30, 1)}, 30,
		},
		{
			"a failing trigger lowers the mean load to what it is at least",
			policy{Max: 100, Calculation: CalculationAvg},
			0, 0,
			[]Sample{jobsFailing("p"), jobs("q", 30, 1)}, 15,
		},
		{
			"a failing trigger makes the smallest load unknown",
			policy{Max: 100, Calculation: CalculationMin},
			0, 0,
			[]Sample{jobsFailing("p"), jobs("q", 30, 1)}, 0,
		},
		{"a value that is not a number is a failure", policy{Max: 100}, 0, 0, []Sample{jobs("q", math.NaN(), 1), jobs("p", 3, 1)}, 3},
		{"a target of zero is a failure", policy{Max: 100}, 0, 0, []Sample{jobs("q", 100, 0), jobs("p", 3, 1)}, 3},
		{"negative numbers of jobs are none", policy{Max: 100}, -3, -7, []Sample{jobs("q", 10, 1)}, 10},
		{"no more jobs are pending than unfinished", policy{Max: 100, Strategy: StrategyAuto}, 2, 5, []Sample{jobs("q", 10, 1)}, 8},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := tt.policy.Decide(JobInput{Now: jobsNow, Running: tt.running, Pending: tt.pending, Samples: tt.samples})
			assert.Equal(t, tt.want, d.Create, "%s", d)
		})
	}
}

func TestJobsAreActiveWhileATriggerIsOrMinIs(t *testing.T) {
	decide := func(least int, samples ...Sample) bool {
		return JobPolicy{Min: least, Max: 10}.Decide(JobInput{Now: jobsNow, Samples: samples}).Active
	}
	assert.True(t, decide(0, jobs("q", 1, 1)))
	assert.True(t, decide(0, jobsFailing("p"), jobs("q", 1, 1)))
	assert.True(t, decide(1, jobsInactive(jobs("q", 0, 1))))
	assert.False(t, decide(0, jobsInactive(jobs("q", 1, 1))))
	assert.False(t, decide(0, jobsFailing("p")))
	assert.False(t, decide(0))
}

func TestJobPolicyValidate(t *testing.T) {
	require.NoError(t, JobPolicy{Max: 1}.Validate())
	require.NoError(t, JobPolicy{
		Min: 2, Max: 2, Strategy: StrategyAuto, Calculation: CalculationSum, Deduction: 1, RunningPercentage: percent(1.5),
	}.Validate())

	assert.EqualError(t, JobPolicy{
		Min: -1, Strategy: "acurate", Calculation: "mean", Deduction: -2, RunningPercentage: percent(math.NaN()),
	}.Validate(), `Min: -1 is less than 0
Max: 0 is less than 1
Strategy: "acurate" is not one of default, custom, accurate, eager, auto
Calculation: "mean" is not one of max, min, avg, sum
Deduction: -2 is less than 0
RunningPercentage: NaN is not a finite number of at least 0`)
	assert.EqualError(t, JobPolicy{Min: 5, Max: 3}.Validate(), "Min: 5 is greater than Max: 3")
}

func TestAReadingTakesPartInOneDecision(t *testing.T) {
	policy := JobPolicy{Max: 100, Strategy: StrategyAuto}
	in := JobInput{Now: jobsNow.Add(time.Second), Samples: []Sample{jobs("q", 10, 1)}}
	d := policy.Decide(in)
	require.Equal(t, 10, d.Create)

	in.State = d.State
	d = policy.Decide(in)
	assert.Zero(t, d.Create, "the same reading")
	assert.True(t, d.Active)
	assert.Equal(t, in.State, d.State)

	in.Samples[0].Reading.Time = jobsNow.Add(-time.Hour)
	d = policy.Decide(in)
	assert.Zero(t, d.Create, "an older reading")
	assert.Equal(t, in.State, d.State)

	in.Samples[0] = jobsFailing("q")
	d = policy.Decide(in)
	assert.Zero(t, d.Create, "no reading")
	assert.Equal(t, in.State, d.State)

	in.Samples[0] = jobs("q", 10, 1)
	in.Samples[0].Reading.Time = time.Time{}
	d = policy.Decide(in)
	assert.Equal(t, 10, d.Create, "a reading without a time")
	in.State = d.State
	in.Now = in.Now.Add(time.Second)

	in.Samples = append(in.Samples, jobs("p", 20, 1))
	in.Samples[0].Reading.Time = in.Now.Add(-time.Second)
	d = policy.Decide(in)
	assert.Equal(t, 20, d.Create, "a new reading of another trigger")

	in.Samples[0].Reading.Time = in.Now
	d = policy.Decide(JobInput{Now: in.Now, Samples: in.Samples[:1], State: d.State})
	assert.Equal(t, 10, d.Create, "a newer reading")
	assert.Equal(t, JobState{Used: map[string]time.Time{"q": in.Now}}, d.State, "triggers that are gone are forgotten")
}

// After a clock was set back, readings have times before those in the state.
func TestAReadingFromTheFutureHoldsNoLongerThanOneDecision(t *testing.T) {
	policy := JobPolicy{Max: 100}
	d := policy.Decide(JobInput{Now: jobsNow.Add(time.Hour), Samples: []Sample{jobs("q", 10, 1)}})
	d.State.Used["q"] = jobsNow.Add(time.Hour)

	in := JobInput{Now: jobsNow, Samples: []Sample{jobs("q", 10, 1)}, State: d.State}
	d = policy.Decide(in)
	assert.Zero(t, d.Create)
	in.State, in.Now = d.State, jobsNow.Add(time.Second)
	in.Samples[0].Reading.Time = in.Now
	assert.Equal(t, 10, policy.Decide(in).Create)
}

func TestJobStateIsPlainData(t *testing.T) {
	zone := time.FixedZone("", 3600)
	in := JobInput{Now: jobsNow.In(zone), Samples: []Sample{jobs("q", 10, 1)}}
	in.Samples[0].Reading.Time = jobsNow.In(zone)
	d := JobPolicy{Max: 100}.Decide(in)
	text, err := json.Marshal(d.State)
	require.NoError(t, err)
	assert.Equal(t, `{"used":{"q":"2026-03-01T12:00:00Z"}}`, string(text))
	var back JobState
	require.NoError(t, json.Unmarshal(text, &back))
	assert.Equal(t, d.State, back)
}

func BenchmarkJobDecide(b *testing.B) {
	policy := JobPolicy{Max: 100, Strategy: StrategyAuto}
	in := JobInput{Now: jobsNow, Running: 20, Pending: 3, Samples: []Sample{jobs("q", 3, 1)}}
	b.ReportAllocs()
	for b.Loop() {
		policy.Decide(in)
	}
}
