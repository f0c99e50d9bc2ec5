package keda

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/joined"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// Manifests are the objects of files, as kubectl apply takes them: ScaledObjects
// and ScaledJobs with what their triggers refer to. The zero value has none. It
// is a [Reader], which may be used concurrently once all files are added.
//
// An object without a namespace can be referred to from every namespace: it is in
// that of whoever applies it.
type Manifests struct {
	ScaledObjects []*v1alpha1.ScaledObject
	ScaledJobs    []*v1alpha1.ScaledJob

	// Warnings are what works in these objects, but not as it may seem.
	Warnings []string

	objects map[Ref]Object
}

// Parse returns the objects of a file of YAML or JSON; see [Manifests.Add].
func Parse(name string, text []byte) (*Manifests, error) {
	m := &Manifests{}
	return m, m.Add(name, text)
}

// Add adds the objects of a file of YAML or JSON, whose documents may be Lists. It
// is as strict as an API server: a field that no type has is an error, and so is
// an object of KEDA's API that could never work. The error has everything that is
// wrong, one problem a line, each with the file, the object and the field. Objects
// of kinds that nothing here refers to are passed over.
func (m *Manifests) Add(name string, text []byte) error {
	var problems []error
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for i := 1; ; i++ {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return errors.Join(problems...)
		}
		if err == nil {
			err = m.add(document)
		}
		problems = append(problems, joined.Each(fmt.Sprintf("%s: document %d: ", name, i), err)...)
	}
}

// Get implements [Reader].
func (m *Manifests) Get(_ context.Context, ref Ref, into Object) error {
	found, ok := m.objects[ref]
	if !ok {
		found, ok = m.objects[Ref{Kind: ref.Kind, Name: ref.Name}]
	}
	if !ok {
		return fmt.Errorf("%s: %w", ref, scalerkit.ErrNotFound)
	}
	from, to := reflect.ValueOf(found.DeepCopyObject()), reflect.ValueOf(into)
	if from.Type() != to.Type() {
		return fmt.Errorf("%s is no %T", ref, into)
	}
	to.Elem().Set(from.Elem())
	return nil
}

// Pod returns the pod template of the workload that a ScaledObject scales, nil if
// it is not there or of a kind that is none of apps/v1.
func (m *Manifests) Pod(so *v1alpha1.ScaledObject) *corev1.PodTemplateSpec {
	target := so.Spec.ScaleTargetRef
	if target == nil {
		return nil
	}
	gvk, err := target.GroupVersionKind()
	if err != nil || gvk.GroupVersion() != appsv1.SchemeGroupVersion {
		return nil
	}
	ref := Ref{gvk.Kind, so.Namespace, target.Name}
	found, ok := m.objects[ref]
	if !ok {
		found = m.objects[Ref{Kind: ref.Kind, Name: ref.Name}]
	}
	switch workload := found.(type) {
	case *appsv1.Deployment:
		return &workload.Spec.Template
	case *appsv1.StatefulSet:
		return &workload.Spec.Template
	case *appsv1.ReplicaSet:
		return &workload.Spec.Template
	}
	return nil
}

// What manifests may have. Of other groups nothing is known.
var (
	scheme  = newScheme()
	decoder = json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme, scheme, json.SerializerOptions{Yaml: true, Strict: true})
)

func newScheme() *runtime.Scheme {
	s := runtime.NewScheme()
	utilruntime.Must(v1alpha1.AddToScheme(s))
	utilruntime.Must(corev1.AddToScheme(s))
	utilruntime.Must(appsv1.AddToScheme(s))
	return s
}

// add adds the object of a document, or those of its List.
func (m *Manifests) add(document []byte) error {
	text, err := yaml.YAMLToJSON(document)
	if err != nil {
		return err
	}
	if string(text) == "null" {
		return nil
	}
	gvk, err := json.DefaultMetaFactory.Interpret(text)
	if err != nil {
		return err
	}
	switch {
	case gvk.Kind == "" || gvk.Version == "":
		return errors.New("apiVersion and kind are missing: it is no object of Kubernetes")
	case scheme.Recognizes(*gvk):
	case gvk.Group == v1alpha1.GroupVersion.Group:
		return fmt.Errorf("%s has no kind %s: it is one of ScaledObject, ScaledJob, TriggerAuthentication, ClusterTriggerAuthentication of %s",
			gvk.GroupVersion(), gvk.Kind, v1alpha1.GroupVersion)
	case scheme.IsVersionRegistered(gvk.GroupVersion()):
		return fmt.Errorf("%s has no kind %s", gvk.GroupVersion(), gvk.Kind)
	default:
		return nil
	}
	object, _, err := decoder.Decode(document, nil, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", gvk.Kind, err)
	}
	if list, ok := object.(*corev1.List); ok {
		return m.addList(list)
	}
	if object, ok := object.(Object); ok {
		return m.keep(*gvk, object)
	}
	return nil
}

func (m *Manifests) addList(list *corev1.List) error {
	var problems []error
	for i, item := range list.Items {
		problems = append(problems, joined.Each(fmt.Sprintf("items[%d]: ", i), m.add(item.Raw))...)
	}
	return errors.Join(problems...)
}

// keep keeps an object, unless something is wrong with it.
func (m *Manifests) keep(gvk schema.GroupVersionKind, object Object) error {
	ref := Ref{gvk.Kind, object.GetNamespace(), object.GetName()}
	about := ref.String() + ": "
	if ref.Name == "" {
		return fmt.Errorf("%s: metadata.name: is missing", gvk.Kind)
	}
	if _, twice := m.objects[ref]; twice {
		return errors.New(about + "is there already")
	}
	if m.objects == nil {
		m.objects = make(map[Ref]Object)
	}
	m.objects[ref] = object
	var f Findings
	switch object := object.(type) {
	case *v1alpha1.ScaledObject:
		f = CheckScaledObject(object, true) // what an HPA's name may be depends on who makes it
		m.ScaledObjects = append(m.ScaledObjects, object)
	case *v1alpha1.ScaledJob:
		f = CheckScaledJob(object)
		m.ScaledJobs = append(m.ScaledJobs, object)
	case *v1alpha1.TriggerAuthentication:
		f.refuseAll("", "", ValidateAuthentication(gvk.Kind, object.Spec))
	case *v1alpha1.ClusterTriggerAuthentication:
		f.refuseAll("", "", ValidateAuthentication(gvk.Kind, object.Spec))
	case *corev1.Secret:
		reveal(object)
	}
	for _, warning := range f.Warnings {
		m.Warnings = append(m.Warnings, about+warning)
	}
	return errors.Join(joined.Each(about, f.Err())...)
}

// reveal does with a Secret what the API server does.
func reveal(secret *corev1.Secret) {
	if secret.Data == nil {
		secret.Data = make(map[string][]byte)
	}
	for key, value := range secret.StringData {
		secret.Data[key] = []byte(value)
	}
	secret.StringData = nil
}
