package rig

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// A Condition of a ScaledObject.
type Condition struct {
	Type, Status, Reason, Message string
}

// A Status is what a ScaledObject says of itself.
type Status struct {
	ScaleTargetKind      string
	OriginalReplicaCount *int32
	PausedReplicaCount   *int32
	HpaName              string
	ExternalMetricNames  []string
	ResourceMetricNames  []string
	CompositeScalerName  string
	TriggersTypes        string
	AuthenticationsTypes string
	LastActiveTime       *metav1.Time
	Conditions           []Condition
	Health               map[string]Health
	Decision             *Decision
}

// Health says how often in a row a metric could not be read.
type Health struct {
	NumberOfFailures int32
	Status           string
}

// A Decision is why there are so many replicas.
type Decision struct {
	Replicas int32
	Time     metav1.Time
	Steps    []string
}

// Condition returns the condition of a type, without its type.
func (s Status) Condition(of string) Condition {
	for _, c := range s.Conditions {
		if c.Type == of {
			c.Type = ""
			return c
		}
	}
	return Condition{}
}

// Status returns the status of a ScaledObject.
func (r *Rig) Status(ctx context.Context, namespace, name string) (Status, error) {
	var whole struct{ Status Status }
	resource, err := r.Resource(ctx, namespace, "keda.sh/v1alpha1", "ScaledObject")
	if err != nil {
		return whole.Status, err
	}
	object, err := resource.Get(ctx, name, metav1.GetOptions{})
	if err == nil {
		err = convert(object, &whole)
	}
	return whole.Status, err
}

// convert goes by names of fields, whatever case their letters are in.
func convert(object *unstructured.Unstructured, into any) error {
	text, err := object.MarshalJSON()
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// AwaitCondition returns when a ScaledObject has a condition of a type.
func (r *Rig) AwaitCondition(t *testing.T, namespace, name, of string, want Condition) {
	t.Helper()
	r.Await(t, func(ctx context.Context) error {
		status, err := r.Status(ctx, namespace, name)
		if is := status.Condition(of); err == nil && is != want {
			err = fmt.Errorf("the condition %s of %s is %+v, want %+v", of, name, is, want)
		}
		return err
	})
}

// AwaitEvent returns when an event has told something about an object.
func (r *Rig) AwaitEvent(t *testing.T, namespace, about, reason, note string) {
	t.Helper()
	r.Await(t, func(ctx context.Context) error {
		events, err := r.Client.EventsV1().Events(namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		var told []string
		for _, e := range events.Items {
			if e.Regarding.Name != about {
				continue
			}
			if e.Reason == reason && e.Note == note {
				return nil
			}
			told = append(told, e.Reason+": "+e.Note)
		}
		return fmt.Errorf("no event of %s has %s: %s\nbut there are\n%s", about, reason, note, strings.Join(told, "\n"))
	})
}

// describe returns what a namespace has to do with scaling, for the log of a
// test that has failed.
func (r *Rig) describe(ctx context.Context, namespace string) string {
	var b strings.Builder
	if resource, err := r.Resource(ctx, namespace, "keda.sh/v1alpha1", "ScaledObject"); err != nil {
		fmt.Fprintln(&b, err)
	} else if list, err := resource.List(ctx, metav1.ListOptions{}); err != nil {
		fmt.Fprintln(&b, err)
	} else {
		for _, o := range list.Items {
			text, err := json.MarshalIndent(o.Object["status"], "", "  ")
			fmt.Fprintf(&b, "ScaledObject %s: %s %v\n", o.GetName(), text, err)
		}
	}
	hpas, err := r.Client.AutoscalingV2().HorizontalPodAutoscalers(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		fmt.Fprintln(&b, err)
	} else {
		for _, h := range hpas.Items {
			fmt.Fprintf(&b, "HPA %s: %v: %v\n", h.Name, &h.Spec, &h.Status)
		}
	}
	events, err := r.Client.EventsV1().Events(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		fmt.Fprintln(&b, err)
	} else {
		for _, e := range events.Items {
			if kind := e.Regarding.Kind; kind != "Pod" && kind != "ReplicaSet" {
				fmt.Fprintf(&b, "%s %s %s: %s: %s\n", e.EventTime.Format(time.TimeOnly), kind, e.Regarding.Name, e.Reason, e.Note)
			}
		}
	}
	for _, replica := range r.Fleet {
		fmt.Fprintf(&b, "the log of %s ends with %s\n", replica.Name, replica.Tail())
	}
	return b.String()
}
