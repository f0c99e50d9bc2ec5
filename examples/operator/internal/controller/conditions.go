package controller

import (
	"context"
	"errors"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/examples/operator/internal/telemetry"
	"github.com/scalerkit/scalerkit/internal/line"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// Condition returns a condition.
func Condition(of v1alpha1.ConditionType, status metav1.ConditionStatus, reason, message string) v1alpha1.Condition {
	return v1alpha1.Condition{Type: of, Status: status, Reason: reason, Message: message}
}

// Alike says whether two conditions differ in nothing but their messages.
func Alike(a, b v1alpha1.Condition) bool { return a.Status == b.Status && a.Reason == b.Reason }

// TextOf returns an error on one line, and nothing for nil.
func TextOf(err error) string {
	if err == nil {
		return ""
	}
	return line.Of(strings.ReplaceAll(err.Error(), "\n", "; "))
}

// ReasonOf returns why a trigger failed, also while its source is left alone.
func ReasonOf(err error) string {
	if b := (*control.BackoffError)(nil); errors.As(err, &b) {
		err = b.Err
	}
	return TextOf(err)
}

// IsTransient says whether an error says more about the API server than about
// the object that is reconciled.
func IsTransient(err error) bool {
	var status apierrors.APIStatus
	var timeout interface{ Timeout() bool }
	if !errors.As(err, &status) {
		return errors.As(err, &timeout) || errors.Is(err, context.Canceled)
	}
	return apierrors.IsConflict(err) || apierrors.IsServerTimeout(err) || apierrors.IsTimeout(err) ||
		apierrors.IsTooManyRequests(err) || apierrors.IsInternalError(err) || apierrors.IsServiceUnavailable(err)
}

// Types returns the types of triggers and the names of what they refer to for
// authentication, for the status of their object.
func Types(triggers []v1alpha1.ScaleTriggers) (types, authentications *string) {
	var t, a []string
	for _, trigger := range triggers {
		t = append(t, trigger.Type)
		if trigger.AuthenticationRef != nil {
			a = append(a, trigger.AuthenticationRef.Name)
		}
	}
	return list(t), list(a)
}

// list returns texts without duplicates, as one.
func list(texts []string) *string {
	var unique []string
	for _, t := range texts {
		if !slices.Contains(unique, t) {
			unique = append(unique, t)
		}
	}
	joined := strings.Join(unique, ",")
	return &joined
}

// Counted returns what is counted of triggers, of which some were opened.
func Counted(triggers []v1alpha1.ScaleTriggers, opened []Trigger) []telemetry.Trigger {
	counted := make([]telemetry.Trigger, len(triggers))
	for i, t := range triggers {
		counted[i] = telemetry.Trigger{Index: i, Name: t.Name, Type: t.Type}
		if j := slices.IndexFunc(opened, func(o Trigger) bool { return o.Index == i }); j >= 0 {
			counted[i].Metric, counted[i].Sample = opened[j].Metric, opened[j].Name
		}
	}
	return counted
}
