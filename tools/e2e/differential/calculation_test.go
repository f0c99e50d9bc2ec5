package differential_test

import (
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/kubernetes/pkg/controller/podautoscaler"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
)

// A calculation is what a count is made from where no time is involved.
type calculation struct {
	Current, Ready int
	Up, Down       float64 // tolerances
	Metrics        []metric
}

func (c calculation) String() string { return literal(c) }

// hpa returns the replicas that the HPA's calculator has for each metric.
func (c calculation) hpa(t *testing.T) []int {
	t.Helper()
	calculator := podautoscaler.NewReplicaCalculator(&source{metrics: c.Metrics}, podListerOf(c.Ready), 0, 0)
	within := tolerances(c.Up, c.Down)
	counts := make([]int, len(c.Metrics))
	for i, m := range c.Metrics {
		var n int32
		var err error
		if m.Kind == scalerkit.Total {
			n, _, _, err = calculator.GetExternalMetricReplicas(
				int32(c.Current), thousandths(m.Target), metricName(i), within, namespace, nil, labels.Everything())
		} else {
			n, _, _, err = calculator.GetExternalPerPodMetricReplicas(
				int32(c.Current), thousandths(m.Target), metricName(i), within, namespace, nil)
		}
		require.NoError(t, err)
		counts[i] = int(n)
	}
	return counts
}

// tolerances sets what only the HPA controller can set from outside.
func tolerances(up, down float64) podautoscaler.Tolerances {
	var t podautoscaler.Tolerances
	fields := reflect.ValueOf(&t).Elem()
	set := func(name string, tolerance float64) {
		*(*float64)(fields.FieldByName(name).Addr().UnsafePointer()) = tolerance
	}
	set("scaleUp", up)
	set("scaleDown", down)
	return t
}

func TestTolerancesAreThoseOfTheCalculator(t *testing.T) {
	require.Equal(t, "[down:20.0%, up:10.0%]", tolerances(0.1, 0.2).String())
}

// decide lets autoscale decide with nothing to slow it down.
func (c calculation) decide() autoscale.Decision {
	atOnce := time.Duration(0)
	p := autoscale.Policy{
		Min: 1, Max: math.MaxInt32,
		Up: autoscale.Behavior{Window: &atOnce, Tolerance: &c.Up, Limits: []autoscale.Limit{
			{Kind: autoscale.Pods, Value: math.MaxInt32, Period: time.Second},
		}},
		Down: autoscale.Behavior{Window: &atOnce, Tolerance: &c.Down},
	}
	return p.Decide(autoscale.Input{Current: c.Current, Ready: &c.Ready, Samples: samples(c.Metrics)})
}

// The differences that autoscale documents, as far as no time is involved.
const (
	none      = "none"
	direction = "against the direction of the reading"
	surge     = "more replicas are ready than there should be"
	overflow  = "more than 32 bits"
)

// compare compares the count of each metric and the one that comes of them.
// A difference that it returns was found to be what it is documented to be.
func (c calculation) compare(t *testing.T) (difference string) {
	t.Helper()
	d := c.decide()
	difference = none
	highest := 1
	for i, n := range c.hpa(t) {
		switch step := d.Steps[i]; {
		case step.Rule == autoscale.RuleDirection:
			difference = direction
			above := thousandths(c.Metrics[i].Value) > thousandths(c.Metrics[i].Target)
			require.Equal(t, above, n < c.Current, "the HPA goes against the reading\n%v", c)
			require.Equal(t, c.Current, step.Replicas, "nothing changes here\n%v", c)
		case c.surges(c.Metrics[i]) && n != step.Replicas:
			difference = surge
			require.Greater(t, n, step.Replicas, "the HPA multiplies those that are not to stay\n%v", c)
			require.Equal(t, step.Replicas, calculation{c.Current, c.Current, c.Up, c.Down, c.Metrics}.hpa(t)[i], "%v", c)
		case c.Current == 0 && step.Replicas == math.MaxInt32 && n != step.Replicas:
			difference = overflow
			require.Negative(t, n, "the HPA's count overflows\n%v", c)
		default:
			require.Equal(t, n, step.Replicas, "%v\n%v", c, d)
		}
		highest = max(highest, d.Steps[i].Replicas)
	}
	require.Equal(t, highest, d.Replicas, "%v\n%v", c, d)
	return difference
}

// surges says that a metric is above a total target while more replicas are
// ready than there should be.
func (c calculation) surges(m metric) bool {
	return m.Kind == scalerkit.Total && c.Ready > c.Current && c.Current > 0 && thousandths(m.Value) > thousandths(m.Target)
}

func (w world) calculation() calculation {
	c := calculation{Current: w.replicas()}
	c.Ready = min(c.Current, maxReady)
	if w.chance(30) {
		c.Ready = min(w.IntN(c.Current+5), maxReady)
	}
	c.Up, c.Down = w.tolerance(), w.tolerance()
	if w.chance(50) {
		c.Down = c.Up
	}
	for range 1 + w.IntN(3) {
		c.Metrics = append(c.Metrics, w.metric(c))
	}
	return c
}

func (w world) replicas() int {
	return pick(w, 0, 1, 1+w.IntN(10), 1+w.IntN(100), 1+w.IntN(maxReady), 1+w.IntN(math.MaxInt32))
}

func (w world) tolerance() float64 { return pick(w, 0, 0.1, 0.05, 0.2, 1, w.Float64()) }

// metric makes up a target and a reading: just anything, or a reading near to
// where the count becomes another.
func (w world) metric(c calculation) metric {
	m := metric{Kind: pick(w, scalerkit.PerReplica, scalerkit.Total, "")}
	m.Target = pick(w, float64(1+w.IntN(20)), float64(1+w.IntN(1000))/1000, float64(1+w.IntN(1_000_000))/100, 0.001, 1e12*w.Float64()+1)
	edge := m.Target
	if m.Kind != scalerkit.Total {
		edge *= float64(c.Current)
	}
	switch w.IntN(6) {
	case 0:
		m.Value = pick(w, 0, w.Float64(), 1000*w.Float64(), 1e12*w.Float64(), 1e18, 1e300)
	case 1:
		m.Value = edge * pick(w, 1, 1+c.Up, 1-c.Down)
	case 2:
		m.Value = m.Target * float64(w.IntN(20))
	default:
		m.Value = edge * 3 * w.Float64()
	}
	if w.chance(50) {
		m.Value = max(0, m.Value+float64(w.IntN(7)-3)/1000)
	}
	return m
}

// These are the cases that were found to matter.
func TestCalculations(t *testing.T) {
	for _, c := range []calculation{
		// The end of the tolerance, and a thousandth beyond it.
		{Current: 10, Ready: 10, Up: 0.1, Down: 0.1, Metrics: []metric{{Kind: "AverageValue", Target: 5, Value: 55}}},
		{Current: 10, Ready: 10, Up: 0.1, Down: 0.1, Metrics: []metric{{Kind: "AverageValue", Target: 5, Value: 55.001}}},
		{Current: 10, Ready: 10, Up: 0.1, Down: 0.1, Metrics: []metric{{Kind: "Value", Target: 5, Value: 4.5}}},
		{Current: 10, Ready: 10, Up: 0.1, Down: 0.1, Metrics: []metric{{Kind: "Value", Target: 5, Value: 4.499}}},
		// No replicas are divided by.
		{Metrics: []metric{{Kind: "AverageValue", Target: 5, Value: 0}, {Kind: "Value", Target: 5, Value: 11}}},
		// None is ready for a reading below its target.
		{Current: 10, Up: 0.1, Down: 0.1, Metrics: []metric{{Kind: "Value", Target: 5, Value: 1}}},
		// More than can be counted.
		{Current: 10, Ready: 10, Metrics: []metric{{Kind: "Value", Target: 0.001, Value: 1e300}}},
		{Current: 10, Ready: 10, Metrics: []metric{{Kind: "AverageValue", Target: 0.001, Value: 1e300}}},
	} {
		require.Equal(t, none, c.compare(t), "%v", c)
	}
}

func TestGeneratedCalculations(t *testing.T) {
	const generated, promised = 200_000, 100_000
	counts := map[string]int{}
	for n := range generated {
		counts[worldOf(n).calculation().compare(t)]++
	}
	t.Logf("seed %d: calculations by difference: %v", *seed, counts)
	require.GreaterOrEqual(t, counts[none], promised)
	require.Positive(t, counts[direction])
	require.Positive(t, counts[surge])
	require.Positive(t, counts[overflow])
}
