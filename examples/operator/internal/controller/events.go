package controller

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/record"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit/internal/line"
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
	eventTimeout  = 10 * time.Second
	messageLimit  = 1024 // bytes, by events.k8s.io
	eventBurst    = 50   // of one type, about one object; after that one in eventInterval
	eventInterval = 30 * time.Second
)

// ReportingController is who reports the Events.
const ReportingController = "keda-operator"

// A Recorder reports Events by client-go's recorder, which writes them while
// others go on, counts those that say the same, and drops those that
// the API server does not take in time: an Event is no more than a hint.
//
// It is not the newer recorder of client-go, nor controller-runtime's, which is
// made of that one: these take Events with the same reason for the same, so that
// of two decisions within six minutes only the first would be told.
type Recorder struct {
	Client client.Client

	// Reports says whether this replica reports what there is about an object of a
	// kind, and in which context; see [Core.Reports].
	Reports func(ctx context.Context, kind string, object types.NamespacedName) (context.Context, bool)

	once        sync.Once
	broadcaster record.EventBroadcaster
	recorder    record.EventRecorder
}

func (r *Recorder) init() {
	r.once.Do(func() {
		pod, _ := os.Hostname()
		r.broadcaster = record.NewBroadcaster(record.WithCorrelatorOptions(record.CorrelatorOptions{
			BurstSize: eventBurst, QPS: float32(time.Second) / float32(eventInterval),
		}))
		r.broadcaster.StartRecordingToSink(&eventSink{r.Client, r.Reports}) // what comes before Start is written too
		r.recorder = r.broadcaster.NewRecorder(nil, corev1.EventSource{Component: ReportingController, Host: pod})
	})
}

// Event reports something about an object, whose type has to be set. The type is
// corev1.EventTypeNormal or EventTypeWarning.
func (r *Recorder) Event(about client.Object, eventType, reason, format string, args ...any) {
	kind := about.GetObjectKind().GroupVersionKind().Kind
	if _, ok := r.Reports(context.Background(), kind, client.ObjectKeyFromObject(about)); ok {
		r.init()
		r.recorder.Event(about, eventType, reason, line.Cut(fmt.Sprintf(format, args...), messageLimit))
	}
}

// Start ends with ctx, and what was not written until then is dropped. It is for manager.Runnable.
func (r *Recorder) Start(ctx context.Context) error {
	r.init()
	<-ctx.Done()
	r.broadcaster.Shutdown()
	return nil
}

// NeedLeaderElection is for manager.LeaderElectionRunnable: see Leads.
func (r *Recorder) NeedLeaderElection() bool { return false }

// An eventSink writes Events by a client of controller-runtime. What is not this
// replica's to report any more is dropped.
type eventSink struct {
	client  client.Client
	reports func(context.Context, string, types.NamespacedName) (context.Context, bool)
}

func (s *eventSink) write(event *corev1.Event, write func(context.Context) error) (*corev1.Event, error) {
	ctx, cancel := context.WithTimeout(context.Background(), eventTimeout)
	defer cancel()
	about := event.InvolvedObject
	ctx, ok := s.reports(ctx, about.Kind, types.NamespacedName{Namespace: about.Namespace, Name: about.Name})
	if !ok {
		return event, nil
	}
	return event, write(ctx)
}

// Create implements record.EventSink.
func (s *eventSink) Create(event *corev1.Event) (*corev1.Event, error) {
	return s.write(event, func(ctx context.Context) error { return s.client.Create(ctx, event) })
}

// Update implements record.EventSink.
func (s *eventSink) Update(event *corev1.Event) (*corev1.Event, error) {
	return s.write(event, func(ctx context.Context) error { return s.client.Update(ctx, event) })
}

// Patch implements record.EventSink.
func (s *eventSink) Patch(event *corev1.Event, patch []byte) (*corev1.Event, error) {
	return s.write(event, func(ctx context.Context) error {
		return s.client.Patch(ctx, event, client.RawPatch(types.StrategicMergePatchType, patch))
	})
}
