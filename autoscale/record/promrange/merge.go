package promrange

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Labels that say which pod told something, and which server heard it, and not what it
// is of.
var ofThePod = map[string]bool{
	"__name__": true, "instance": true, "pod": true, "pod_name": true, "container": true, "endpoint": true, "job": true,
	"service": true, "node": true, "host": true, "uid": true, "pod_template_hash": true,
	"prometheus": true, "prometheus_replica": true, "replica": true, "__replica__": true,
}

// overlap is for how long two pods may tell the same thing when one follows the other.
// A series goes on for 5 minutes after its last scrape.
const overlap = 10 * time.Minute

// merge makes one series of those that pods told one after the other, under the names
// that a metric had, and returns at how many times two of them differed: then that
// counts which goes on for longer, under the newer name. Names are the newest first.
// Series that differ in more than the pod, at the same time, are not of one thing.
func merge(series []Series, names []string) (Series, int, error) {
	if err := ambiguous(series); err != nil {
		return Series{}, 0, err
	}
	rank := func(s Series) int { return -slices.Index(names, s.Labels["__name__"]) }
	sorted := slices.SortedFunc(slices.Values(series), func(a, b Series) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		if d := last(a).Compare(last(b)); d != 0 {
			return d
		}
		return strings.Compare(text(a.Labels), text(b.Labels))
	})
	points, differ := make(map[int64]Point), make(map[int64]bool)
	for _, s := range sorted {
		for _, p := range s.Points {
			at := p.Time.UnixMilli()
			if before, ok := points[at]; ok && before.Value != p.Value {
				differ[at] = true
			}
			points[at] = p
		}
	}
	return Series{sorted[len(sorted)-1].Labels, inOrder(points)}, len(differ), nil
}

func first(s Series) time.Time {
	if len(s.Points) == 0 {
		return time.Time{}
	}
	return s.Points[0].Time
}

func last(s Series) time.Time {
	if len(s.Points) == 0 {
		return time.Time{}
	}
	return s.Points[len(s.Points)-1].Time
}

// ambiguous returns an error if two series are of different things at the same time.
func ambiguous(series []Series) error {
	for i, a := range series {
		for _, b := range series[:i] {
			from, to := first(a), last(a)
			if first(b).After(from) {
				from = first(b)
			}
			if last(b).Before(to) {
				to = last(b)
			}
			if to.Sub(from) <= overlap {
				continue
			}
			if name := differ(a, b); name != "" {
				return fmt.Errorf("there are several at a time, which differ in %s: %s", name,
					list(unique([]Series{a, b}, func(s Series) string { return s.Labels[name] })))
			}
		}
	}
	return nil
}

// differ returns a label in which two series differ, other than by their pod.
func differ(a, b Series) string {
	_, exported := a.Labels[exportedNamespace]
	for _, labels := range []map[string]string{a.Labels, b.Labels} {
		for _, name := range slices.Sorted(maps.Keys(labels)) {
			its := ofThePod[name] || name == ownNamespace && exported
			if !its && a.Labels[name] != b.Labels[name] {
				return name
			}
		}
	}
	return ""
}
