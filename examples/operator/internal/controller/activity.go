package controller

import (
	"math"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/internal/line"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// Activities are what a status says of triggers. They are a map in the status
// alone: one with a single entry, which is all that most objects have, takes the
// room of eight.
type Activities []TriggerActivity

// A TriggerActivity is what a status says of the trigger with a metric.
type TriggerActivity struct {
	Metric string
	v1alpha1.TriggerActivityStatus
}

// TakeActivities takes them out of a status.
func TakeActivities(status *map[string]v1alpha1.TriggerActivityStatus) Activities {
	var all Activities
	for metric, a := range *status {
		all = append(all, TriggerActivity{metric, a})
	}
	*status = nil
	return all
}

// Status returns them as a status has them.
func (all Activities) Status() map[string]v1alpha1.TriggerActivityStatus {
	status := make(map[string]v1alpha1.TriggerActivityStatus, len(all))
	for _, a := range all {
		status[a.Metric] = a.TriggerActivityStatus
	}
	return status
}

// of returns that of a trigger, which is there from now on.
func (all *Activities) of(metric string) *v1alpha1.TriggerActivityStatus {
	for i := range *all {
		if a := &(*all)[i]; a.Metric == metric {
			return &a.TriggerActivityStatus
		}
	}
	*all = append(*all, TriggerActivity{Metric: metric})
	return &(*all)[len(*all)-1].TriggerActivityStatus
}

// Activity returns what a status says of a trigger after a round; before is what
// it said. A source that fails, or has nothing to do, is taken to have the limit
// that it stated last.
func Activity(s autoscale.Sample, before v1alpha1.TriggerActivityStatus) v1alpha1.TriggerActivityStatus {
	if s.Err != nil {
		return v1alpha1.TriggerActivityStatus{Limit: before.Limit}
	}
	r := s.Reading
	now := v1alpha1.TriggerActivityStatus{
		IsActive: r.IsActive(s.Metric),
		Limit:    int32(min(max(r.Limit, 0), math.MaxInt32)),
		Note:     line.Cut(line.Of(r.Note), messageLimit),
	}
	if r.Limit == 0 && r.Value == 0 {
		now.Limit = before.Limit
	}
	return now
}
