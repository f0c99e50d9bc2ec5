package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
)

const (
	serviceName = "keda-operator.keda.svc"
	apiService  = "v1beta1.external.metrics.k8s.io"
	webhook     = "keda-admission"
)

var secretKey = client.ObjectKey{Namespace: "keda", Name: "kedaorg-certs"}

func aggregation() *unstructured.Unstructured {
	u := &unstructured.Unstructured{Object: map[string]any{
		"spec": map[string]any{"group": "external.metrics.k8s.io", "groupPriorityMinimum": int64(100)},
	}}
	u.SetGroupVersionKind(schema.GroupVersionKind{Group: "apiregistration.k8s.io", Version: "v1", Kind: "APIService"})
	u.SetName(apiService)
	return u
}

func admission() *admissionv1.ValidatingWebhookConfiguration {
	path := "/validate"
	service := admissionv1.WebhookClientConfig{Service: &admissionv1.ServiceReference{Namespace: "keda", Name: "keda-operator", Path: &path}}
	return &admissionv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: webhook},
		Webhooks:   []admissionv1.ValidatingWebhook{{Name: "a.keda.sh", ClientConfig: service}, {Name: "b.keda.sh", ClientConfig: service}},
	}
}

// cluster returns an API server in memory.
func cluster(t *testing.T, funcs interceptor.Funcs, objects ...client.Object) client.Client {
	t.Helper()
	return fake.NewClientBuilder().WithScheme(scheme.Scheme).WithObjects(objects...).WithInterceptorFuncs(funcs).Build()
}

func rotator(c client.Client) *Rotator {
	return &Rotator{
		Client:      c,
		Secret:      secretKey,
		Names:       ServiceNames("keda-operator", "keda", "cluster.local"),
		APIServices: []string{apiService},
		Webhooks:    []string{webhook},
	}
}

// bundles returns all that the API server was told to trust.
func bundles(t *testing.T, c client.Client) [][]byte {
	t.Helper()
	u := aggregation()
	require.NoError(t, c.Get(t.Context(), client.ObjectKey{Name: apiService}, u))
	text, _, err := unstructured.NestedString(u.Object, "spec", "caBundle")
	require.NoError(t, err)
	bundle, err := base64.StdEncoding.DecodeString(text)
	require.NoError(t, err)
	var config admissionv1.ValidatingWebhookConfiguration
	require.NoError(t, c.Get(t.Context(), client.ObjectKey{Name: webhook}, &config))
	all := [][]byte{bundle}
	for _, w := range config.Webhooks {
		all = append(all, w.ClientConfig.CABundle)
	}
	return all
}

func served(t *testing.T, k *Rotator) *tls.Certificate {
	t.Helper()
	cert, err := k.GetCertificate(nil)
	require.NoError(t, err)
	return cert
}

// trusted says what is wrong with a certificate in the eyes of a client.
func trusted(cert *tls.Certificate, bundle []byte) error {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(bundle)
	_, err := cert.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: serviceName, CurrentTime: time.Now()})
	return err
}

// trustedBy says what is wrong with a certificate in the eyes of another replica.
func trustedBy(cert *tls.Certificate, peer *Rotator) error {
	roots, err := peer.Authorities()
	if err != nil {
		return err
	}
	_, err = cert.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: serviceName, CurrentTime: time.Now()})
	return err
}

// Replicas that look at the Secret at different times, one of them seldom.
func TestNoClientEverMeetsACertificateThatItDoesNotTrust(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const years, step = 3, 12 * time.Hour
		c := cluster(t, interceptor.Funcs{}, aggregation(), admission())
		often, seldom := rotator(c), rotator(c)
		certificates, authorities := map[string]bool{}, map[string]bool{}
		for i := range int(years * 365 * day / step) {
			require.NoError(t, often.Sync(t.Context()))
			if i%2 == 0 { // once a day
				require.NoError(t, seldom.Sync(t.Context()))
			}
			for _, k := range []*Rotator{often, seldom} {
				cert := served(t, k)
				certificates[string(cert.Leaf.Raw)] = true
				authorities[string(cert.Leaf.AuthorityKeyId)] = true
				for _, bundle := range bundles(t, c) {
					require.NoError(t, trusted(cert, bundle), "after %v", time.Duration(i)*step)
				}
				for _, peer := range []*Rotator{often, seldom} {
					require.NoError(t, trustedBy(cert, peer), "another replica, after %v", time.Duration(i)*step)
				}
			}
			time.Sleep(step)
		}
		assert.Len(t, authorities, 3, "one in 16 months")
		assert.InDelta(t, years*365/60, len(certificates), 3, "one in 60 days, and one for each authority")
	})
}

func TestANewAuthorityIsTrustedBeforeItSigns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cluster(t, interceptor.Funcs{}, aggregation(), admission())
		k := rotator(c)
		require.NoError(t, k.Sync(t.Context()))
		first := k.held.authorities[0]

		time.Sleep(authorityLife * 2 / 3)
		require.NoError(t, k.Sync(t.Context()))
		require.Len(t, k.held.authorities, 2)
		assert.Equal(t, first.cert, k.held.authorities[1].cert)
		assert.True(t, k.held.serving.signed(first))
		for _, bundle := range bundles(t, c) {
			assert.Equal(t, string(k.held.bundle()), string(bundle))
		}

		time.Sleep(overlap)
		require.NoError(t, k.Sync(t.Context()))
		assert.True(t, k.held.serving.signed(k.held.authorities[0]))

		time.Sleep(authorityLife / 3)
		require.NoError(t, k.Sync(t.Context()))
		require.Len(t, k.held.authorities, 1)
		assert.NotEqual(t, first.cert, k.held.authorities[0].cert)
	})
}

func TestAnAuthorityThatCannotBePublishedSignsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		forbidden := false
		c := cluster(t, interceptor.Funcs{
			Patch: func(ctx context.Context, c client.WithWatch, o client.Object, p client.Patch, opts ...client.PatchOption) error {
				if _, ok := o.(*admissionv1.ValidatingWebhookConfiguration); ok && forbidden {
					return errors.New("forbidden")
				}
				return c.Patch(ctx, o, p, opts...)
			},
		}, aggregation(), admission())
		k := rotator(c)
		require.NoError(t, k.Sync(t.Context()))
		first := k.held.authorities[0]

		forbidden = true
		for range 3 {
			time.Sleep(authorityLife * 2 / 9)
			_ = k.Sync(t.Context())
		}
		time.Sleep(servingLife)
		require.EqualError(t, k.Sync(t.Context()), "set caBundle of ValidatingWebhookConfiguration keda-admission: forbidden")
		assert.Len(t, k.held.authorities, 2)
		assert.True(t, k.held.serving.signed(first))
		for _, bundle := range bundles(t, c) {
			assert.NoError(t, trusted(served(t, k), bundle))
		}
	})
}

func TestReplicasAgreeOnWhoeverWasFirst(t *testing.T) {
	// Both find nothing, and the other one makes it first.
	var other *Rotator
	c := cluster(t, interceptor.Funcs{
		Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			if first := other; first != nil {
				other = nil
				if err := first.Sync(ctx); err != nil {
					return err
				}
			}
			return c.Create(ctx, o, opts...)
		},
	}, aggregation(), admission())
	fast, slow := rotator(c), rotator(c)
	other = fast
	require.NoError(t, slow.Sync(t.Context()))
	assert.Equal(t, served(t, fast).Leaf, served(t, slow).Leaf)
}

func TestAnEmptySecretIsFilled(t *testing.T) {
	c := cluster(t, interceptor.Funcs{}, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{
		Namespace: secretKey.Namespace, Name: secretKey.Name, Labels: map[string]string{"app": "keda"},
	}})
	k := rotator(c) // there is nowhere to publish, which is nobody's fault
	require.NoError(t, k.Sync(t.Context()))
	var secret corev1.Secret
	require.NoError(t, c.Get(t.Context(), secretKey, &secret))
	assert.Equal(t, map[string]string{"app": "keda"}, secret.Labels)
	found, err := parse(secret.Data)
	require.NoError(t, err)
	assert.Equal(t, served(t, k).Leaf, found.serving.cert)
}

func TestASecretThatIsLostIsPutBack(t *testing.T) {
	c := cluster(t, interceptor.Funcs{}, aggregation(), admission())
	k := rotator(c)
	require.NoError(t, k.Sync(t.Context()))
	before := served(t, k).Leaf
	require.NoError(t, c.Delete(t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "keda", Name: "kedaorg-certs"}}))
	require.NoError(t, k.Sync(t.Context()))

	restarted := rotator(c)
	require.NoError(t, restarted.Sync(t.Context()))
	assert.Equal(t, before, served(t, restarted).Leaf)
}

func TestAnotherNameNeedsAnotherCertificate(t *testing.T) {
	c := cluster(t, interceptor.Funcs{}, aggregation(), admission())
	k := rotator(c)
	require.NoError(t, k.Sync(t.Context()))
	k.Names = append(k.Names, ServiceNames("webhooks", "keda", "cluster.local")...)
	require.NoError(t, k.Sync(t.Context()))
	assert.NoError(t, served(t, k).Leaf.VerifyHostname("webhooks.keda.svc.cluster.local"))
	assert.Len(t, k.held.authorities, 1)
}

func TestWhileTheAPIServerIsAwayTheCertificateIsServed(t *testing.T) {
	away := false
	c := cluster(t, interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			if away {
				return errors.New("connection refused")
			}
			return c.Get(ctx, key, o, opts...)
		},
	}, aggregation(), admission())
	k := rotator(c)
	_, err := k.GetCertificate(nil)
	require.EqualError(t, err, "Secret keda/kedaorg-certs has not been read yet")
	_, err = k.Authorities()
	require.EqualError(t, err, "Secret keda/kedaorg-certs has not been read yet")
	require.NoError(t, k.Sync(t.Context()))
	away = true
	require.EqualError(t, k.Sync(t.Context()), "read Secret keda/kedaorg-certs: connection refused")
	assert.NotNil(t, served(t, k))
}
