package controller

import (
	"context"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/examples/operator/internal/shard"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// messageInterval is how long a condition may keep its message where another
// one would say the same. Only then is a status looked at that has no news.
const messageInterval = time.Minute

// An Object is what is known of a scaled object beyond what it says itself. S is
// what its mutex guards.
type Object[S Guarded] struct {
	Core *Core
	Kind Kind
	Name types.NamespacedName
	UID  types.UID

	// New says that the object was created after this process began, and was with
	// no other replica since. Another one may have a past.
	New bool

	term *shard.Term // for which the object is this replica's; nil without shards

	// These belong to the Reconciler, which reconciles an object once at a time.
	failures int      // reconciliations in a row that came to a problem
	warnings []string // that have been reported
	loop     Digest   // what the Loop was made of; zero: there is none

	mu      sync.Mutex
	guarded S
}

// Guarded is what the mutex of an Object guards: a pointer to a struct that
// embeds State and has what the kind has of its own. What takes one as an
// argument is called with the mutex held.
type Guarded interface {
	// Common returns the State, as that does when it is embedded.
	Common() *State

	// Status returns the whole status to write, and the same without what
	// changes all the time and is written along with something else only.
	Status() (whole, news any)
}

// A State is what both kinds of objects have under the mutex.
type State struct {
	Fields
	Triggers []Trigger // of the Loop that there is
	Last     *Outcome  // of that Loop; nil: no round has come
	Problem  string    // why the object cannot be reconciled as it is
	Caveat   string    // what is not done of what the object asks for, after a semicolon
	Gone     bool      // nothing is reported of it any more
	Formula  bool      // a formula takes the triggers together
	Recorded bool      // its rounds are

	Activities Activities // of the triggers, as the status says it

	reported string // the Problem that the last Event was about
	notes    Notes

	revision         int // of what is written though it is no news
	pending, written version
	looked           time.Time // when the status was last found to be as it is written
}

// Fields are those that the statuses of both kinds have.
type Fields struct {
	Conditions           *v1alpha1.Conditions
	ExternalMetricNames  *[]string
	TriggersTypes        **string
	AuthenticationsTypes **string
}

// A version of a status tells whether it says what was written already.
type version struct {
	news     Digest
	revision int
}

// NewObject returns what is known of an object that is seen for the first time.
// Guarded has its status, to which the Fields point.
func NewObject[S Guarded](core *Core, kind Kind, object client.Object, started time.Time, guarded S) *Object[S] {
	name := client.ObjectKeyFromObject(object)
	o := &Object[S]{Core: core, Kind: kind, Name: name, UID: object.GetUID(), term: core.term(name), guarded: guarded}
	if o.term != nil && o.term.Began().After(started) {
		started = o.term.Began()
	}
	o.New = object.GetCreationTimestamp().After(started)
	s := guarded.Common()
	_, news := guarded.Status()
	s.SetWritten(news)
	if len(*s.Conditions) == 0 {
		*s.Conditions = v1alpha1.NewConditions()
	}
	s.notes = NotesOf(s.Activities)
	if ready := s.Condition(v1alpha1.ConditionReady); ready.Reason == kind.reason(reasonCheckFailed) {
		s.Problem, s.reported = ready.Message, ready.Message
	}
	return o
}

// Key returns what the Runner calls the object.
func (o *Object[S]) Key() scalerkit.Key { return o.Kind.Key(o.Name) }

// Lock returns what the mutex guards, until Unlock.
func (o *Object[S]) Lock() S {
	o.mu.Lock()
	return o.guarded
}

// Unlock gives back what Lock has returned.
func (o *Object[S]) Unlock() { o.mu.Unlock() }

// Event reports something about the object.
func (o *Object[S]) Event(eventType, reason, format string, args ...any) {
	about := &metav1.PartialObjectMetadata{}
	about.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(string(o.Kind)))
	about.Namespace, about.Name, about.UID = o.Name.Namespace, o.Name.Name, o.UID
	o.Core.Events.Event(about, eventType, reason, format, args...)
}

// Status implements Statused.
func (o *Object[S]) Status() (client.Object, any, bool) {
	guarded := o.Lock()
	defer o.Unlock()
	s := guarded.Common()
	if s.Gone || !o.Owns() {
		return nil, nil, false
	}
	whole, news := guarded.Status()
	if s.pending = (version{DigestOf(news), s.revision}); s.pending == s.written {
		s.looked = time.Now()
		return nil, nil, false
	}
	about := o.Kind.New()
	about.SetNamespace(o.Name.Namespace)
	about.SetName(o.Name.Name)
	about.SetUID(o.UID)
	return about, whole, true
}

// Written implements Statused.
func (o *Object[S]) Written() {
	s := o.Lock().Common()
	defer o.Unlock()
	s.written, s.looked = s.pending, time.Now()
}

// EnqueueStatus has the status written if it has news.
func (o *Object[S]) EnqueueStatus() { o.Core.Status.Enqueue(o) }

// WriteStatus writes the status at once, for who cannot go on before that.
func (o *Object[S]) WriteStatus(ctx context.Context) error { return o.Core.Status.WriteNow(ctx, o) }

// Stop ends the Loop of the object, if there is one. The channel is closed when
// nothing of it is under way any more.
func (o *Object[S]) Stop() <-chan struct{} {
	done := o.Core.Runner.Delete(o.Key())
	o.loop = Digest{}
	s := o.Lock().Common()
	defer o.Unlock()
	s.Triggers, s.Last = nil, nil
	return done
}

// release is for an object that does not exist any more.
func (o *Object[S]) release() {
	o.drop()
	o.Event(corev1.EventTypeWarning, o.Kind.reason(reasonDeleted), "The %s was deleted", o.Kind)
}

func (o *Object[S]) hasUID(uid types.UID) bool { return o.UID == uid }

// Observe takes in what came of a round, and has the status written if that is
// news. The caller may know more that is.
func (o *Object[S]) Observe(guarded S, round control.Round, now Outcome, news bool) {
	s := guarded.Common()
	if s.Recorded && o.Owns() {
		o.Core.Rounds.Record(round)
	}
	o.Core.Telemetry.Observe(round)
	news = now.differs(s.Last) || news
	reason := EventScalerFailed
	if s.Formula {
		reason = EventMetricSourceFailed
	}
	for _, t := range now.failedSince(s.Last) {
		o.Event(corev1.EventTypeWarning, reason, "Trigger %s fails: %s", t.Name, t.Err)
	}
	news = o.observeSamples(s, round) || news
	if s.Problem == "" {
		o.setReady(s, now.Ready)
	}
	s.Set(now.Active)
	if now.Fallback.Type != "" {
		s.Set(now.Fallback)
	}
	s.Last = &now
	if news || time.Since(s.looked) > messageInterval {
		o.EnqueueStatus()
	}
}

// observeSamples keeps what the sources say of themselves, and returns whether
// there was a note to report.
func (o *Object[S]) observeSamples(s *State, round control.Round) (news bool) {
	for _, sample := range round.Samples {
		metric := s.Metric(sample.Trigger)
		activity := s.Activities.of(metric)
		now := Activity(sample, *activity)
		*activity = now
		if sample.Err == nil && s.notes.News(metric, now.Note, round.Time) {
			o.Event(corev1.EventTypeNormal, EventScalerInfo, "Trigger %s: %s", sample.Trigger, now.Note)
			news = true
		}
	}
	return news
}

// setReady sets the condition, and reports when it becomes true.
func (o *Object[S]) setReady(s *State, c v1alpha1.Condition) {
	if c.Status == metav1.ConditionTrue {
		c.Message += s.Caveat
	}
	if before := s.Set(c); c.Status == metav1.ConditionTrue && before.Status != metav1.ConditionTrue {
		o.Event(corev1.EventTypeNormal, o.Kind.reason(reasonReady), "%s", c.Message)
	}
}

// Common implements Guarded.
func (s *State) Common() *State { return s }

// Condition returns a condition of the status.
func (s *State) Condition(of v1alpha1.ConditionType) v1alpha1.Condition {
	return v1alpha1.GetCondition(*s.Conditions, of)
}

// Set puts a condition into the status, and returns the one that was there.
func (s *State) Set(c v1alpha1.Condition) (before v1alpha1.Condition) {
	before = s.Condition(c.Type)
	v1alpha1.SetCondition(s.Conditions, c)
	return before
}

// Metric returns the metric of a trigger, as it stands in the status.
func (s *State) Metric(trigger string) string {
	if i := slices.IndexFunc(s.Triggers, func(of Trigger) bool { return of.Name == trigger }); i >= 0 {
		return s.Triggers[i].Metric
	}
	return trigger
}

// SetWritten takes note of a status, without what is no news, that somebody else
// has written.
func (s *State) SetWritten(news any) { s.written = version{DigestOf(news), s.revision} }

// Commit has the status written next time even if that is no news.
func (s *State) Commit() { s.revision++ }
