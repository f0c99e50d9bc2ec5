package auth_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/policy"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/storetest"
	"github.com/scalerkit/scalerkit/keda"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// A cluster has objects, and a resolver of triggers in namespace shop.
type cluster struct {
	*auth.Resolver
	client.Client
	now      time.Time
	tokens   int   // that were requested
	noTokens error // why there are no more
	deaf     bool  // to the audiences that are asked for
	broken   error // why nothing can be read
	reads    atomic.Int32
	owner    keda.Owner
}

// newCluster returns one with the objects of a YAML file.
func newCluster(t testing.TB, yaml string) *cluster {
	c := &cluster{now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), owner: keda.Owner{Namespace: "shop"}}
	scheme := runtime.NewScheme()
	require.NoError(t, corev1.AddToScheme(scheme))
	require.NoError(t, v1alpha1.AddToScheme(scheme))
	c.Client = fake.NewClientBuilder().WithScheme(scheme).WithObjects(parse(t, scheme, yaml)...).WithInterceptorFuncs(interceptor.Funcs{
		Get: func(ctx context.Context, under client.WithWatch, key client.ObjectKey, into client.Object, opts ...client.GetOption) error {
			c.reads.Add(1)
			if c.broken != nil {
				return c.broken
			}
			return under.Get(ctx, key, into, opts...)
		},
		SubResourceCreate: func(_ context.Context, _ client.Client, _ string, of, request client.Object, _ ...client.SubResourceCreateOption) error {
			return c.token(of, request.(*authenticationv1.TokenRequest))
		},
	}).Build()
	c.Resolver = &auth.Resolver{
		Reader:           c.Client,
		Tokens:           c.Client,
		TokenPolicy:      audiences(t, approved),
		ClusterNamespace: "keda",
		Now:              func() time.Time { return c.now },
	}
	return c
}

func parse(t testing.TB, scheme *runtime.Scheme, yaml string) []client.Object {
	decoder := serializer.NewCodecFactory(scheme).UniversalDeserializer()
	var objects []client.Object
	for document := range strings.SplitSeq(yaml, "\n---\n") {
		object, _, err := decoder.Decode([]byte(document), nil, nil)
		require.NoError(t, err, document)
		secret, ok := object.(*corev1.Secret)
		if ok { // as the API server does
			secret.Data = make(map[string][]byte)
			for key, value := range secret.StringData {
				secret.Data[key] = []byte(value)
			}
			secret.StringData = nil
		}
		objects = append(objects, object.(client.Object))
	}
	return objects
}

// token gives out tokens as the API server does.
func (c *cluster) token(of client.Object, request *authenticationv1.TokenRequest) error {
	if of.GetName() == "forbidden" {
		return apierrors.NewForbidden(corev1.Resource("serviceaccounts"), of.GetName(), fmt.Errorf("User %q cannot create resource", "keda-operator"))
	}
	if c.noTokens != nil {
		return c.noTokens
	}
	c.tokens++
	end := c.now.Add(time.Duration(*request.Spec.ExpirationSeconds) * time.Second)
	given := request.Spec.Audiences
	if len(given) == 0 || c.deaf {
		given = []string{apiServer}
	}
	request.Status.Token = made(c.tokens, of.GetNamespace(), of.GetName(), end, given...)
	request.Status.ExpirationTimestamp = metav1.NewTime(end)
	return nil
}

// apiServer is the audience of tokens that the API server takes.
const apiServer = "https://kubernetes.default.svc"

// approved has the audiences of the service accounts in tests.
const approved = `
- {audience: vault}
- {audience: vault, namespace: shop, serviceAccountName: vault}
- {audience: metrics, namespace: shop, serviceAccountName: reader}
- {audience: metrics, namespace: keda, serviceAccountName: reader}
- {audience: metrics, namespace: shop, serviceAccountName: forbidden}
- {audience: metrics, namespace: shop, serviceAccountName: none}
`

func audiences(t testing.TB, list string) policy.Tokens {
	tokens, err := policy.ParseTokens(policy.ModeEnforce, list)
	require.NoError(t, err)
	return tokens
}

// made is a token that the API server gives out.
func made(number int, namespace, account string, end time.Time, audiences ...string) string {
	return storetest.Token(map[string]any{
		"jti": number, "sub": "system:serviceaccount:" + namespace + ":" + account, "exp": end.Unix(), "aud": audiences,
	})
}

// hourly is a token that is requested now, for an hour.
func (c *cluster) hourly(number int, namespace, account, audience string) string {
	return made(number, namespace, account, c.now.Add(time.Hour), audience)
}

// using returns a trigger that refers to a TriggerAuthentication, or to
// another kind if that stands before a slash.
func using(name string) v1alpha1.ScaleTriggers {
	ref := &v1alpha1.AuthenticationRef{Name: name}
	if kind, name, ok := strings.Cut(name, "/"); ok {
		ref = &v1alpha1.AuthenticationRef{Kind: kind, Name: name}
	}
	return v1alpha1.ScaleTriggers{Type: "redis", Name: "orders", Metadata: map[string]string{"listName": "orders"}, AuthenticationRef: ref}
}

// resolve returns a trigger that has to be all right.
func (c *cluster) resolve(t testing.TB, trigger v1alpha1.ScaleTriggers) keda.Resolved {
	t.Helper()
	resolved, err := c.Spec(context.Background(), trigger, c.owner)
	require.NoError(t, err)
	require.NoError(t, resolved.Stale)
	return resolved
}

// resolveAtOnce resolves so many triggers that use an authentication side by side. Each
// has to get the password.
func (c *cluster) resolveAtOnce(t *testing.T, triggers int, authentication string) {
	t.Helper()
	var all sync.WaitGroup
	for range triggers {
		all.Go(func() {
			resolved, err := c.Spec(context.Background(), using(authentication), c.owner)
			if err != nil || resolved.Spec.Auth["password"].Reveal() != "hunter2" {
				t.Error(err, resolved.Spec.Auth)
			}
		})
	}
	all.Wait()
}

// fail returns what is said of a trigger that is not all right.
func (c *cluster) fail(t testing.TB, trigger v1alpha1.ScaleTriggers) string {
	t.Helper()
	_, err := c.Spec(context.Background(), trigger, c.owner)
	require.Error(t, err)
	return err.Error()
}

// pod makes the workload have a container with that environment.
func (c *cluster) pod(env []corev1.EnvVar, from ...corev1.EnvFromSource) {
	c.owner.Pod = &corev1.PodTemplateSpec{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Env: env, EnvFrom: from}}}}
}

type values = map[string]string

func revealed(secrets map[string]scalerkit.Secret) values {
	texts := values{}
	for key, secret := range secrets {
		texts[key] = secret.Reveal()
	}
	return texts
}

// put replaces an object by one of another generation.
func (c *cluster) put(t testing.TB, object client.Object) {
	t.Helper()
	before := object.DeepCopyObject().(client.Object)
	require.NoError(t, c.Get(context.Background(), client.ObjectKeyFromObject(object), before))
	object.SetResourceVersion(before.GetResourceVersion())
	object.SetGeneration(before.GetGeneration() + 1)
	require.NoError(t, c.Update(context.Background(), object))
}

func meta(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name}
}

const workerRole = "arn:aws:iam::123456789012:role/worker"

// account makes the workload have a service account.
func (c *cluster) account(name string) {
	c.owner.Pod = &corev1.PodTemplateSpec{Spec: corev1.PodSpec{ServiceAccountName: name}}
}
