// Package admission checks objects of keda.sh before the API server takes them.
//
// It refuses what can never work, with everything that is wrong at once: the
// field, its value, and what would be right. What may be right is not refused: an
// unknown parameter, or one that a secret may have, or a workload that is yet to
// be created. A look-up that fails, or a mistake of our own, lets the object pass
// with a warning; the operator says the same afterwards, in the object's
// conditions.
package admission

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/keda"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// timeout is how long look-ups for one object may take: less than the API
// server waits.
const timeout = 5 * time.Second

// A Webhook checks objects. Its fields are not changed after the first call.
type Webhook struct {
	// ScaledObjects are all that there are.
	ScaledObjects *Index

	// Live reads from the API server: HPAs that are not the operator's,
	// workloads whose requests matter, and LimitRanges.
	Live client.Reader

	// Scheme has the types of this API.
	Scheme *runtime.Scheme

	// Registry has the trigger types that there are, but for cpu and memory.
	Registry *scalerkit.Registry

	// Direct is the mode of ScaledObjects that do not say one.
	Direct bool

	// Namespaces and Selector are what the operator reconciles; all if they
	// are empty. Other objects are not checked.
	Namespaces []string
	Selector   labels.Selector

	// Validated, if set, is told of every ScaledObject that was checked, with
	// the reasons why it was refused. The action is create or update.
	Validated func(namespace, action string, reasons []string)

	hpas foreignHPAs
}

// A kind is a kind of object that is checked.
type kind struct {
	path  string
	make  func() client.Object
	spec  func(client.Object) any // all that is checked
	check func(*Webhook, context.Context, admission.Request, client.Object) keda.Findings
}

var kinds = []kind{
	{
		path: "/validate-keda-sh-v1alpha1-scaledobject",
		make: func() client.Object { return &v1alpha1.ScaledObject{} },
		spec: func(o client.Object) any { return o.(*v1alpha1.ScaledObject).Spec },
		check: func(w *Webhook, ctx context.Context, r admission.Request, o client.Object) keda.Findings {
			return w.scaledObject(ctx, r, o.(*v1alpha1.ScaledObject))
		},
	},
	{
		path: "/validate-keda-sh-v1alpha1-scaledjob",
		make: func() client.Object { return &v1alpha1.ScaledJob{} },
		spec: func(o client.Object) any { return o.(*v1alpha1.ScaledJob).Spec },
		check: func(w *Webhook, _ context.Context, _ admission.Request, o client.Object) keda.Findings {
			return w.scaledJob(o.(*v1alpha1.ScaledJob))
		},
	},
	{
		path: "/validate-keda-sh-v1alpha1-triggerauthentication",
		make: func() client.Object { return &v1alpha1.TriggerAuthentication{} },
		spec: func(o client.Object) any { return o.(*v1alpha1.TriggerAuthentication).Spec },
		check: func(_ *Webhook, _ context.Context, _ admission.Request, o client.Object) keda.Findings {
			return authentication(v1alpha1.KindTriggerAuthentication, o.(*v1alpha1.TriggerAuthentication).Spec)
		},
	},
	{
		path: "/validate-keda-sh-v1alpha1-clustertriggerauthentication",
		make: func() client.Object { return &v1alpha1.ClusterTriggerAuthentication{} },
		spec: func(o client.Object) any { return o.(*v1alpha1.ClusterTriggerAuthentication).Spec },
		check: func(_ *Webhook, _ context.Context, _ admission.Request, o client.Object) keda.Findings {
			return authentication(v1alpha1.KindClusterTriggerAuthentication, o.(*v1alpha1.ClusterTriggerAuthentication).Spec)
		},
	},
}

// Handler returns what answers the API server, at KEDA's paths.
func (w *Webhook) Handler() (http.Handler, error) {
	mux := http.NewServeMux()
	decoder := admission.NewDecoder(w.Scheme)
	for _, k := range kinds {
		hook := &admission.Webhook{Handler: admission.HandlerFunc(func(ctx context.Context, r admission.Request) admission.Response {
			return w.review(ctx, k, decoder, r)
		})}
		handler, err := admission.StandaloneWebhook(hook, admission.StandaloneOptions{MetricsPath: k.path})
		if err != nil {
			return nil, err
		}
		mux.Handle(k.path, handler)
	}
	return mux, nil
}

// review answers a request.
func (w *Webhook) review(ctx context.Context, k kind, decoder admission.Decoder, r admission.Request) (response admission.Response) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			response = admission.Allowed("").WithWarnings(fmt.Sprintf("this was not checked, by a mistake of the operator: %v", p))
		}
	}()
	object := k.make()
	if err := decoder.DecodeRaw(r.Object, object); err != nil {
		return admission.Allowed("").WithWarnings(fmt.Sprintf("this was not checked: %v", err))
	}
	if !w.concerns(r.Namespace, object) {
		return admission.Allowed("")
	}
	if r.Operation == admissionv1.Update {
		before := k.make()
		// Finalizers have to go, and labels may come, whatever was let pass
		// before.
		if err := decoder.DecodeRaw(r.OldObject, before); err == nil && (!object.GetDeletionTimestamp().IsZero() || same(k, before, object)) {
			return admission.Allowed("")
		}
	}
	found := k.check(w, ctx, r, object)
	if _, ok := object.(*v1alpha1.ScaledObject); ok && w.Validated != nil {
		w.Validated(r.Namespace, strings.ToLower(string(r.Operation)), reasons(found))
	}
	if len(found.Problems) > 0 {
		return admission.Denied(text(found)).WithWarnings(found.Warnings...)
	}
	return admission.Allowed("").WithWarnings(found.Warnings...)
}

// concerns says whether the operator reconciles an object.
func (w *Webhook) concerns(namespace string, object client.Object) bool {
	if namespace != "" && len(w.Namespaces) > 0 && !slices.Contains(w.Namespaces, namespace) {
		return false
	}
	switch object.(type) {
	case *v1alpha1.ScaledObject, *v1alpha1.ScaledJob:
		return w.Selector == nil || w.Selector.Matches(labels.Set(object.GetLabels()))
	}
	return true
}

// same says whether two objects are the same in all that is checked.
func same(k kind, a, b client.Object) bool {
	return equality.Semantic.DeepEqual(k.spec(a), k.spec(b)) && equality.Semantic.DeepEqual(a.GetAnnotations(), b.GetAnnotations())
}

// reasons returns the reasons of all problems, each once.
func reasons(f keda.Findings) []string {
	var list []string
	for _, p := range f.Problems {
		if !slices.Contains(list, p.Reason) {
			list = append(list, p.Reason)
		}
	}
	return list
}

// text returns all problems in words.
func text(f keda.Findings) string {
	if len(f.Problems) == 1 {
		return f.Problems[0].Text
	}
	var b strings.Builder
	fmt.Fprintf(&b, "there are %d problems:", len(f.Problems))
	for _, p := range f.Problems {
		b.WriteString("\n- " + p.Text)
	}
	return b.String()
}
