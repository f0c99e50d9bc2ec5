package scaledobject

import (
	"encoding/json"
	"strings"
	"sync/atomic"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/examples/operator/internal/workload"
	"github.com/scalerkit/scalerkit/hpa"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// An object is what is known of a ScaledObject beyond what it says itself.
type object struct {
	*controller.Object[*state]
	reconciler *Reconciler

	// These belong to the Reconciler, which reconciles an object once at a time.
	target       *workload.Target
	hpa          appliedHPA // what has become of its HPA
	failedDelete int        // attempts to restore the original replicas

	// leads says that this replica writes for it, and knows what others have written.
	leads atomic.Bool
}

// A state is what the mutex of an object guards.
type state struct {
	controller.State
	status   v1alpha1.ScaledObjectStatus // but for what is made of the next
	policy   autoscale.State
	replicas int          // after the last round; negative: not known
	metrics  *hpa.Metrics // nil: the HPA does not ask
	fallback *autoscale.Fallback
	target   string // its name, "Deployment worker"
	known    bool   // it was reconciled
	hasIdle  bool   // the HPA has another minimum while the object is not active
}

// newObject returns what is known of an object that is seen for the first time.
func newObject(r *Reconciler, so *v1alpha1.ScaledObject) *object {
	s := &state{status: *so.Status.DeepCopy(), policy: policyState(so), replicas: -1}
	s.Fields = controller.Fields{
		Conditions:           &s.status.Conditions,
		ExternalMetricNames:  &s.status.ExternalMetricNames,
		TriggersTypes:        &s.status.TriggersTypes,
		AuthenticationsTypes: &s.status.AuthenticationsTypes,
	}
	s.Activities = controller.TakeActivities(&s.status.TriggersActivity)
	common := controller.NewObject(r.Core, controller.ScaledObject, so, r.objects.Started, s)
	o := &object{
		Object: common, reconciler: r,
		hpa: appliedHPA{intolerant: strings.HasSuffix(s.Condition(v1alpha1.ConditionReady).Message, noTolerance)},
	}
	o.leads.Store(common.Owns())
	return o
}

// policyState returns the policy's state from the status of an object. One that
// comes from KEDA has less of it.
func policyState(so *v1alpha1.ScaledObject) autoscale.State {
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

// resume returns the policy's state for a Loop that begins now. The status is
// written when there is news, and says nothing of what went on meanwhile, nor of
// the last moments of a process that was killed. So windows begin again, and a
// workload that was active, or has been scaled up without that being said, is
// taken to have been active until now: cooldowns and windows end later than they
// would have, and never earlier.
func (o *object) resume(s *state, policy autoscale.Policy, replicas int, now time.Time) autoscale.State {
	idle := 0
	if policy.Idle != nil {
		idle = *policy.Idle
	}
	d, resumed := s.status.Decision, s.policy
	unsaid := !o.New && replicas > idle && (d == nil || int(d.Replicas) <= idle)
	if s.Condition(v1alpha1.ConditionActive).Status == metav1.ConditionTrue || unsaid {
		resumed.LastActive = now.UTC()
	}
	resumed.Recommendations = append([]autoscale.Recommendation{{Replicas: replicas, Time: now.UTC()}}, resumed.Recommendations...)
	return resumed
}

// follow takes over what another leader has written.
func (o *object) follow(so *v1alpha1.ScaledObject) {
	leads := o.Owns()
	s := o.Lock()
	defer o.Unlock()
	theirs := so.Status.DeepCopy()
	s.SetWritten(news(theirs))
	s.status.OriginalReplicaCount, s.status.HpaName = theirs.OriginalReplicaCount, theirs.HpaName
	s.status.PausedReplicaCount, s.status.Decision = theirs.PausedReplicaCount, theirs.Decision
	o.leads.Store(leads)
}

// Stop ends the Loop of the object, and what it tells the HPA.
func (o *object) Stop() <-chan struct{} {
	done := o.Object.Stop()
	s := o.Lock()
	defer o.Unlock()
	s.metrics, s.replicas = nil, -1
	o.reconciler.Provider.Withdraw(o.owner())
	return done
}

func (o *object) owner() hpa.Owner {
	return hpa.Owner{Namespace: o.Name.Namespace, Name: o.Name.Name}
}

// Status implements controller.Guarded.
func (s *state) Status() (whole, plain any) {
	status := s.status.DeepCopy()
	status.TriggersActivity = s.Activities.Status()
	if s.Last != nil {
		status.Health = s.health()
	}
	plain = news(status)
	if raw, err := json.Marshal(s.policy); err == nil {
		status.PolicyState = &runtime.RawExtension{Raw: raw}
	}
	status.LastActiveTime = nil
	if !s.policy.LastActive.IsZero() {
		at := metav1.NewTime(s.policy.LastActive)
		status.LastActiveTime = &at
	}
	return status, plain
}

// news returns a status without what changes all the time.
func news(status *v1alpha1.ScaledObjectStatus) v1alpha1.ScaledObjectStatus {
	plain := *status
	plain.PolicyState, plain.LastActiveTime = nil, nil
	return plain
}

// health returns what the status says of the triggers if there is a fallback.
func (s *state) health() map[string]v1alpha1.HealthStatus {
	if s.fallback == nil {
		return nil
	}
	health := make(map[string]v1alpha1.HealthStatus, len(s.Last.Triggers))
	for _, t := range s.Last.Triggers {
		failures, is := int32(t.Failures), v1alpha1.HealthStatusHappy
		if t.Err != "" {
			is = v1alpha1.HealthStatusFailing
		}
		health[s.Metric(t.Name)] = v1alpha1.HealthStatus{NumberOfFailures: &failures, Status: is}
	}
	return health
}
