package autoscale

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// jobsLimited is a trigger on a source that has work for so many jobs.
func jobsLimited(limit int, even bool, s Sample) Sample {
	s.Reading.Limit, s.Reading.Even = limit, even
	return s
}

func jobsStating(target float64, note string, s Sample) Sample {
	s.Reading.Target, s.Reading.Note = target, note
	return s
}

func TestJobsByWhatTheSourceSays(t *testing.T) {
	for _, tt := range []struct {
		name    string
		policy  JobPolicy
		running int
		pending int
		sample  Sample
		want    string
	}{
		{
			"no more jobs than find work", JobPolicy{Max: 100}, 4, 0, jobsLimited(24, false, jobs("lag", 1_000_000, 10)),
			"Metric lag: 4 -> 4: 1000000 / 10 per job = 100000, of which 24 find work\n" +
				"Strategy: 4 -> 24: default: 24 wanted - 4 running = 20",
		},
		{
			"a number that divides the limit", JobPolicy{Max: 100}, 4, 0, jobsLimited(24, true, jobs("lag", 45, 10)),
			"Metric lag: 4 -> 4: 45 / 10 per job = 4.5, rounded up to 6, which divides 24\n" +
				"Strategy: 4 -> 6: default: 6 wanted - 4 running = 2",
		},
		{
			"below the limit", JobPolicy{Max: 100}, 0, 0, jobsLimited(24, false, jobs("lag", 45, 10)),
			"Metric lag: 0 -> 0: 45 / 10 per job = 4.5\n" +
				"Strategy: 0 -> 5: default: 5 wanted - 0 running = 5",
		},
		{
			"busy jobs have their share of the source", JobPolicy{Max: 100, Strategy: StrategyAuto}, 20, 0,
			jobsLimited(24, false, jobs("lag", 1_000_000, 10)),
			"Metric lag: 20 -> 20: 1000000 / 10 per job = 100000, of which 24 find work besides 20 busy, but no more than 24 in all\n" +
				"Strategy: 20 -> 24: auto: 24 wanted in all - 20 unfinished = 4",
		},
		{
			"the target and the remark of the source", JobPolicy{Max: 100}, 0, 0, jobsStating(4, "all events\ncount", jobs("hub", 20, 10)),
			"Metric hub: 0 -> 0: 20 / 4 per job = 5; all events count\n" +
				"Strategy: 0 -> 5: default: 5 wanted - 0 running = 5",
		},
		{
			"a remark without work", JobPolicy{Max: 100}, 0, 0, jobsInactive(jobsStating(0, "nobody may receive", jobs("hub", 0, 10))),
			"Inactive hub: 0 -> 0: 0, inactive; nobody may receive\n" +
				"Strategy: 0 -> 0: default: 0 wanted - 0 running = 0",
		},
		{
			"a limit of less than nothing is a failure", JobPolicy{Max: 100}, 0, 0, jobsLimited(-1, false, jobs("lag", 20, 10)),
			"Failed lag: 0 -> 0: limit -1 is less than 0\n" +
				"Strategy: 0 -> 0: default: 0 wanted - 0 running = 0",
		},
		{
			"a target of less than nothing is a failure", JobPolicy{Max: 100}, 0, 0, jobsStating(-1, "", jobs("lag", 20, 10)),
			"Failed lag: 0 -> 0: target -1 is not a finite number of at least 0.001\n" +
				"Strategy: 0 -> 0: default: 0 wanted - 0 running = 0",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := tt.policy.Decide(JobInput{Now: jobsNow, Running: tt.running, Pending: tt.pending, Samples: []Sample{tt.sample}})
			assert.Equal(t, tt.want, d.String())
		})
	}
}
