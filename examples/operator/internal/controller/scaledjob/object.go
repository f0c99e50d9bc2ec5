package scaledjob

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/examples/operator/internal/jobs"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// otherWords is how long a condition may keep its words where others would say
// the same.
const otherWords = time.Minute

// An object is what is known of a ScaledJob beyond what it says itself.
type object struct {
	*Reconciler
	name types.NamespacedName
	uid  types.UID

	// These are the Reconciler's, which takes care of an object once at a time.
	refused  int               // attempts in a row that came to a problem
	warnings []string          // that have been told
	loop     controller.Digest // what its Loop was made of; zero: there is none

	generation int64  // of the target
	target     string // digest of jobTargetRef as it is stored

	// The rest is under the mutex, for rounds and writers of status too.
	mu       sync.Mutex
	gone     bool   // nothing is said of it any more
	problem  string // why it cannot be taken care of as it is
	told     string // what an Event told of that last
	triggers []controller.Trigger
	tidy     *tidying // nil: nothing is to be cleared away

	status v1alpha1.ScaledJobStatus // but for what is made of the next
	state  autoscale.JobState
	last   *outcome // of the Loop that there is; nil: no round has come
	notes  controller.Notes

	commits int // calls of commit

	pending, written saying
	writtenAt        time.Time
}

// A saying tells whether a status says what was written already.
type saying struct {
	news    controller.Digest // status, without what is no news
	commits int               // the last one, which is written though it is no news
}

var _ controller.Statused = (*object)(nil)

// newObject returns what is known of an object that is seen for the first time.
func newObject(r *Reconciler, sj *v1alpha1.ScaledJob) *object {
	o := &object{Reconciler: r, name: client.ObjectKeyFromObject(sj), uid: sj.UID}
	o.status = *sj.Status.DeepCopy()
	o.written.news = statusDigest(&o.status)
	if len(o.status.Conditions) == 0 {
		o.status.Conditions = v1alpha1.NewConditions()
	}
	if raw := o.status.PolicyState; raw != nil && json.Unmarshal(raw.Raw, &o.state) != nil {
		o.state = autoscale.JobState{}
	}
	o.status.PolicyState = nil
	o.notes = controller.NotesOf(o.status.TriggersActivity)
	if ready := v1alpha1.GetCondition(o.status.Conditions, v1alpha1.ConditionReady); ready.Reason == v1alpha1.ReasonScaledJobCheckFailed {
		o.problem, o.told = ready.Message, ready.Message
	}
	return o
}

func (o *object) key() scalerkit.Key { return controller.ScaledJob.Key(o.name) }

// stop ends the Loop of an object, if there is one.
func (o *object) stop() {
	o.Runner.Delete(o.key())
	o.mu.Lock()
	defer o.mu.Unlock()
	o.loop, o.triggers, o.last, o.tidy = controller.Digest{}, nil, nil, nil
}

// set puts a condition into the status, and returns the one that was there. The
// caller holds the mutex.
func (o *object) set(c v1alpha1.Condition) (before v1alpha1.Condition) {
	before = v1alpha1.GetCondition(o.status.Conditions, c.Type)
	v1alpha1.SetCondition(&o.status.Conditions, c)
	return before
}

// ready sets the condition, and tells when it becomes true. The caller holds
// the mutex.
func (o *object) ready(c v1alpha1.Condition) {
	if before := o.set(c); c.Status == metav1.ConditionTrue && before.Status != metav1.ConditionTrue {
		o.event(corev1.EventTypeNormal, v1alpha1.ReasonScaledJobReady, "%s", c.Message)
	}
}

// event tells something about the object.
func (o *object) event(eventType, reason, format string, args ...any) {
	about := &metav1.PartialObjectMetadata{}
	about.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(string(controller.ScaledJob)))
	about.Namespace, about.Name, about.UID = o.name.Namespace, o.name.Name, o.uid
	o.Core.Events.Event(about, eventType, reason, format, args...)
}

// self returns an object for the API server to know which is meant.
func (o *object) self() client.Object {
	return &v1alpha1.ScaledJob{ObjectMeta: metav1.ObjectMeta{Namespace: o.name.Namespace, Name: o.name.Name, UID: o.uid}}
}

// Status implements controller.Statused.
func (o *object) Status() (client.Object, any, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.gone || !o.Leads() {
		return nil, nil, false
	}
	status := o.whole()
	o.pending = saying{statusDigest(status), o.commits}
	if o.pending == o.written {
		return nil, nil, false
	}
	return o.self(), status, true
}

// Written implements controller.Statused.
func (o *object) Written() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.written, o.writtenAt = o.pending, time.Now()
}

// whole returns the whole status. The caller holds the mutex.
func (o *object) whole() *v1alpha1.ScaledJobStatus {
	status := o.status.DeepCopy()
	if raw, err := json.Marshal(o.state); err == nil {
		status.PolicyState = &runtime.RawExtension{Raw: raw}
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
func statusDigest(s *v1alpha1.ScaledJobStatus) controller.Digest {
	plain := *s
	plain.PolicyState, plain.LastActiveTime = nil, nil
	return controller.DigestOf(plain)
}

// commit writes into the status which readings have been used, before Jobs are
// created for them.
func (o *object) commit(ctx context.Context, state autoscale.JobState) error {
	if !o.Leads() {
		return controller.ErrNotLeading
	}
	o.mu.Lock()
	o.state = state
	o.commits++
	o.mu.Unlock()
	return o.Core.Status.WriteNow(ctx, o)
}

// observe takes in what came of a round.
func (o *object) observe(round autoscale.Round) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.gone {
		return
	}
	o.Telemetry.Observe(round)
	o.state = round.Job.State
	now := outcomeOf(round)
	news := now.isNews(o.last)
	for _, t := range now.failed(o.last) {
		o.event(corev1.EventTypeWarning, controller.EventScalerFailed, "Trigger %s fails: %s", t.name, t.err)
	}
	if round.Decided && round.Job.Active {
		at := metav1.NewTime(round.Time)
		o.status.LastActiveTime = &at
	}
	news = o.read(round) || news
	news = o.created(round) || news
	if o.problem == "" {
		o.ready(now.ready)
	}
	o.activity(now.active)
	o.last = &now
	if news || time.Since(o.writtenAt) > otherWords {
		o.Core.Status.Enqueue(o)
	}
	if o.tidy != nil && o.tidy.needed(o.Tracker, o.name) {
		o.cleaning.Add(o.name)
	}
}

// read keeps what the sources say of themselves, and returns whether there was
// a note to tell. The caller holds the mutex.
func (o *object) read(round autoscale.Round) (news bool) {
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
	return news
}

// activity sets the condition, and tells when it changes. The caller holds the
// mutex.
func (o *object) activity(c v1alpha1.Condition) {
	before := o.set(c)
	if before.Status == c.Status {
		return
	}
	switch c.Status {
	case metav1.ConditionTrue:
		o.event(corev1.EventTypeNormal, controller.EventScaledJobActive, "%s", c.Message)
	case metav1.ConditionFalse:
		o.event(corev1.EventTypeNormal, controller.EventScaledJobInactive, "%s", c.Message)
	}
}

// created tells of Jobs that were created, and returns whether there were some.
// The caller holds the mutex.
func (o *object) created(round autoscale.Round) bool {
	steps := make([]string, len(round.Job.Steps))
	for i, s := range round.Job.Steps {
		steps[i] = s.String()
	}
	unanswered := 0
	if failed := (*jobs.CreateError)(nil); errors.As(round.Err, &failed) {
		unanswered = failed.Unanswered
	}
	if round.Created > unanswered {
		o.event(corev1.EventTypeNormal, controller.EventJobsCreated, "Created %d of %d Jobs: %s",
			round.Created-unanswered, round.Job.Create, strings.Join(steps, "; "))
	}
	if round.Err != nil && round.Decided {
		o.event(corev1.EventTypeWarning, controller.EventJobCreateFailed, "%s", controller.TextOf(round.Err))
	}
	if round.Created == 0 {
		return false
	}
	o.status.Decision = &v1alpha1.JobDecision{Create: int32(round.Job.Create), Time: metav1.NewTime(round.Time), Steps: steps}
	return true
}
