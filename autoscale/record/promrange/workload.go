package promrange

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit/autoscale/record"
)

// A Workload is a ScaledObject whose rounds are wanted, by one of its triggers.
type Workload struct {
	// Namespace may be empty if only one has such a ScaledObject.
	Namespace    string
	ScaledObject string

	// Trigger is the index of the trigger in the ScaledObject. Reading, if it is set,
	// is what counts instead: the label metric or scaler of its series.
	Trigger int
	Reading string

	// Kind and Target are those of the scale target. Of a Kind other than Deployment
	// and StatefulSet, the replicas are those that the HPA tells.
	Kind, Target string
	HPA          string

	// Where has labels that all series have to have: which cluster it is, say.
	Where map[string]string
}

// Names of KEDA's metrics, the newest first.
var (
	valueNames = []string{"keda_scaler_metrics_value", "keda_metrics_adapter_scaler_metrics_value"}
	errorNames = []string{"keda_scaler_detail_errors_total", "keda_scaler_detail_errors", "keda_scaler_errors", "keda_metrics_adapter_scaler_errors"}
)

// A target is how kube-state-metrics tells of replicas.
type target struct {
	label, name string // by which the series is found
	replicas    string
	ready       string // "": it does not say
}

func (w Workload) target() target {
	switch w.Kind {
	case "Deployment":
		return target{"deployment", w.Target, "kube_deployment_status_replicas", "kube_deployment_status_replicas_ready"}
	case "StatefulSet":
		return target{"statefulset", w.Target, "kube_statefulset_status_replicas", "kube_statefulset_status_replicas_ready"}
	}
	return target{"horizontalpodautoscaler", w.HPA, "kube_horizontalpodautoscaler_status_current_replicas", ""}
}

func (t target) names() []string {
	return slices.DeleteFunc([]string{t.replicas, t.ready}, func(name string) bool { return name == "" })
}

// Query returns the query for all that Rounds needs.
func (w Workload) Query() string {
	t := w.target()
	return w.selector(slices.Concat(valueNames, errorNames), "scaledObject", w.ScaledObject) + " or " +
		w.selector(t.names(), t.label, t.name)
}

// selector selects series by their names and one label, in whichever label they have
// their namespace: Prometheus renames it where it has one of its own.
func (w Workload) selector(names []string, label, value string) string {
	where := map[string]string{label: value}
	maps.Copy(where, w.Where)
	if w.Namespace == "" {
		return selector(names, where)
	}
	plain, exported := maps.Clone(where), where
	plain[ownNamespace], exported[exportedNamespace] = w.Namespace, w.Namespace
	return selector(names, plain) + " or " + selector(names, exported)
}

func selector(names []string, where map[string]string) string {
	all := fmt.Sprintf("{__name__=~%q", strings.Join(names, "|"))
	if len(where) == 0 {
		return all + "}"
	}
	return all + ", " + strings.TrimPrefix(text(where), "{")
}

// Everybody is the query for the readings of all ScaledObjects, of which an error of
// Rounds names some where w is none of them.
func (w Workload) Everybody() string {
	return selector(valueNames, w.Where)
}

const (
	ownNamespace      = "namespace"
	exportedNamespace = "exported_namespace"
)

func namespaceOf(s Series) string {
	if namespace, ok := s.Labels[exportedNamespace]; ok {
		return namespace
	}
	return s.Labels[ownNamespace]
}

// ErrNotThere means that the series have no reading of the ScaledObject.
var ErrNotThere = errors.New("there are no readings of KEDA's")

// lookback is for how long a number of replicas holds.
const lookback = 5 * time.Minute

// Rounds returns the rounds of the workload, in their order, and remarks on how they
// came about. Where series could be several workloads or triggers, the error names
// them. It wraps [ErrNotThere] if there are readings of others only.
func (w Workload) Rounds(series []Series) (rounds []record.Round, notes []string, err error) {
	series = slices.DeleteFunc(slices.Clone(series), func(s Series) bool { return !w.here(s) })
	values := named(series, valueNames...)
	ours := w.ours(values)
	namespaces := unique(ours, namespaceOf)
	switch {
	case len(ours) == 0:
		return nil, nil, fmt.Errorf("%w for ScaledObject %s: %s", ErrNotThere, w.name(), others(values))
	case len(namespaces) > 1:
		return nil, nil, fmt.Errorf("ScaledObject %s is in several namespaces: %s", w.ScaledObject, list(namespaces))
	}
	w.Namespace = namespaces[0]
	chosen := w.chosen(ours)
	if len(chosen) == 0 {
		return nil, nil, fmt.Errorf("there are no readings of %s of ScaledObject %s: there is %s", w.asked(), w.name(), list(unique(ours, label)))
	}
	value, several, err := merge(chosen, valueNames)
	if err != nil {
		return nil, nil, fmt.Errorf("readings of ScaledObject %s: %w", w.name(), err)
	}
	trigger := label(value)
	notes = append(notes, fmt.Sprintf("Readings are what KEDA told of ScaledObject %s, %s.", w.name(), trigger))
	if several > 0 {
		notes = append(notes, fmt.Sprintf("Two pods told different readings at %d times: that of the pod that stayed counts.", several))
	}
	current, ready, err := w.replicas(series)
	if err != nil {
		return nil, nil, err
	}
	if ready == nil {
		notes = append(notes, "How many replicas were ready is not known: all count.")
	}
	failed := failures(w.chosen(w.ours(named(series, errorNames...))))
	for _, p := range value.Points {
		replicas, ok := current.at(p.Time)
		if !ok {
			continue
		}
		rounds = append(rounds, w.round(p, trigger, failed[p.Time.UnixMilli()], replicas, ready))
	}
	if unknown := len(value.Points) - len(rounds); unknown > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d readings are left out: nothing told the replicas then.", unknown, len(value.Points)))
	}
	return rounds, notes, nil
}

// round makes a round of a reading.
func (w Workload) round(p Point, trigger string, failed bool, replicas int, ready *Series) record.Round {
	sample := record.Sample{Trigger: trigger, Value: p.Value}
	switch {
	case failed:
		sample.Value, sample.Error = 0, "KEDA counted an error"
	case math.IsNaN(p.Value) || math.IsInf(p.Value, 0):
		sample.Value, sample.Error = 0, fmt.Sprintf("KEDA told %v", p.Value)
	}
	r := record.Round{
		Version: record.Version, Time: p.Time, Namespace: w.Namespace, Name: w.ScaledObject,
		Samples: []record.Sample{sample}, Current: replicas,
	}
	if ready != nil {
		if n, ok := ready.at(p.Time); ok {
			r.Ready = &n
		}
	}
	return r
}

// replicas returns how many there were, and how many were ready; that is nil if it is
// not known.
func (w Workload) replicas(series []Series) (current Series, ready *Series, err error) {
	t := w.target()
	of := func(name string) (Series, error) {
		found := slices.DeleteFunc(named(series, name), func(s Series) bool {
			return s.Labels[t.label] != t.name || namespaceOf(s) != w.Namespace
		})
		if len(found) == 0 {
			return Series{}, nil
		}
		one, _, err := merge(found, []string{name})
		if err != nil {
			return Series{}, fmt.Errorf("%s of %s %s/%s: %w", name, t.label, w.Namespace, t.name, err)
		}
		return one, nil
	}
	current, err = of(t.replicas)
	if err == nil && len(current.Points) == 0 {
		err = fmt.Errorf("there is no %s of %s %s/%s, which kube-state-metrics tells", t.replicas, t.label, w.Namespace, t.name)
	}
	if err != nil || t.ready == "" {
		return current, nil, err
	}
	if isReady, err := of(t.ready); err != nil || len(isReady.Points) > 0 {
		return current, &isReady, err
	}
	return current, nil, nil
}

// at returns the number that held at a time.
func (s *Series) at(t time.Time) (int, bool) {
	i, found := slices.BinarySearchFunc(s.Points, t, func(p Point, t time.Time) int { return p.Time.Compare(t) })
	if !found {
		i--
	}
	if i < 0 || t.Sub(s.Points[i].Time) > lookback {
		return 0, false
	}
	n := s.Points[i].Value
	return int(n), n >= 0 && n <= math.MaxInt32
}

// failures returns the times, in milliseconds, at which a counter of errors had grown.
func failures(counters []Series) map[int64]bool {
	failed := make(map[int64]bool)
	for _, s := range counters {
		for i := 1; i < len(s.Points); i++ {
			if s.Points[i].Value > s.Points[i-1].Value {
				failed[s.Points[i].Time.UnixMilli()] = true
			}
		}
	}
	return failed
}

// here says that a series has the labels of Where.
func (w Workload) here(s Series) bool {
	for name, value := range w.Where {
		if s.Labels[name] != value {
			return false
		}
	}
	return true
}

// ours returns the series of the ScaledObject.
func (w Workload) ours(series []Series) []Series {
	return slices.DeleteFunc(slices.Clone(series), func(s Series) bool {
		return s.Labels["scaledObject"] != w.ScaledObject || s.Labels["type"] == "scaledjob" ||
			w.Namespace != "" && namespaceOf(s) != w.Namespace
	})
}

// chosen returns the series of the trigger.
func (w Workload) chosen(series []Series) []Series {
	return slices.DeleteFunc(slices.Clone(series), func(s Series) bool {
		if w.Reading != "" {
			return s.Labels["metric"] != w.Reading && s.Labels["scaler"] != w.Reading
		}
		return indexOf(s) != w.Trigger
	})
}

func (w Workload) name() string {
	if w.Namespace == "" {
		return w.ScaledObject
	}
	return w.Namespace + "/" + w.ScaledObject
}

func (w Workload) asked() string {
	if w.Reading != "" {
		return w.Reading
	}
	return fmt.Sprintf("triggers[%d]", w.Trigger)
}

// inMetric is the index of a trigger in the name of its metric.
var inMetric = regexp.MustCompile(`^s(\d+)-`)

// indexOf returns the index of the trigger that a series is of, and -1 if it is not
// said.
func indexOf(s Series) int {
	texts := []string{s.Labels["triggerIndex"], s.Labels["scalerIndex"]}
	if m := inMetric.FindStringSubmatch(s.Labels["metric"]); m != nil {
		texts = append(texts, m[1])
	}
	for _, text := range texts {
		if i, err := strconv.Atoi(text); err == nil {
			return i
		}
	}
	return -1
}

// label names the trigger of a series.
func label(s Series) string {
	text := fmt.Sprintf("metric %s", s.Labels["metric"])
	if scaler := s.Labels["scaler"]; scaler != "" {
		text += " (" + scaler + ")"
	}
	return text
}

// others says whose readings there are.
func others(values []Series) string {
	names := unique(values, func(s Series) string { return namespaceOf(s) + "/" + s.Labels["scaledObject"] })
	if len(names) == 0 {
		return "there is no " + strings.Join(valueNames, " nor ") + " at all"
	}
	return "there is " + list(names)
}

func named(series []Series, names ...string) []Series {
	return slices.DeleteFunc(slices.Clone(series), func(s Series) bool { return !slices.Contains(names, s.Labels["__name__"]) })
}

func unique(series []Series, of func(Series) string) []string {
	found := make(map[string]bool)
	for _, s := range series {
		found[of(s)] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// list names some of many.
func list(names []string) string {
	const most = 10
	if more := len(names) - most; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), more)
	}
	return strings.Join(names, ", ")
}
