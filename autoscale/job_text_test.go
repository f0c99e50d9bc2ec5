package autoscale

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestJobDecisionInWords(t *testing.T) {
	for _, tt := range []struct {
		name   string
		policy JobPolicy
		in     JobInput
		want   string
	}{
		{
			"default",
			JobPolicy{Max: 100},
			JobInput{Running: 4, Samples: []Sample{jobs("orders", 40, 2)}},
			"Metric orders: 4 -> 4: 40 / 2 per job = 20\n" +
				"Strategy: 4 -> 20: default: 20 wanted - 4 running = 16",
		},
		{
			"default at its bounds",
			JobPolicy{Min: 2, Max: 12},
			JobInput{Running: 4, Samples: []Sample{jobs("orders", 40, 2), jobsFailing("refunds"), jobsInactive(jobs("mails", 0, 5))}},
			"Metric orders: 4 -> 4: 40 / 2 per job = 20, at most 10\n" +
				"Failed refunds: 4 -> 4: connection refused\n" +
				"Inactive mails: 4 -> 4: 0, inactive\n" +
				"Calculation: 4 -> 4: max of 2 triggers = 10\n" +
				"Strategy: 4 -> 12: default: 10 wanted - 2 running beyond Min = 8",
		},
		{
			"more jobs than messages",
			JobPolicy{Max: 100},
			JobInput{Samples: []Sample{jobs("orders", 3, 0.5)}},
			"Metric orders: 0 -> 0: 3 / 0.5 per job = 6\n" +
				"Strategy: 0 -> 6: default: 6 wanted - 0 running = 6\n" +
				"Messages: 6 -> 3: no more new jobs than messages: 3",
		},
		{
			"custom beyond Max",
			JobPolicy{Max: 20, Strategy: StrategyCustom, Deduction: 1, RunningPercentage: percent(0.25)},
			JobInput{Running: 10, Samples: []Sample{jobs("orders", 20, 1)}},
			"Metric orders: 10 -> 10: 20 / 1 per job = 20\n" +
				"Strategy: 10 -> 27: custom: 20 wanted - 1 - 2 of 10 running = 17\n" +
				"TooManyReplicas: 27 -> 20: at most 20",
		},
		{
			"accurate",
			JobPolicy{Max: 100, Strategy: StrategyAccurate},
			JobInput{Running: 10, Pending: 4, Samples: []Sample{jobs("orders", 20, 1)}},
			"Metric orders: 10 -> 10: 20 / 1 per job = 20\n" +
				"Strategy: 10 -> 26: accurate: 20 wanted - 4 pending = 16",
		},
		{
			"accurate at its bound",
			JobPolicy{Max: 20, Strategy: StrategyAccurate},
			JobInput{Running: 10, Pending: 4, Samples: []Sample{jobs("orders", 20, 1)}},
			"Metric orders: 10 -> 10: 20 / 1 per job = 20\n" +
				"Strategy: 10 -> 20: accurate: 20 at most - 10 running = 10",
		},
		{
			"eager",
			JobPolicy{Max: 20, Strategy: StrategyEager, Calculation: CalculationAvg},
			JobInput{Running: 10, Pending: 4, Samples: []Sample{jobs("orders", 10, 1), jobs("refunds", 20, 4)}},
			"Metric orders: 10 -> 10: 10 / 1 per job = 10\n" +
				"Metric refunds: 10 -> 10: 20 / 4 per job = 5\n" +
				"Calculation: 10 -> 10: avg of 2 triggers = 7.5\n" +
				"Strategy: 10 -> 16: eager: 8 wanted, 20 at most - 10 running - 4 pending = 6",
		},
		{
			"auto",
			JobPolicy{Max: 22, Strategy: StrategyAuto},
			JobInput{Running: 10, Pending: 4, Samples: []Sample{jobs("orders", 20, 1), jobsInFlight(jobs("refunds", 20, 4))}},
			"Metric orders: 10 -> 10: 20 / 1 per job = 20 besides 6 busy\n" +
				"Metric refunds: 10 -> 10: 20 / 4 per job = 5 in all\n" +
				"Calculation: 10 -> 10: max of 2 triggers = 26\n" +
				"Strategy: 10 -> 26: auto: 26 wanted in all - 10 unfinished = 16\n" +
				"TooManyReplicas: 26 -> 22: at most 22",
		},
		{
			"a reading that was used",
			JobPolicy{Max: 100},
			JobInput{
				Running: 3,
				Samples: []Sample{jobs("orders", 20, 1)},
				State:   JobPolicy{Max: 1}.Decide(JobInput{Now: jobsNow, Samples: []Sample{jobs("orders", 1, 1)}}).State,
			},
			"Used orders: 3 -> 3: the reading of 2026-03-01T12:00:00Z was used before\n" +
				"Strategy: 3 -> 3: default: 0 wanted - 3 running = -3",
		},
		{
			"fewer than Min",
			JobPolicy{Min: 5, Max: 100},
			JobInput{Running: 2, Samples: []Sample{jobs("orders", 20, 1)}},
			"Metric orders: 2 -> 2: 20 / 1 per job = 20\n" +
				"TooFewReplicas: 2 -> 5: at least 5",
		},
		{
			"paused",
			JobPolicy{Min: 5, Max: 100, Pause: true},
			JobInput{Running: 2, Samples: []Sample{jobs("orders", 20, 1)}},
			"Metric orders: 2 -> 2: 20 / 1 per job = 20\n" +
				"Paused: 2 -> 2: paused at 2",
		},
		{
			"no trigger",
			JobPolicy{Max: 100},
			JobInput{},
			"Strategy: 0 -> 0: default: 0 wanted - 0 running = 0",
		},
		{
			"texts of others stay on one line",
			JobPolicy{Max: 100},
			JobInput{Samples: []Sample{{Trigger: "a\nb", Err: errors.New("read:\n\tPaused: 2 -> 2")}}},
			"Failed a b: 0 -> 0: read: Paused: 2 -> 2\n" +
				"Strategy: 0 -> 0: default: 0 wanted - 0 running = 0",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.in.Now = jobsNow
			assert.Equal(t, tt.want, tt.policy.Decide(tt.in).String())
		})
	}
}

func TestJobStepsAreData(t *testing.T) {
	in := JobInput{Now: jobsNow, Running: 5, Pending: 1, Samples: []Sample{jobs("orders", 90, 2), jobsFailing("refunds")}}
	in.Samples[0].Reading.Limit, in.Samples[0].Reading.Note = 40, "all of them"
	p := JobPolicy{Min: 2, Max: 24, Strategy: StrategyCustom, Deduction: 4, RunningPercentage: percent(0.5)}
	assert.Equal(t, []JobStep{
		{
			Rule: RuleMetric, Trigger: "orders", From: 5, To: 5,
			Value: 90, Target: 2, Load: 40, SourceLimit: 40, Strategy: StrategyCustom, Busy: 4, Max: 22, Note: "all of them",
		},
		{Rule: RuleFailed, Trigger: "refunds", From: 5, To: 5, Error: "connection refused"},
		{Rule: RuleCalculation, From: 5, To: 5, Calculation: CalculationMax, Triggers: 2, Load: 22},
		{
			Rule: RuleStrategy, From: 5, To: 22,
			Strategy: StrategyCustom, Wanted: 22, Running: 3, BeyondMin: true, Pending: 1, Max: 22, Deduction: 4, Part: 1, New: 17,
		},
	}, p.Decide(in).Steps)
}
