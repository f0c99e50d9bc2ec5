package scaledobject

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/examples/operator/internal/workload"
	"github.com/scalerkit/scalerkit/hpa"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// otherWords is how long a condition may keep its words where others would say
// the same.
const otherWords = time.Minute

// An object is what is known of a ScaledObject beyond what it says itself.
type object struct {
	*Reconciler
	name types.NamespacedName
	uid  types.UID

	// These are the Reconciler's, which takes care of an object once at a time.
	target   *workload.Target
	refused  int               // attempts in a row that came to a problem
	warnings []string          // that have been told
	hpa      appliedHPA        // what has become of its HPA
	led      bool              // this replica has written for it
	old      bool              // it was there before this process, so that it may have a past
	loop     controller.Digest // what its Loop was made of; zero: there is none

	// The rest is under the mutex, for rounds and writers of status too.
	mu       sync.Mutex
	gone     bool   // nothing is said of it any more
	problem  string // why it cannot be taken care of as it is
	told     string // what an Event told of that last
	triggers []controller.Trigger
	metrics  *hpa.Metrics // nil: the HPA does not ask
	fallback *autoscale.Fallback
	kind     string // what events call the target, "Deployment worker"
	idles    bool   // the HPA has another minimum while the object is not active
	but      string // what is not done of what the object asks for, after a semicolon

	status   v1alpha1.ScaledObjectStatus // but for what is made of the next
	state    autoscale.State
	last     *outcome // of the Loop that there is; nil: no round has come
	replicas int      // after the last round; negative: not known
	notes    controller.Notes

	pending, written controller.Digest // status, without what is no news
	writtenAt        time.Time
}

var _ controller.Statused = (*object)(nil)

// newObject returns what is known of an object that is seen for the first time.
func newObject(r *Reconciler, so *v1alpha1.ScaledObject) *object {
	o := &object{Reconciler: r, name: client.ObjectKeyFromObject(so), uid: so.UID, led: r.Leads(), old: so.CreationTimestamp.Time.Before(r.began), replicas: -1}
	o.status = *so.Status.DeepCopy()
	o.written = statusDigest(&o.status)
	if len(o.status.Conditions) == 0 {
		o.status.Conditions = v1alpha1.NewConditions()
	}
	o.notes = controller.NotesOf(o.status.TriggersActivity)
	o.state = stateOf(so)
	o.status.PolicyState, o.status.LastActiveTime = nil, nil
	o.problem = problemOf(&o.status)
	o.told = o.problem
	o.hpa.intolerant = strings.HasSuffix(v1alpha1.GetCondition(o.status.Conditions, v1alpha1.ConditionReady).Message, noTolerance)
	return o
}

// problemOf returns what was wrong with an object when its status was written.
func problemOf(s *v1alpha1.ScaledObjectStatus) string {
	if ready := v1alpha1.GetCondition(s.Conditions, v1alpha1.ConditionReady); ready.Reason == v1alpha1.ReasonScaledObjectCheckFailed {
		return ready.Message
	}
	return ""
}

// stateOf returns the policy's state from the status of an object. One that
// comes from KEDA has less of it.
func stateOf(so *v1alpha1.ScaledObject) autoscale.State {
	var s autoscale.State
	if raw := so.Status.PolicyState; raw == nil || json.Unmarshal(raw.Raw, &s) != nil {
		s = autoscale.State{}
		if at := so.Status.LastActiveTime; at != nil {
			s.LastActive = at.UTC()
		}
	}
	if s.Since.IsZero() {
		s.Since = so.CreationTimestamp.UTC()
	}
	return s
}

// resumed returns the state for a Loop that begins now. The status is written
// when there is news, and says nothing of what went on meanwhile, nor of the
// last moments of a process that was killed. So windows begin anew, and a
// workload that was active, or has been scaled up without that being said, is
// taken to have been active until now: cooldowns and windows end later than they
// would have, and never earlier. The caller holds the mutex.
func (o *object) resumed(policy autoscale.Policy, replicas int, now time.Time) autoscale.State {
	rest := 0
	if policy.Idle != nil {
		rest = *policy.Idle
	}
	d, s := o.status.Decision, o.state
	unsaid := o.old && replicas > rest && (d == nil || int(d.Replicas) <= rest)
	if o.isActive() || unsaid {
		s.LastActive = now.UTC()
	}
	s.Recommendations = append([]autoscale.Recommendation{{Replicas: replicas, Time: now.UTC()}}, s.Recommendations...)
	return s
}

// follow takes over what another leader has written.
func (o *object) follow(so *v1alpha1.ScaledObject) {
	if o.led {
		return
	}
	o.led = o.Leads()
	o.mu.Lock()
	defer o.mu.Unlock()
	theirs := so.Status.DeepCopy()
	o.written = statusDigest(theirs)
	o.status.OriginalReplicaCount, o.status.HpaName = theirs.OriginalReplicaCount, theirs.HpaName
	o.status.PausedReplicaCount, o.status.Decision = theirs.PausedReplicaCount, theirs.Decision
}

// isActive says whether the object was active in its last round. The caller
// holds the mutex.
func (o *object) isActive() bool {
	return v1alpha1.GetCondition(o.status.Conditions, v1alpha1.ConditionActive).Status == metav1.ConditionTrue
}

// set puts a condition into the status, and returns the one that was there. The
// caller holds the mutex.
func (o *object) set(c v1alpha1.Condition) (before v1alpha1.Condition) {
	before = v1alpha1.GetCondition(o.status.Conditions, c.Type)
	v1alpha1.SetCondition(&o.status.Conditions, c)
	return before
}

// event tells something about the object.
func (o *object) event(eventType, reason, format string, args ...any) {
	about := &metav1.PartialObjectMetadata{}
	about.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(string(controller.ScaledObject)))
	about.Namespace, about.Name, about.UID = o.name.Namespace, o.name.Name, o.uid
	o.Core.Events.Event(about, eventType, reason, format, args...)
}

// Status implements controller.Statused.
func (o *object) Status() (client.Object, any, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.gone || !o.Leads() {
		return nil, nil, false
	}
	status := o.whole()
	if o.pending = statusDigest(status); o.pending == o.written {
		return nil, nil, false
	}
	return &v1alpha1.ScaledObject{
		ObjectMeta: metav1.ObjectMeta{Namespace: o.name.Namespace, Name: o.name.Name, UID: o.uid},
	}, status, true
}

// Written implements controller.Statused.
func (o *object) Written() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.written, o.writtenAt = o.pending, time.Now()
}

// whole returns the whole status. The caller holds the mutex.
func (o *object) whole() *v1alpha1.ScaledObjectStatus {
	status := o.status.DeepCopy()
	if raw, err := json.Marshal(o.state); err == nil {
		status.PolicyState = &runtime.RawExtension{Raw: raw}
	}
	if !o.state.LastActive.IsZero() {
		at := metav1.NewTime(o.state.LastActive)
		status.LastActiveTime = &at
	}
	if o.last == nil {
		return status
	}
	status.Health = nil
	if o.fallback != nil {
		status.Health = make(map[string]v1alpha1.HealthStatus, len(o.last.triggers))
	}
	for _, t := range o.last.triggers {
		if o.fallback != nil {
			failures, health := int32(t.failures), v1alpha1.HealthStatusHappy
			if t.err != "" {
				health = v1alpha1.HealthStatusFailing
			}
			status.Health[o.metric(t.name)] = v1alpha1.HealthStatus{NumberOfFailures: &failures, Status: health}
		}
	}
	return status
}

// metric returns the metric of a trigger, as it stands in the status. The caller
// holds the mutex.
func (o *object) metric(trigger string) string {
	if i := slices.IndexFunc(o.triggers, func(of controller.Trigger) bool { return of.Name == trigger }); i >= 0 {
		return o.triggers[i].Metric
	}
	return trigger
}

// statusDigest leaves out what changes all the time and is no news. It is
// written along with news.
func statusDigest(s *v1alpha1.ScaledObjectStatus) controller.Digest {
	plain := *s
	plain.PolicyState, plain.LastActiveTime = nil, nil
	return controller.DigestOf(plain)
}

// observe takes in what came of a round.
func (o *object) observe(round autoscale.Round) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.gone {
		return
	}
	if o.metrics != nil {
		o.Provider.Publish(o.owner(), o.metrics.Values(round))
	}
	o.Telemetry.Observe(round)
	o.state = round.Decision.State
	now := outcomeOf(round, o.fallback)
	news := now.isNews(o.last)
	o.tell(&now)
	news = o.read(round) || news
	news = o.scaled(round) || news
	if o.problem == "" {
		o.ready(now.ready)
	}
	if before := o.set(now.active); o.idles && before.Status != now.active.Status {
		o.requests.Add(o.name)
	}
	o.set(now.fallback)
	o.last = &now
	if news || time.Since(o.writtenAt) > otherWords {
		o.Core.Status.Enqueue(o)
	}
}

// read keeps what the sources say of themselves, and returns whether there was
// a note to tell. The caller holds the mutex.
func (o *object) read(round autoscale.Round) bool {
	news, wasLimited := false, o.isLimited()
	activity := make(map[string]v1alpha1.TriggerActivityStatus, len(round.Samples))
	for _, s := range round.Samples {
		metric := o.metric(s.Trigger)
		now := controller.Activity(s, o.status.TriggersActivity[metric])
		activity[metric] = now
		if s.Err == nil && o.notes.News(metric, now.Note, round.Time) {
			o.event(corev1.EventTypeNormal, controller.EventScalerInfo, "Trigger %s: %s", s.Trigger, now.Note)
			news = true
		}
	}
	o.status.TriggersActivity = activity
	if o.metrics != nil && o.isLimited() != wasLimited {
		o.requests.Add(o.name) // the HPA needs another tolerance
	}
	return news
}

// isLimited says whether a source has stated how many replicas find work there.
// The caller holds the mutex.
func (o *object) isLimited() bool {
	for _, a := range o.status.TriggersActivity {
		if a.Limit > 0 {
			return true
		}
	}
	return false
}

func (o *object) owner() hpa.Owner {
	return hpa.Owner{Namespace: o.name.Namespace, Name: o.name.Name}
}

// tell tells what a round says that the one before did not. The caller holds
// the mutex.
func (o *object) tell(now *outcome) {
	reason := controller.EventScalerFailed
	if o.status.CompositeScalerName != "" {
		reason = controller.EventMetricSourceFailed
	}
	for _, t := range now.failed(o.last) {
		o.event(corev1.EventTypeWarning, reason, "Trigger %s fails: %s", t.name, t.err)
	}
	before := v1alpha1.GetCondition(o.status.Conditions, v1alpha1.ConditionFallback).Status == metav1.ConditionTrue
	switch after := now.fallback.Status == metav1.ConditionTrue; {
	case after && !before:
		o.event(corev1.EventTypeNormal, controller.EventFallbackActivated, "The fallback stands in for triggers that fail")
	case before && !after:
		o.event(corev1.EventTypeNormal, controller.EventFallbackDeactivated, "No trigger needs the fallback any more")
	}
}

// ready sets the condition, and tells when it becomes true. The caller holds
// the mutex.
func (o *object) ready(c v1alpha1.Condition) {
	if c.Status == metav1.ConditionTrue {
		c.Message += o.but
	}
	if before := o.set(c); c.Status == metav1.ConditionTrue && before.Status != metav1.ConditionTrue {
		o.event(corev1.EventTypeNormal, v1alpha1.ReasonScaledObjectReady, "%s", c.Message)
	}
}

// scaled tells of a change of replicas, and returns whether there was one. The
// caller holds the mutex.
func (o *object) scaled(round autoscale.Round) bool {
	if !round.Decided {
		return false
	}
	d, before := round.Decision, o.replicas
	o.replicas = d.Replicas
	if round.Err != nil {
		o.replicas = round.Current
		reason, failed := controller.EventActivationFailed, v1alpha1.GetCondition(o.status.Conditions, v1alpha1.ConditionReady).Reason
		if d.Replicas < round.Current {
			reason = controller.EventDeactivationFailed
		}
		if failed != ReasonErrorSettingReplicas {
			o.event(corev1.EventTypeWarning, reason, "%s: %s", o.kind, controller.TextOf(round.Err))
		}
		return false
	}
	changed := false
	if before >= 0 && before != round.Current {
		changed = true
		reasons := steps(called(d))
		o.decided(round.Current, round.Time, reasons)
		o.event(corev1.EventTypeNormal, controller.EventScaled, "%s went from %d to %d replicas by its HPA or by hand: %s",
			o.kind, before, round.Current, strings.Join(reasons, "; "))
	}
	if d.Replicas == round.Current {
		return changed
	}
	o.decided(d.Replicas, round.Time, steps(d.Steps))
	reason := controller.EventScaled
	switch {
	case d.Applied(autoscale.RuleActivated):
		reason = controller.EventActivated
	case d.Applied(autoscale.RuleDeactivated):
		reason = controller.EventDeactivated
	}
	o.event(corev1.EventTypeNormal, reason, "Scaled %s from %d to %d replicas: %s",
		o.kind, round.Current, d.Replicas, strings.Join(steps(d.Steps), "; "))
	return true
}

// decided keeps why there are so many replicas. The caller holds the mutex.
func (o *object) decided(replicas int, at time.Time, steps []string) {
	o.status.Decision = &v1alpha1.Decision{Replicas: int32(replicas), Time: metav1.NewTime(at), Steps: steps}
}

// called returns what the triggers call for, which is what an HPA goes by, or
// the whole decision where that did not matter.
func called(d autoscale.Decision) []autoscale.Step {
	var list []autoscale.Step
	for _, s := range d.Steps {
		if s.Trigger != "" {
			list = append(list, s)
		}
	}
	if list == nil {
		return d.Steps
	}
	return list
}

func steps(list []autoscale.Step) []string {
	texts := make([]string, len(list))
	for i := range list {
		texts[i] = list[i].String()
	}
	return texts
}
