package scaledobject

import (
	"context"
	"errors"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// rest takes care of an object that is scaled by cpu and memory alone. The HPA
// does that, but from zero.
func (c *care) rest(ctx context.Context) error {
	c.stop()
	c.Telemetry.Set(c.key(), c.telemetry(false))
	if c.direct {
		return errors.New("triggers: cpu and memory are read by an HPA, and there is none in direct mode")
	}
	c.after(c.so.PollingInterval())
	if c.current > 0 || !c.Leads() || c.policy.Pause.Out {
		return nil
	}
	n := max(1, c.policy.Min)
	if err := c.target.SetReplicas(ctx, n); err != nil {
		return err
	}
	c.event(corev1.EventTypeNormal, controller.EventActivated, "Scaled %s from 0 to %d replicas, for an HPA leaves it at 0", c.kind, n)
	return nil
}

// pause stops scaling, at a number of replicas or at those that there are.
func (c *care) pause(ctx context.Context, at *int32) error {
	done := c.stop()
	c.Telemetry.Set(c.key(), c.telemetry(true))
	c.mu.Lock()
	if before := c.set(controller.Condition(v1alpha1.ConditionPaused, metav1.ConditionTrue, v1alpha1.ReasonScaledObjectPaused, "An annotation pauses scaling")); before.Status != metav1.ConditionTrue {
		c.event(corev1.EventTypeNormal, v1alpha1.ReasonScaledObjectPaused, "An annotation pauses scaling")
	}
	c.status.PausedReplicaCount = at
	c.mu.Unlock()
	if !c.Leads() {
		return nil
	}
	if err := c.deleteHPAs(ctx, c.so.HPAName(), c.hpaName()); err != nil {
		return err
	}
	c.setHPAName("")
	if at == nil {
		return nil
	}
	if err := c.find(ctx); err != nil {
		return err
	}
	select {
	case <-done:
	case <-time.After(time.Second):
		c.after(time.Second) // a decision may be under way
		return nil
	}
	if c.current == int(*at) {
		return nil
	}
	if err := c.target.SetReplicas(ctx, int(*at)); err != nil {
		return err
	}
	c.event(corev1.EventTypeNormal, controller.EventScaled, "Scaled %s from %d to %d replicas, where it is paused", c.kind, c.current, *at)
	return nil
}
