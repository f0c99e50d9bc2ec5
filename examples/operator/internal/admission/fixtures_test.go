package admission

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	kubernetes "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/yaml"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
	"github.com/scalerkit/scalerkit/scalers/prometheus"
	"github.com/scalerkit/scalerkit/scalers/rabbitmq"
	"github.com/scalerkit/scalerkit/scalers/redis"
)

// A gate is a Webhook and the cluster that it looks at.
type gate struct {
	Webhook
	client  client.WithWatch
	down    bool // the API server answers no look-up
	reasons []string
}

func newGate(t *testing.T, manifests string) *gate {
	t.Helper()
	g := &gate{}
	types := runtime.NewScheme()
	require.NoError(t, kubernetes.AddToScheme(types))
	require.NoError(t, v1alpha1.AddToScheme(types))
	builder := fake.NewClientBuilder().WithScheme(types).WithInterceptorFuncs(interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			if g.down {
				return errors.New("connection refused")
			}
			return c.Get(ctx, key, o, opts...)
		},
		List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
			if g.down {
				return errors.New("connection refused")
			}
			return c.List(ctx, list, opts...)
		},
	})
	index := newIndex()
	index.synced = func() bool { return !g.down }
	for manifest := range strings.SplitSeq(manifests, "\n---\n") {
		if strings.TrimSpace(manifest) != "" {
			object := decode(t, types, manifest)
			builder = builder.WithObjects(object)
			if so, ok := object.(*v1alpha1.ScaledObject); ok {
				index.change(nil, &so)
			}
		}
	}
	g.client = builder.Build()
	g.Webhook = Webhook{
		Live:          g.client,
		Scheme:        types,
		ScaledObjects: index,
		Registry:      scalerkit.NewRegistry(redis.Driver(), redis.StreamsDriver(), rabbitmq.Driver(), prometheus.Driver()),
		Validated: func(namespace, action string, reasons []string) {
			g.reasons = append([]string{namespace, action}, reasons...)
		},
	}
	return g
}

func decode(t *testing.T, types *runtime.Scheme, manifest string) client.Object {
	t.Helper()
	var meta metav1.TypeMeta
	require.NoError(t, yaml.Unmarshal([]byte(manifest), &meta))
	object, err := types.New(meta.GroupVersionKind())
	require.NoError(t, err, manifest)
	require.NoError(t, yaml.UnmarshalStrict([]byte(manifest), object), manifest)
	return object.(client.Object)
}

// An answer is what the API server is told.
type answer struct {
	allowed  bool
	message  string
	warnings []string
}

// ask has an object created, or with old updated.
func (g *gate) ask(t *testing.T, manifest, old string, change ...func(*admissionv1.AdmissionRequest)) answer {
	t.Helper()
	toJSON := func(text string) runtime.RawExtension {
		if text == "" {
			return runtime.RawExtension{}
		}
		raw, err := yaml.YAMLToJSON([]byte(text))
		require.NoError(t, err)
		return runtime.RawExtension{Raw: raw}
	}
	var meta metav1.PartialObjectMetadata
	require.NoError(t, yaml.Unmarshal([]byte(manifest), &meta))
	request := admissionv1.AdmissionRequest{
		UID: "1", Namespace: meta.Namespace, Name: meta.Name, Operation: admissionv1.Create,
		Object: toJSON(manifest), OldObject: toJSON(old),
	}
	if old != "" {
		request.Operation = admissionv1.Update
	}
	for _, c := range change {
		c(&request)
	}
	body, err := json.Marshal(admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"},
		Request:  &request,
	})
	require.NoError(t, err)
	handler, err := g.Handler()
	require.NoError(t, err)
	r := httptest.NewRequest(http.MethodPost, "/validate-keda-sh-v1alpha1-"+strings.ToLower(meta.Kind), bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	var review admissionv1.AdmissionReview
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &review))
	require.NotNil(t, review.Response, w.Body.String())
	a := answer{allowed: review.Response.Allowed, warnings: review.Response.Warnings}
	if review.Response.Result != nil {
		a.message = review.Response.Result.Message
	}
	slices.Sort(a.warnings)
	return a
}
