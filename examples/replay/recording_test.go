package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/autoscale/record"
	"github.com/scalerkit/scalerkit/autoscale/simulate"
)

// trueRate is how many messages a replica works through in a second in what is
// recorded here.
const trueRate = 0.5

// recorded returns a recording of bursts on a steady load, as it would be made of the
// simulation, and what happened in truth.
func recorded(t *testing.T, inFlight bool) (lines string, truth simulate.Result) {
	policy := autoscale.Default()
	policy.Max = 30
	truth, err := simulate.Run(policy, simulate.Scenario{
		Length: 2 * time.Hour, Interval: 10 * time.Second, Seed: 3,
		Workers: simulate.Workers{Rate: trueRate, Spread: 1, Start: 10 * time.Second},
		Sources: []simulate.Source{{
			Name: "orders", InFlight: inFlight, Target: scalerkit.Target{Value: 10},
			Load: simulate.Poisson(simulate.Sum(simulate.Constant(3), simulate.Every(20*time.Minute, simulate.Burst(5*time.Minute, 1500, 20*time.Second)))),
		}},
	})
	require.NoError(t, err)
	var b strings.Builder
	for _, r := range truth.Rounds {
		line, err := json.Marshal(record.Of(control.Round{
			Key: scalerkit.Key{Namespace: "prod", Name: "orders"}, Time: r.Input.Now,
			Samples: r.Input.Samples, Current: r.Input.Current, Ready: r.Input.Ready, Decided: true, Decision: r.Decision,
		}))
		require.NoError(t, err)
		b.Write(append(line, '\n'))
	}
	return b.String(), truth
}

// loaded reads a recording as the program does.
func loaded(t *testing.T, lines string, args ...string) (config, load) {
	t.Helper()
	require.NoError(t, os.WriteFile("rounds.jsonl", []byte(lines), 0o600))
	cfg, err := parse(append([]string{"-policy", "policy.yaml", "-load", "rounds.jsonl"}, args...))
	require.NoError(t, err)
	l, err := readLoad(t.Context(), &cfg, nil)
	require.NoError(t, err)
	return cfg, l
}

func TestTheEstimateIsNearTheTruth(t *testing.T) {
	t.Chdir(t.TempDir())
	lines, truth := recorded(t, true)
	cfg, l := loaded(t, lines)
	require.InEpsilon(t, trueRate, cfg.workers.Rate, 0.12)
	require.InEpsilon(t, truth.Arrived, total(l.series), 0.12)
	cfg, l = loaded(t, lines, "-rate", "0.5")
	require.Equal(t, trueRate, cfg.workers.Rate)
	require.InEpsilon(t, truth.Arrived, total(l.series), 0.1)

	lines, truth = recorded(t, false)
	_, least := loaded(t, lines, "-busy", "0")
	_, most := loaded(t, lines, "-busy", "1")
	require.Less(t, total(least.series), float64(truth.Arrived))
	require.Greater(t, total(most.series), float64(truth.Arrived))
}

func TestARecordingIsPlayed(t *testing.T) {
	t.Chdir(t.TempDir())
	lines, _ := recorded(t, false)
	require.NoError(t, os.Mkdir("rounds", 0o700))
	require.NoError(t, os.WriteFile("rounds/rounds-20260101T000000Z.jsonl", []byte(lines), 0o600))
	require.NoError(t, os.WriteFile("policy.yaml", []byte(object(redisTrigger)), 0o600))
	golden(t, "recording.txt", "-policy", "policy.yaml", "-load", "rounds", "-busy", "0.1")
}

func TestReplicasThatWereFasterThanTheRateAreTold(t *testing.T) {
	t.Chdir(t.TempDir())
	onlyWhereTheGoldenFilesAreFrom(t)
	lines, _ := recorded(t, true)
	_, l := loaded(t, lines, "-rate", "0.2")
	require.Equal(t, []string{"Replicas were faster than -rate: at least 0.482 a second for each replica, seen while the queue became shorter by 289 messages in 20s, and give or take 12 % by chance.", "What arrived is an estimate, from what waited or was worked on, and as sure as the service rate."}, l.notes)
}

// roundsOf are rounds of a queue that is empty, and later not.
func roundsOf(more ...string) string {
	var b strings.Builder
	for i, n := range []int{0, 0, 5, 5} {
		fmt.Fprintf(&b, `{"v":1,"time":"2026-01-31T12:00:%02dZ","name":"orders","samples":[{"trigger":"orders","value":%d}],"current":1}`+"\n", 5*i, n)
	}
	return b.String() + strings.Join(more, "")
}

func TestWhatARecordingDoesNotTell(t *testing.T) {
	t.Chdir(t.TempDir())
	later := `{"v":1,"time":"2026-01-31T%s:00Z","name":"%s","samples":[{"trigger":"%s","value":1}],"current":1%s}` + "\n"
	for name, c := range map[string]struct {
		lines string
		args  []string
		want  string
	}{
		"the rate": {lines: roundsOf(),
			want: "it does not tell how fast replicas work: never did a queue in which messages waited become shorter by 200 within 10m0s; -rate says it"},
		"what arrived": {lines: roundsOf(), args: []string{"-rate", "1"}, want: "it has only what waited, which does not tell what arrived: at least 10 messages, if replicas did nothing while nothing waited, " +
			"and at most 20, if they worked all the time; -busy says for which part of that time they worked"},
		"a gap": {lines: roundsOf(fmt.Sprintf(later, "14:00", "orders", "orders", "")), args: []string{"-rate", "1"},
			want: "there is no reading for 1h59m45s after 2026-01-31T12:00:15Z, and usually there is one every 5s: fill the gap with -gaps zero or repeat"},
		"time that runs backwards": {lines: roundsOf(fmt.Sprintf(later, "11:00", "orders", "orders", "")), args: []string{"-rate", "1"},
			want: "the round of 2026-01-31T11:00:00Z is not after the one before, 2026-01-31T12:00:15Z"},
		"which workload": {lines: roundsOf(fmt.Sprintf(later, "12:01", "returns", "orders", "")), args: []string{"-rate", "1"},
			want: "-workload has to say which one is played: orders, returns"},
		"another workload": {lines: roundsOf(), args: []string{"-workload", "prod/orders"},
			want: "-workload prod/orders: it is not in the recording, which has orders"},
		"which trigger": {lines: roundsOf(fmt.Sprintf(later, "12:01", "orders", "day", "")), args: []string{"-rate", "1"},
			want: "-reading has to say which trigger reads the queue: day, orders"},
		"another trigger": {lines: roundsOf(), args: []string{"-reading", "day"},
			want: "-reading day: it is not in the recording, which has orders"},
		"Jobs": {lines: roundsOf(fmt.Sprintf(later, "12:01", "orders", "orders", `,"decision":{"replicas":1,"jobs":true,"steps":[]}`)),
			want: "orders has Jobs, and only workloads with replicas can be played"},
		"a broken line": {lines: roundsOf("{}\n"), want: "line 5: its version is 0, and only 1 is known"},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, os.WriteFile("rounds.jsonl", []byte(c.lines), 0o600))
			require.NoError(t, os.WriteFile("policy.yaml", []byte(object(redisTrigger)), 0o600))
			code, stdout, stderr := start(append([]string{"-policy", "policy.yaml", "-load", "rounds.jsonl"}, c.args...)...)
			require.Equal(t, 1, code)
			require.Empty(t, stdout)
			require.Equal(t, "replay: rounds.jsonl: "+c.want+"\n", stderr)
		})
	}
}

func TestAGapOfARecordingIsFilled(t *testing.T) {
	t.Chdir(t.TempDir())
	lines := roundsOf(`{"v":1,"time":"2026-01-31T12:02:00Z","name":"orders","samples":[{"trigger":"orders","value":5}],"current":1}` + "\n")
	_, zero := loaded(t, lines, "-rate", "2", "-busy", "0.5", "-gaps", "zero")
	_, repeat := loaded(t, lines, "-rate", "2", "-busy", "0.5", "-gaps", "repeat")
	require.Equal(t, []float64{5, 10, 10}, zero.series.Messages[:3])
	require.Equal(t, make([]float64, 21), zero.series.Messages[3:])
	require.Equal(t, []float64{5, 10, 10, 10}, repeat.series.Messages[:4])
	require.Equal(t, 5+23*10.0, total(repeat.series))
}
