package simulate_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/simulate"
	"github.com/scalerkit/scalerkit/keda"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

var (
	curvesDir = flag.String("curves", "", "a directory of series as CSV files, to compare policies on these")
	write     = flag.Bool("write", false, "write docs/compared.md")
)

// What the curves are scaled to: one replica works through so many messages in a
// second, a trigger has such a target, and so many replicas are allowed.
const (
	curveRate   = 2.0
	curveTarget = 10.0
	curveMax    = 100

	tunedTarget = 1.0 // as many messages as a replica works on at a time
)

// curveIntervals are the times from one poll to the next: short, that of an HPA's
// looks, and KEDA's default.
var curveIntervals = []time.Duration{5 * time.Second, simulate.DefaultSync, simulate.DefaultInterval}

// A curve is a load, in messages a second. None needs more than about 80 replicas on
// average over some minutes.
type curve struct {
	name   string
	length time.Duration
	load   simulate.Load
}

// curves are made up, and each is something that users have.
func curves() []curve {
	const h, m = time.Hour, time.Minute
	c, steps, poisson := simulate.Constant, simulate.Steps, simulate.Poisson
	return []curve{
		{"one burst", h, simulate.Burst(10*m, 2000, 0)},
		{"a batch every quarter of an hour", 6 * h, simulate.Every(15*m, simulate.Burst(5*m, 1500, 10*time.Second))},
		{"bursts on a steady load", 4 * h, simulate.Sum(poisson(c(20)), simulate.Every(20*m, simulate.Burst(8*m, 3000, 30*time.Second)))},
		{"a step up and down", 3 * h, poisson(steps(step(0, 10), step(h, 120), step(2*h, 10)))},
		{"on and off, half an hour each", 6 * h, simulate.Every(h, poisson(steps(step(0, 4), step(30*m, 100))))},
		{"a ramp over an hour", 3 * h, poisson(simulate.Ramp(step(0, 2), step(h, 2), step(2*h, 150), step(3*h, 150)))},
		{"day and night in six hours", 12 * h, poisson(simulate.Diurnal(1, 120, 6*h))},
		{"a flash crowd", 3 * h, poisson(simulate.Ramp(step(0, 6), step(h, 6), step(h+m, 160), step(2*h, 6)))},
		{"steady, by chance", 4 * h, poisson(c(60))},
		{"a trickle", 6 * h, poisson(c(0.02))},
		{"a saw, ten minutes each", 4 * h, simulate.Every(10*m, poisson(simulate.Ramp(step(0, 5), step(10*m, 100))))},
		{"spikes that grow", 4 * h, spikes(20*m, 200)},
	}
}

func step(at time.Duration, perSecond float64) simulate.Step {
	return simulate.Step{At: at, PerSecond: perSecond}
}

// spikes are bursts, each larger than the one before.
func spikes(every time.Duration, more float64) simulate.Load {
	var loads []simulate.Load
	for i := range 12 {
		loads = append(loads, simulate.Burst(time.Duration(i)*every+every/2, more*float64(i+1), 20*time.Second))
	}
	return simulate.Sum(loads...)
}

// recorded are the series in a directory, each step played in half a minute, and
// scaled so that the mean needs 10 replicas.
func recorded(t testing.TB, dir string) (list []curve) {
	files, err := filepath.Glob(filepath.Join(dir, "*.csv"))
	require.NoError(t, err)
	require.NotEmpty(t, files, dir)
	for _, file := range files {
		f, err := os.Open(file)
		require.NoError(t, err)
		s, err := simulate.ReadCSV(f, simulate.FillRepeat)
		require.NoError(t, f.Close())
		require.NoError(t, err, file)
		s = s.InSteps(30 * time.Second)
		sum := 0.0
		for _, n := range s.Messages {
			sum += n
		}
		s = s.Times(10 * curveRate * s.Length().Seconds() / sum)
		list = append(list, curve{strings.TrimSuffix(filepath.Base(file), ".csv"), s.Length(), simulate.Poisson(s.Load())})
	}
	return list
}

// A contender is somebody who scales.
type contender struct {
	name    string
	decider autoscale.Decider
	target  float64 // messages for each replica
}

func contenders(t testing.TB) []contender {
	so := &v1alpha1.ScaledObject{} // 100 replicas at most, as curveMax
	byHPA, err := keda.Policy(so, false)
	require.NoError(t, err)
	direct, err := keda.Policy(so, true)
	require.NoError(t, err)
	tuned, window := direct, 2*time.Minute
	tuned.Down.Window = &window
	return []contender{
		{"KEDA and HPA", simulate.KEDA{Policy: byHPA}, curveTarget},
		{"with an HPA", byHPA, curveTarget},
		{"direct", direct, curveTarget},
		{"tuned", tuned, tunedTarget},
	}
}

func (c curve) scenario(interval time.Duration, target float64) simulate.Scenario {
	return simulate.Scenario{
		Length: c.length, Interval: interval, Phase: 2 * time.Second, SyncPhase: 9 * time.Second, Seed: 1,
		Workers: simulate.Workers{Rate: curveRate, Spread: 1, Start: 10 * time.Second, StartSpread: 0.3},
		Sources: []simulate.Source{{Load: c.load, Target: perReplica(target), InFlight: true}},
	}
}

// A comparison is what became of one curve with each contender.
type comparison struct {
	curve   string
	results []simulate.Result
}

func compare(t testing.TB, list []curve, interval time.Duration) (all []comparison) {
	for _, c := range list {
		row := comparison{curve: c.name}
		for _, who := range contenders(t) {
			r := run(t, who.decider, c.scenario(interval, who.target))
			r.Series, r.Rounds = nil, nil
			row.results = append(row.results, r)
		}
		all = append(all, row)
	}
	return all
}

// rightSize is the mean time to the right size in seconds, from the begin of each
// shortage.
func rightSize(r simulate.Result) float64 {
	mean, _ := r.RightSize()
	return mean.Seconds()
}

func backlogSeconds(r simulate.Result) float64 { return r.BacklogSeconds }
func replicaSeconds(r simulate.Result) float64 { return r.ReplicaSeconds }

// table writes a comparison as the page has it.
func table(all []comparison) string {
	var b strings.Builder
	b.WriteString("| load | time to the right size | waiting × time | replicas × time |\n|---|---|---|---|\n")
	for _, row := range all {
		fmt.Fprintf(&b, "| %s |", row.curve)
		for i, r := range row.results {
			fmt.Fprintf(&b, "%s %.1f s", separator(i), rightSize(r))
		}
		for _, value := range []func(simulate.Result) float64{backlogSeconds, replicaSeconds} {
			b.WriteString(" |")
			first := value(row.results[0])
			for i, r := range row.results {
				if i == 0 {
					fmt.Fprintf(&b, " %.0f", first)
				} else {
					fmt.Fprintf(&b, " · %.0f %%", 100*value(r)/first)
				}
			}
		}
		b.WriteString(" |\n")
	}
	return b.String()
}

func separator(i int) string {
	if i == 0 {
		return ""
	}
	return " ·"
}

// Where the direct mode is not ten times as fast as KEDA to the right size, with a
// poll every 5 seconds, and why.
var notTenTimes = map[string]string{
	"a ramp over an hour": "KEDA's shortages are as short as the first steps of the ramp, and half of a poll is a tenth of that",
	"a trickle":           "one replica is enough, and KEDA starts that one as soon",
}

// Where it costs more than 5 % more than KEDA does, and why.
var costsMore = map[string]string{
	"on and off, half an hour each": "it is at the maximum sooner, again and again, and the window of 5 minutes keeps it there",
}

func TestCurves(t *testing.T) {
	for _, row := range compare(t, curves(), 5*time.Second) {
		keda, direct := row.results[0], row.results[2]
		require.Less(t, direct.BacklogSeconds, keda.BacklogSeconds, row.curve)
		require.Equal(t, notTenTimes[row.curve] == "", rightSize(keda) >= 10*rightSize(direct), "%s: time to the right size", row.curve)
		require.Equal(t, costsMore[row.curve] == "", direct.ReplicaSeconds <= 1.05*keda.ReplicaSeconds, "%s: replica-seconds", row.curve)
	}
}

// With a poll whenever the HPA looks, the source is asked as often as by KEDA.
func TestCurvesAtThePaceOfAnHPA(t *testing.T) {
	for _, row := range compare(t, curves(), simulate.DefaultSync) {
		if row.curve == "a trickle" {
			continue // nobody does more than start one replica
		}
		keda, direct := row.results[0], row.results[2]
		require.Less(t, direct.BacklogSeconds, keda.BacklogSeconds, row.curve)
		require.Less(t, rightSize(direct), rightSize(keda), row.curve)
		require.LessOrEqual(t, direct.ReplicaSeconds, 1.05*keda.ReplicaSeconds, row.curve)
	}
}

func TestThePageHasTheCurves(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("other processors round otherwise")
	}
	const page = "../../docs/compared.md"
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	want := string(text)
	for _, interval := range curveIntervals {
		begin, end := fmt.Sprintf("<!-- curves at %v -->\n", interval), "<!-- end -->"
		before, rest, ok := strings.Cut(want, begin)
		_, after, ok2 := strings.Cut(rest, end)
		require.True(t, ok && ok2, "%s has no %s", page, begin)
		want = before + begin + table(compare(t, curves(), interval)) + end + after
	}
	if *write {
		require.NoError(t, os.WriteFile(page, []byte(want), 0o644))
		return
	}
	require.Equal(t, want, string(text), "go test ./autoscale/simulate -run Page -write")
}

// BenchmarkCurves plays the series of a directory, for whoever has some.
func BenchmarkCurves(b *testing.B) {
	if *curvesDir == "" {
		b.Skip("with -curves DIRECTORY, policies are compared on the series in it")
	}
	list := recorded(b, *curvesDir)
	for b.Loop() {
		for _, interval := range curveIntervals {
			b.Logf("polls every %v\n%s", interval, table(compare(b, list, interval)))
		}
	}
}
