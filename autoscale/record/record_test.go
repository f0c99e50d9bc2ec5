package record_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/autoscale/record"
)

var noon = time.Date(2026, 1, 31, 12, 0, 0, 123456789, time.UTC)

// round is one with a reading of so many messages, minutes after noon.
func round(minutes, messages int) control.Round {
	r := control.Round{
		Key: scalerkit.Key{Namespace: "prod", Name: "orders"}, Time: noon.Add(time.Duration(minutes) * time.Minute), Current: 2, Decided: true,
		Samples: []autoscale.Sample{{
			Trigger: "orders", Metric: scalerkit.Metric{Name: "redis-orders", Target: scalerkit.Target{Value: 5}},
			Reading: scalerkit.Reading{Value: float64(messages)},
		}},
	}
	r.Decision = autoscale.Default().Decide(r.Input())
	return r
}

func read(t *testing.T, dir string) (rounds []record.Round) {
	t.Helper()
	for r, err := range record.ReadDir(dir) {
		require.NoError(t, err)
		rounds = append(rounds, r)
	}
	return rounds
}

func TestALine(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made")
	r, err := record.Open(dir, record.Options{})
	require.NoError(t, err)
	ready := 1
	one := round(0, 30)
	one.Ready = &ready
	one.Samples[0].Reading.Note = "a remark\nin two lines"
	one.Err = errors.New("set the replicas: quota exceeded")
	r.Record(one)
	require.NoError(t, r.Close())
	r.Record(round(1, 2)) // after Close: nothing
	require.Equal(t, record.Status{Written: 1}, r.Status())

	files, err := record.Files(dir)
	require.NoError(t, err)
	require.Len(t, files, 1)
	text, err := os.ReadFile(files[0])
	require.NoError(t, err)
	require.Equal(t, `{"v":1,"time":"2026-01-31T12:00:00.123456789Z","namespace":"prod","name":"orders",`+
		`"samples":[{"trigger":"orders","metric":"redis-orders","target":5,"value":30,"note":"a remark in two lines"}],`+
		`"current":2,"ready":1,"decision":{"replicas":6,"active":true,"steps":[`+
		`{"rule":"Metric","trigger":"orders","from":2,"to":6,"detail":"30 / 5 per replica = 6"}]},`+
		`"error":"set the replicas: quota exceeded"}`+"\n", string(text))

	for path, mode := range map[string]os.FileMode{dir: 0o700, files[0]: 0o600} {
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm(), path)
	}
}

// What is read decides as what was recorded did.
func TestADecisionCanBeMadeAgain(t *testing.T) {
	dir := t.TempDir()
	r, err := record.Open(dir, record.Options{})
	require.NoError(t, err)
	chance := rand.New(rand.NewPCG(1, 1))
	policy := autoscale.Default()
	policy.Fallback = &autoscale.Fallback{Failures: 2, Replicas: 4}
	policy.OnError = map[string]autoscale.OnError{"mails": {Action: autoscale.LastKnownGood, MaxAge: time.Minute}}
	var want []autoscale.Decision
	in := autoscale.Input{Now: noon}
	for range 300 {
		in.Now = in.Now.Add(time.Duration(chance.Int64N(int64(time.Minute))))
		in.Samples = nil
		for _, name := range []string{"orders", "mails"} {
			s := autoscale.Sample{
				Trigger: name, Metric: scalerkit.Metric{Name: "s-" + name, Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 3}, Activation: 2, InFlight: true},
				Reading: scalerkit.Reading{Value: 100 * chance.Float64(), Limit: chance.IntN(20), Even: chance.IntN(2) == 0, Note: "a remark", Time: in.Now},
			}
			if chance.IntN(3) == 0 {
				s.Err, s.Reading = errors.New("connection refused"), scalerkit.Reading{}
			}
			in.Samples = append(in.Samples, s)
		}
		ready := chance.IntN(in.Current + 1)
		in.Ready = &ready
		d := policy.Decide(in)
		want = append(want, d)
		r.Record(control.Round{Time: in.Now, Samples: in.Samples, Current: in.Current, Ready: in.Ready, Before: in.State, Decided: true, Decision: d})
		in.State, in.Current = d.State, d.Replicas
	}
	require.NoError(t, r.Close())
	for i, got := range read(t, dir) {
		require.Equal(t, want[i], policy.Decide(got.Input()))
		require.Equal(t, want[i].Replicas, got.Decision.Replicas)
		for j, s := range got.Decision.Steps {
			require.Equal(t, want[i].Steps[j].Detail(), s.Detail)
		}
	}
}

func TestJobs(t *testing.T) {
	dir := t.TempDir()
	r, err := record.Open(dir, record.Options{})
	require.NoError(t, err)
	policy := autoscale.JobPolicy{Max: 10, Strategy: autoscale.StrategyAuto}
	one := round(0, 30)
	one.Decision, one.Current, one.Pending = autoscale.Decision{}, 3, 1
	one.Samples[0].Reading.Time = noon
	one.JobBefore = autoscale.JobState{Used: map[string]time.Time{"orders": noon.Add(-time.Minute)}}
	one.Job = policy.Decide(one.JobInput())
	one.Created = one.Job.Create
	r.Record(one)
	require.NoError(t, r.Close())
	got := read(t, dir)[0]
	require.Equal(t, one.Job, policy.Decide(got.JobInput()))
	require.Equal(t, &record.Decision{Replicas: 8, Jobs: true, Created: 5, Active: true, Steps: got.Decision.Steps}, got.Decision)
	require.Len(t, got.Decision.Steps, len(one.Job.Steps))
}

func TestWhatJSONCannotSay(t *testing.T) {
	one := round(0, 0)
	one.Decided = false
	one.Samples[0].Reading.Value = math.NaN()
	got := record.Of(one)
	require.Nil(t, got.Decision)
	require.Equal(t, "a value, target or activation that is not a finite number", got.Samples[0].Error)
	require.Zero(t, got.Samples[0].Value)
	require.EqualError(t, got.Input().Samples[0].Err, got.Samples[0].Error)

	one.Samples[0].Err = errors.New(strings.Repeat("x", 10_000))
	require.Len(t, record.Of(one).Samples[0].Error, 500)
}

func TestATornLine(t *testing.T) {
	dir := t.TempDir()
	for i := range 2 { // as of two processes, the first of which crashed
		r, err := record.Open(dir, record.Options{})
		require.NoError(t, err)
		r.Record(round(i, 3))
		require.NoError(t, r.Close())
	}
	files, err := record.Files(dir)
	require.NoError(t, err)
	require.Len(t, files, 2)
	text, err := os.ReadFile(files[0])
	require.NoError(t, err)
	for torn := range len(text) {
		require.NoError(t, os.WriteFile(files[0], append(text[:len(text):len(text)], text[:torn]...), 0o600))
		require.Len(t, read(t, dir), 2)
	}
}

func TestLinesThatAreNone(t *testing.T) {
	dir := t.TempDir()
	for _, err := range record.ReadDir(dir) {
		require.EqualError(t, err, dir+" has no file rounds-*.jsonl")
	}
	for _, err := range record.ReadDir(filepath.Join(dir, "gone")) {
		require.ErrorIs(t, err, os.ErrNotExist)
	}
	file := filepath.Join(dir, "rounds-1.jsonl")
	require.NoError(t, os.WriteFile(file, []byte("{\"v\":1}\n\n{\"v\":2}\n{\"v\":1,\"name\":\"orders\"}\n"), 0o600))
	var told []string
	for r, err := range record.ReadDir(dir) {
		told = append(told, fmt.Sprint(r.Name, err))
	}
	require.Equal(t, []string{
		"<nil>",
		file + ": line 2: unexpected end of JSON input",
		file + ": line 3: its version is 2, and only 1 is known",
		"orders<nil>",
	}, told)
	for _, err := range record.ReadDir(dir) {
		require.NoError(t, err)
		break // nothing is read on
	}
	var last error
	for _, err := range record.Read(strings.NewReader(strings.Repeat("x", 17<<20))) {
		last = err
	}
	require.EqualError(t, last, "line 1: bufio.Scanner: token too long")
}

func TestFilesRotate(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "mine.jsonl"), nil, 0o600))
	r, err := record.Open(dir, record.Options{MaxBytes: 1000, MaxFiles: 3})
	require.NoError(t, err)
	for i := range 100 {
		r.Record(round(i, i))
	}
	require.NoError(t, r.Close())
	files, err := record.Files(dir)
	require.NoError(t, err)
	require.LessOrEqual(t, len(files), 3)
	rounds := read(t, dir)
	require.GreaterOrEqual(t, len(rounds), 5)
	for i, got := range rounds { // the last ones, without a gap
		require.Equal(t, float64(100-len(rounds)+i), got.Samples[0].Value)
	}
	require.FileExists(t, filepath.Join(dir, "mine.jsonl"))
}

// Two processes, each with loops that end their rounds at the same time.
func TestManyAtOnce(t *testing.T) {
	dir := t.TempDir()
	var recorders []*record.Recorder
	var wait sync.WaitGroup
	for range 2 {
		r, err := record.Open(dir, record.Options{MaxBytes: 10_000, MaxFiles: 1000})
		require.NoError(t, err)
		recorders = append(recorders, r)
		for range 4 {
			wait.Go(func() {
				for i := range 50 {
					r.Record(round(i, i))
				}
			})
		}
	}
	wait.Wait()
	var sum record.Status
	for _, r := range recorders {
		require.NoError(t, r.Close())
		sum.Written, sum.Missing = sum.Written+r.Status().Written, sum.Missing+r.Status().Missing
	}
	require.Equal(t, record.Status{Written: 400}, sum)
	require.Len(t, read(t, dir), 400)
}

func TestADirectoryThatCannotBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := record.Open(filepath.Join(file, "dir"), record.Options{})
	require.EqualError(t, err, "record: mkdir "+file+": not a directory")
	_, err = record.Open(t.TempDir(), record.Options{MaxFiles: -1})
	require.EqualError(t, err, "record: MaxBytes: 0 or MaxFiles: -1 is less than 0")
}
