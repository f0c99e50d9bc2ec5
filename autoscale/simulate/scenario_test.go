package simulate_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/simulate"
)

func TestBadScenarios(t *testing.T) {
	good := func() simulate.Scenario {
		return simulate.Scenario{Length: time.Hour, Workers: simulate.Workers{Rate: 1}, Sources: []simulate.Source{{Name: "orders", Target: perReplica(5)}}}
	}
	require.NoError(t, good().Validate())
	for _, tt := range []struct {
		change func(*simulate.Scenario)
		want   string
	}{
		{func(s *simulate.Scenario) { s.Length = 0 }, "Length: 0s is not greater than 0"},
		{func(s *simulate.Scenario) { s.Tick = -1 }, "Tick: -1ns is not greater than 0"},
		{
			func(s *simulate.Scenario) { s.Length = 10_000 * time.Hour },
			"Length: 10000h0m0s is more than 16000000 ticks of 1s; with a longer Tick it can be simulated",
		},
		{func(s *simulate.Scenario) { s.Sources = nil }, "Sources: there is none"},
		{func(s *simulate.Scenario) { s.Interval = time.Millisecond }, "Interval: 1ms is less than a Tick: 1s"},
		{func(s *simulate.Scenario) { s.Sync = -time.Second }, "Sync: -1s is less than a Tick: 1s"},
		{func(s *simulate.Scenario) { s.Phase = -1 }, "Phase: -1ns is less than 0"},
		{func(s *simulate.Scenario) { s.SyncPhase = -1 }, "SyncPhase: -1ns is less than 0"},
		{func(s *simulate.Scenario) { s.MaxBackoff = -1 }, "MaxBackoff: -1ns is less than 0"},
		{func(s *simulate.Scenario) { s.Replicas = -1 }, "Replicas: -1 is not within 0 and 1000000"},
		{func(s *simulate.Scenario) { s.Workers = simulate.Workers{} }, "Workers.Rate: 0 is not within 1e-08 and 1e+09"},
		{func(s *simulate.Scenario) { s.Workers.Spread = 11 }, "Workers.Spread: 11 is not within 0 and 10"},
		{func(s *simulate.Scenario) { s.Workers.StartSpread = -1 }, "Workers.StartSpread: -1 is not within 0 and 10"},
		{func(s *simulate.Scenario) { s.Workers.FailingStarts = 1 }, "Workers.FailingStarts: 1 is not within 0 and 0.99"},
		{func(s *simulate.Scenario) { s.Workers.Start = -1 }, "Workers.Start: -1ns is not within 0s and 8760h0m0s"},
		{func(s *simulate.Scenario) { s.Workers.Stop = -1 }, "Workers.Stop: -1ns is not within 0s and 8760h0m0s"},
		{func(s *simulate.Scenario) { s.Workers.PerJob = -1 }, "Workers.PerJob: -1 is less than 1"},
		{
			func(s *simulate.Scenario) { s.Sources = append(s.Sources, s.Sources[0]) },
			`Sources[1].Name: "orders" is that of another source`,
		},
		{func(s *simulate.Scenario) { s.Sources[0].Target.Kind = "Average" }, `Sources[0].Target.Kind: "Average" is not AverageValue or Value`},
		{func(s *simulate.Scenario) { s.Sources[0].Target = scalerkit.Target{} }, "Sources[0].Target.Value: 0 is not within 0.001 and 1.7976931348623157e+308"},
		{func(s *simulate.Scenario) { s.Sources[0].Rate = -1 }, "Sources[0].Rate: -1 is not within 1e-08 and 1e+09"},
		{func(s *simulate.Scenario) { s.Sources[0].Limit = -1 }, "Sources[0].Limit: -1 is not within 0 and 1000000"},
		{func(s *simulate.Scenario) { s.Sources[0].Delay = -1 }, "Sources[0].Delay: -1ns is less than 0"},
		{func(s *simulate.Scenario) { s.Sources[0].Outages = []simulate.Window{{From: 2, To: 1}} }, "Sources[0].Outages[0]: from 2ns to 1ns is no time"},
		{func(s *simulate.Scenario) { s.Sources[0].Frozen = []simulate.Window{{From: -1, To: 1}} }, "Sources[0].Frozen[0]: from -1ns to 1ns is no time"},
	} {
		s := good()
		tt.change(&s)
		require.EqualError(t, s.Validate(), tt.want)
		_, err := simulate.Run(policyOf(0, 10), s)
		require.EqualError(t, err, tt.want)
		_, err = simulate.RunJobs(autoscale.JobPolicy{Max: 1}, s)
		require.EqualError(t, err, tt.want)
	}
	p := policyOf(5, 2)
	p.OnError = map[string]autoscale.OnError{"mails": {Action: autoscale.Ignore}}
	_, err := simulate.Run(simulate.KEDA{Policy: p}, good())
	require.EqualError(t, err, "Min: 5 is greater than Max: 2\nOnError[\"mails\"]: there is no trigger of this name, only [\"orders\"]")
}
