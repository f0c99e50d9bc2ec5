package controller

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/uuid"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// KEDA's reasons of events, and EventScaled, which is ours. Reasons of
// conditions are reasons of events too.
const (
	EventScalersStarted      = "KEDAScalersStarted"
	EventScalersStopped      = "KEDAScalersStopped"
	EventScalerFailed        = "KEDAScalerFailed"
	EventMetricSourceFailed  = "KEDAMetricSourceFailed" // of a trigger in a formula
	EventScalerInfo          = "KEDAScalerInfo"
	EventActivated           = "KEDAScaleTargetActivated"
	EventDeactivated         = "KEDAScaleTargetDeactivated"
	EventActivationFailed    = "KEDAScaleTargetActivationFailed"
	EventDeactivationFailed  = "KEDAScaleTargetDeactivationFailed"
	EventScaled              = "ScaleTargetScaled" // from one number above zero to another
	EventFallbackActivated   = "ScaledObjectFallbackActivated"
	EventFallbackDeactivated = "ScaledObjectFallbackDeactivated"
	EventScaledObjectDeleted = "ScaledObjectDeleted"
	EventScaledJobDeleted    = "ScaledJobDeleted"
	EventScaledJobActive     = "ScaledJobActive"
	EventScaledJobInactive   = "ScaledJobInactive"
	EventJobsCreated         = "KEDAJobsCreated"
	EventJobCreateFailed     = "KEDAJobCreateFailed"
	EventRolloutStarted      = "ScaledJobRolloutCleanupStarted"
	EventRolloutCompleted    = "ScaledJobRolloutCleanupCompleted"
	EventRolloutFailed       = "ScaledJobRolloutCleanupFailed"
)

const (
	eventWriters = 4
	eventBuffer  = 4096
	noteLimit    = 1024 // bytes, by the API
)

// ReportingController is who tells the events.
const ReportingController = "keda-operator"

// A Recorder writes events of events.k8s.io, while others go on. What it cannot
// write in time is dropped: an event is no more than a hint.
type Recorder struct {
	Client client.Client
	Logger *slog.Logger

	// Leads says whether this replica is the leader. Others tell nothing.
	Leads func() bool

	once    sync.Once
	queue   chan *eventsv1.Event
	pod     string
	dropped sync.Once
}

func (r *Recorder) init() {
	r.once.Do(func() {
		r.queue = make(chan *eventsv1.Event, eventBuffer)
		if r.pod, _ = os.Hostname(); r.pod == "" {
			r.pod = ReportingController
		}
	})
}

// Event tells something about an object, whose type has to be set. The type is
// corev1.EventTypeNormal or EventTypeWarning.
func (r *Recorder) Event(about client.Object, eventType, reason, format string, args ...any) {
	r.init()
	if !r.Leads() {
		return
	}
	kind := about.GetObjectKind().GroupVersionKind()
	event := &eventsv1.Event{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: about.GetNamespace(),
			Name:      about.GetName() + "." + strings.ReplaceAll(string(uuid.NewUUID()), "-", "")[:16],
		},
		EventTime:           metav1.NowMicro(),
		ReportingController: ReportingController,
		ReportingInstance:   r.pod,
		Action:              reason,
		Reason:              reason,
		Type:                eventType,
		Note:                shorten(fmt.Sprintf(format, args...), noteLimit),
		Regarding: corev1.ObjectReference{
			APIVersion: kind.GroupVersion().String(),
			Kind:       kind.Kind,
			Namespace:  about.GetNamespace(),
			Name:       about.GetName(),
			UID:        about.GetUID(),
		},
	}
	if event.Namespace == "" {
		event.Namespace = metav1.NamespaceDefault
	}
	select {
	case r.queue <- event:
	default:
		r.dropped.Do(func() { r.Logger.Warn("events are dropped: the API server does not take them fast enough") })
	}
}

// shorten cuts a text to a number of bytes.
func shorten(text string, limit int) string {
	const more = " …"
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit-len(more)], "") + more
}

// Start writes until ctx ends, and then for a moment what is left. It is for
// manager.Runnable.
func (r *Recorder) Start(ctx context.Context) error {
	r.init()
	writing, end := lastWords(ctx)
	defer end()
	var writers sync.WaitGroup
	for range eventWriters {
		writers.Go(func() {
			for {
				select {
				case event := <-r.queue:
					r.write(writing, event)
					continue
				default:
				}
				select {
				case event := <-r.queue:
					r.write(writing, event)
				case <-ctx.Done():
					return
				}
			}
		})
	}
	writers.Wait()
	return nil
}

// lastWords returns a context that ends a moment after ctx.
func lastWords(ctx context.Context) (context.Context, context.CancelFunc) {
	const moment = 3 * time.Second
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() { time.AfterFunc(moment, cancel) })
	return longer, cancel
}

// NeedLeaderElection is for manager.LeaderElectionRunnable: see Leads.
func (r *Recorder) NeedLeaderElection() bool { return false }

func (r *Recorder) write(ctx context.Context, event *eventsv1.Event) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	err := r.Client.Create(ctx, event)
	// In a namespace that is being deleted there is nobody to tell it to.
	if err != nil && !apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) && !apierrors.IsNotFound(err) {
		r.Logger.WarnContext(ctx, "cannot write an event", "namespace", event.Namespace, "name", event.Regarding.Name, "reason", event.Reason, "error", err)
	}
}
