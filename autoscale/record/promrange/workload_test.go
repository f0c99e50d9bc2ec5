package promrange_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/autoscale/record"
	"github.com/scalerkit/scalerkit/autoscale/record/promrange"
)

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

const step = 30 * time.Second

var absent = math.Inf(-1) // in values, where a series has no point

// series returns a series by its labels, as in "name a=b c=d", with values from a step on.
func series(labels string, from int, values ...float64) promrange.Series {
	s := promrange.Series{Labels: make(map[string]string)}
	for i, pair := range strings.Fields(labels) {
		name, value, ok := strings.Cut(pair, "=")
		if i == 0 && !ok {
			name, value = "__name__", pair
		}
		s.Labels[name] = value
	}
	for i, v := range values {
		if v != absent {
			s.Points = append(s.Points, promrange.Point{Time: noon.Add(time.Duration(from+i) * step), Value: v})
		}
	}
	return s
}

const (
	value    = "keda_scaler_metrics_value scaledObject=orders type=scaledobject scaler=redisScaler metric=s0-redis-orders triggerIndex=0 "
	failures = "keda_scaler_detail_errors_total scaledObject=orders type=scaledobject scaler=redisScaler metric=s0-redis-orders triggerIndex=0 "
	replicas = "kube_deployment_status_replicas deployment=worker "
	ready    = "kube_deployment_status_replicas_ready deployment=worker "
	prod     = "namespace=prod "
	exported = "namespace=keda exported_namespace=prod "
)

var orders = promrange.Workload{ScaledObject: "orders", Kind: "Deployment", Target: "worker", HPA: "keda-hpa-orders"}

// told is what a round comes to: step, value or error, replicas, and how many are ready.
func told(rounds []record.Round) string {
	var all []string
	for _, r := range rounds {
		what := fmt.Sprint(r.Samples[0].Value)
		if r.Samples[0].Error != "" {
			what = r.Samples[0].Error
		}
		text := fmt.Sprintf("%d: %s / %d", r.Time.Sub(noon)/step, what, r.Current)
		if r.Ready != nil {
			text += fmt.Sprintf(" (%d)", *r.Ready)
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

func many(n int, value float64) []float64 { return slices.Repeat([]float64{value}, n) }

const (
	from    = "Readings are what KEDA told of ScaledObject prod/orders, metric s0-redis-orders (redisScaler)."
	unready = "How many replicas were ready is not known: all count."
)

func TestRounds(t *testing.T) {
	for name, c := range map[string]struct {
		series []promrange.Series
		of     func(*promrange.Workload)
		want   string
		notes  []string
	}{
		"all that there is": {
			series: []promrange.Series{series(value+prod, 0, 5, 8, 9), series(replicas+prod, 0, 1, 1, 2), series(ready+prod, 0, 0, 1, 1)},
			want:   "0: 5 / 1 (0), 1: 8 / 1 (1), 2: 9 / 2 (1)",
		},
		"namespaces that Prometheus has renamed": {
			series: []promrange.Series{series(value+exported, 0, 5), series(replicas+exported, 0, 1), series(replicas+"namespace=prod exported_namespace=dev", 0, 7)},
			want:   "0: 5 / 1", notes: []string{unready},
		},
		"another ScaledObject, a ScaledJob and another Deployment": {
			series: []promrange.Series{
				series(value+prod, 0, 5), series(value+prod+"scaledObject=returns", 0, 6), series(value+prod+"type=scaledjob", 0, 7),
				series(replicas+prod, 0, 1), series(replicas+prod+"deployment=other", 0, 9), series(replicas+"namespace=dev", 0, 8),
			},
			want: "0: 5 / 1", notes: []string{unready},
		},
		"one of two triggers": {
			series: []promrange.Series{
				series(value+prod, 0, 5), series(value+prod+"triggerIndex=1 metric=s1-redis-returns", 0, 6),
				series(failures+prod, 0, 0), series(failures+prod+"triggerIndex=1", 0, 5), series(replicas+prod, 0, 1),
			},
			of:   func(w *promrange.Workload) { w.Trigger = 1 },
			want: "0: 6 / 1", notes: []string{strings.ReplaceAll(from, "s0-redis-orders", "s1-redis-returns"), unready},
		},
		"by the name of its metric, and of an older KEDA": {
			series: []promrange.Series{series("keda_metrics_adapter_scaler_metrics_value scaledObject=orders metric=s3-redis-orders scaler=redisScaler "+prod, 0, 5), series(replicas+prod, 0, 1)},
			of:     func(w *promrange.Workload) { w.Reading = "s3-redis-orders" },
			want:   "0: 5 / 1", notes: []string{strings.ReplaceAll(from, "s0", "s3"), unready},
		},
		"a trigger whose index only its metric has": {
			series: []promrange.Series{series("keda_metrics_adapter_scaler_metrics_value scaledObject=orders metric=s3-redis-orders "+prod, 0, 5), series(replicas+prod, 0, 1)},
			of:     func(w *promrange.Workload) { w.Trigger = 3 },
			want:   "0: 5 / 1", notes: []string{"Readings are what KEDA told of ScaledObject prod/orders, metric s3-redis-orders.", unready},
		},
		"a gap": {
			series: []promrange.Series{series(value+prod, 0, 5, absent, absent, 6), series(replicas+prod, 0, 1, 1, 1, 1)},
			want:   "0: 5 / 1, 3: 6 / 1", notes: []string{unready},
		},
		"what is no number": {
			series: []promrange.Series{series(value+prod, 0, 5, math.NaN(), math.Inf(1), 6), series(replicas+prod, 0, 1, 1, 1, 1)},
			want:   "0: 5 / 1, 1: KEDA told NaN / 1, 2: KEDA told +Inf / 1, 3: 6 / 1", notes: []string{unready},
		},
		"errors that KEDA counted": {
			series: []promrange.Series{
				series(value+prod, 0, 5, 5, 5, 5, 5, 6), series(replicas+prod, 0, many(6, 1)...),
				series(failures+prod, 0, 3, 3, 4, 9), series(failures+prod+"pod=b", 4, 0, 0),
			},
			want: "0: 5 / 1, 1: 5 / 1, 2: KEDA counted an error / 1, 3: KEDA counted an error / 1, 4: 5 / 1, 5: 6 / 1", notes: []string{unready},
		},
		"pods that follow each other": {
			series: []promrange.Series{
				series(value+prod+"pod=a instance=10.0.0.1:8080", 0, 5, 6), series(value+prod+"pod=b instance=10.0.0.2:8080", 3, 8, 9),
				series(replicas+prod+"pod=x", 0, 1, 1), series(replicas+prod+"pod=y", 2, 2, 2, 2),
			},
			want: "0: 5 / 1, 1: 6 / 1, 3: 8 / 2, 4: 9 / 2", notes: []string{unready},
		},
		"pods of which one is yet to be forgotten": {
			series: []promrange.Series{
				series(value+prod+"pod=b", 0, 5, 6, 6, 6), series(value+prod+"pod=a", 2, 6, 8, 9), series(replicas+prod, 0, many(5, 1)...),
			},
			want:  "0: 5 / 1, 1: 6 / 1, 2: 6 / 1, 3: 8 / 1, 4: 9 / 1",
			notes: []string{from, "Two pods told different readings at 1 times: that of the pod that stayed counts.", unready},
		},
		"an update of KEDA with other labels": {
			series: []promrange.Series{
				series("keda_metrics_adapter_scaler_metrics_value scaledObject=orders metric=s0-redis-orders scaler=redisScaler scalerIndex=0 helm_sh_chart=keda-2.10 "+prod, 0, many(20, 4)...),
				series(value+prod+"helm_sh_chart=keda-2.20", 20, 7, 8), series(replicas+prod, 0, many(22, 1)...),
			},
			want: func() string {
				var all []string
				for i := range 20 {
					all = append(all, fmt.Sprintf("%d: 4 / 1", i))
				}
				return strings.Join(append(all, "20: 7 / 1", "21: 8 / 1"), ", ")
			}(), notes: []string{unready},
		},
		"replicas that nobody told for a while": {
			series: []promrange.Series{series(value+prod, 0, many(13, 5)...), series(replicas+prod, 1, 3)},
			want:   "1: 5 / 3, 2: 5 / 3, 3: 5 / 3, 4: 5 / 3, 5: 5 / 3, 6: 5 / 3, 7: 5 / 3, 8: 5 / 3, 9: 5 / 3, 10: 5 / 3, 11: 5 / 3",
			notes:  []string{from, unready, "2 of 13 readings are left out: nothing told the replicas then."},
		},
		"one of several clusters": {
			series: []promrange.Series{
				series(value+prod+"cluster=east", 0, many(30, 5)...), series(value+prod+"cluster=west", 0, 6), series(replicas+prod+"cluster=east", 0, 1), series(replicas+prod+"cluster=west", 0, 2),
			},
			of:   func(w *promrange.Workload) { w.Where = map[string]string{"cluster": "west"} },
			want: "0: 6 / 2", notes: []string{unready},
		},
		"a StatefulSet": {
			series: []promrange.Series{series(value+prod, 0, 5), series("kube_statefulset_status_replicas statefulset=worker "+prod, 0, 1), series("kube_statefulset_status_replicas_ready statefulset=worker "+prod, 0, 1)},
			of:     func(w *promrange.Workload) { w.Kind = "StatefulSet" },
			want:   "0: 5 / 1 (1)",
		},
		"any other kind, by its HPA": {
			series: []promrange.Series{series(value+prod, 0, 5), series("kube_horizontalpodautoscaler_status_current_replicas horizontalpodautoscaler=keda-hpa-orders "+prod, 0, 4)},
			of:     func(w *promrange.Workload) { w.Kind = "Rollout" },
			want:   "0: 5 / 4", notes: []string{unready},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := orders
			if c.of != nil {
				c.of(&w)
			}
			rounds, notes, err := w.Rounds(c.series)
			require.NoError(t, err)
			require.Equal(t, c.want, told(rounds))
			if len(c.notes) == 0 || !strings.HasPrefix(c.notes[0], "Readings") {
				c.notes = append([]string{from}, c.notes...)
			}
			require.Equal(t, c.notes, notes)
			for _, r := range rounds {
				require.Equal(t, "prod/orders", r.Key().String())
			}
		})
	}
}

func TestNothingIsGuessed(t *testing.T) {
	one := series(value+prod, 0, many(30, 5)...)
	for name, c := range map[string]struct {
		series []promrange.Series
		of     func(*promrange.Workload)
		want   string
	}{
		"nothing": {
			want: "there are no readings of KEDA's for ScaledObject orders: there is no keda_scaler_metrics_value nor keda_metrics_adapter_scaler_metrics_value at all",
		},
		"others": {
			series: []promrange.Series{series(value+prod, 0, 5), series(value+prod+"scaledObject=returns", 0, 5)}, of: func(w *promrange.Workload) { w.Namespace, w.ScaledObject = "dev", "order" },
			want: "there are no readings of KEDA's for ScaledObject dev/order: there is prod/orders, prod/returns",
		},
		"very many others": {
			series: func() (all []promrange.Series) {
				for i := range 12 {
					all = append(all, series(fmt.Sprintf("%s%s scaledObject=a%02d", value, prod, i), 0, 5))
				}
				return all
			}(),
			want: "there are no readings of KEDA's for ScaledObject orders: there is prod/a00, prod/a01, prod/a02, prod/a03, prod/a04, prod/a05, prod/a06, prod/a07, prod/a08, prod/a09 and 2 more",
		},
		"several namespaces": {
			series: []promrange.Series{one, series(value+"namespace=dev", 0, 5)},
			want:   "ScaledObject orders is in several namespaces: dev, prod",
		},
		"another trigger": {
			series: []promrange.Series{one}, of: func(w *promrange.Workload) { w.Trigger = 1 },
			want: "there are no readings of triggers[1] of ScaledObject prod/orders: there is metric s0-redis-orders (redisScaler)",
		},
		"another reading": {
			series: []promrange.Series{one}, of: func(w *promrange.Workload) { w.Reading = "kafkaScaler" },
			want: "there are no readings of kafkaScaler of ScaledObject prod/orders: there is metric s0-redis-orders (redisScaler)",
		},
		"several clusters": {
			series: []promrange.Series{series(value+prod+"cluster=east", 0, many(30, 5)...), series(value+prod+"cluster=west", 0, many(30, 5)...)},
			want:   "readings of ScaledObject prod/orders: there are several at a time, which differ in cluster: east, west",
		},
		"several metrics of a trigger": {
			series: []promrange.Series{one, series(value+prod+"metric=s0-redis-returns", 0, many(30, 5)...)},
			want:   "readings of ScaledObject prod/orders: there are several at a time, which differ in metric: s0-redis-orders, s0-redis-returns",
		},
		"no replicas": {
			series: []promrange.Series{one, series(replicas+"namespace=dev", 0, 1)},
			want:   "there is no kube_deployment_status_replicas of deployment prod/worker, which kube-state-metrics tells",
		},
		"replicas of several clusters": {
			series: []promrange.Series{one, series(replicas+prod+"cluster=east", 0, many(30, 5)...), series(replicas+prod+"cluster=west", 0, many(30, 5)...)},
			want:   "kube_deployment_status_replicas of deployment prod/worker: there are several at a time, which differ in cluster: east, west",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := orders
			if c.of != nil {
				c.of(&w)
			}
			rounds, _, err := w.Rounds(c.series)
			require.EqualError(t, err, c.want)
			require.Empty(t, rounds)
			require.Equal(t, strings.HasPrefix(c.want, promrange.ErrNotThere.Error()+" for"), errorsIs(err))
		})
	}
}
