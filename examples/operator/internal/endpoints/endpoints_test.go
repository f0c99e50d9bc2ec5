package endpoints_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/scalerkit/scalerkit/examples/operator/internal/endpoints"
)

func slice(name, service string, port int32, list ...discoveryv1.Endpoint) *discoveryv1.EndpointSlice {
	portName := "http"
	return &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name, Labels: map[string]string{discoveryv1.LabelServiceName: service}},
		Ports:      []discoveryv1.EndpointPort{{Name: &portName, Port: &port}},
		Endpoints:  list,
	}
}

func endpoint(address string, ready *bool) discoveryv1.Endpoint {
	return discoveryv1.Endpoint{Addresses: []string{address}, Conditions: discoveryv1.EndpointConditions{Ready: ready}}
}

func TestLookup(t *testing.T) {
	scheme := runtime.NewScheme()
	require.NoError(t, corev1.AddToScheme(scheme))
	require.NoError(t, discoveryv1.AddToScheme(scheme))
	yes, no := true, false
	service := func(name string) *corev1.Service {
		return &corev1.Service{
			ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name},
			Spec:       corev1.ServiceSpec{Ports: []corev1.ServicePort{{Name: "metrics", Port: 9090}, {Name: "http", Port: 80}}},
		}
	}
	lookup := endpoints.Lookup(fake.NewClientBuilder().WithScheme(scheme).WithObjects(
		service("orders"), service("idle"),
		slice("orders-1", "orders", 8080, endpoint("10.0.0.1", &yes), endpoint("10.0.0.2", &no), endpoint("10.0.0.3", nil)),
		slice("orders-2", "orders", 8081, endpoint("fd00::1", &yes)),
		slice("mails-1", "mails", 8080, endpoint("10.0.0.9", &yes)),
	).Build())

	got, err := lookup(t.Context(), "shop", "orders", 80)
	require.NoError(t, err)
	require.Equal(t, []string{"10.0.0.1:8080", "10.0.0.3:8080", "[fd00::1]:8081"}, got)
	got, err = lookup(t.Context(), "shop", "orders", 8081) // which is not the Service's
	require.NoError(t, err)
	require.Equal(t, []string{"[fd00::1]:8081"}, got)
	got, err = lookup(t.Context(), "shop", "idle", 80)
	require.NoError(t, err)
	require.Empty(t, got)
	_, err = lookup(t.Context(), "shop", "orders", 443)
	require.EqualError(t, err, "it has no port 443")
	_, err = lookup(t.Context(), "other", "orders", 80)
	require.EqualError(t, err, `services "orders" not found`)
}
