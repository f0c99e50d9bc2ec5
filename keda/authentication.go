package keda

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/joined"
	"github.com/scalerkit/scalerkit/internal/missing"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// An Authentication is a TriggerAuthentication or ClusterTriggerAuthentication
// while it is resolved for one trigger, for [Stores]: it is not used after their
// Read. It is not for concurrent use.
//
// What problems are about is text before them, such as "hashiCorpVault: ".
type Authentication struct {
	Spec v1alpha1.TriggerAuthenticationSpec // valid, see [ValidateAuthentication]

	// Ref, UID and Generation tell what Spec is of. A change of the object's
	// status makes no other generation.
	Ref        Ref
	UID        types.UID
	Generation int64

	Namespace string // that its references are to
	Owner     Owner  // of the trigger

	s *resolution
}

// Set gives a parameter its value, or adds the problem that there is.
func (a *Authentication) Set(about, parameter, value string, err error) {
	a.s.set(about, parameter, value, err)
}

// Fail adds a problem, or each of several that are joined.
func (a *Authentication) Fail(about string, err error) { a.s.fail(about, err) }

// Stale adds why parameters are older than they should be.
func (a *Authentication) Stale(about string, err error) {
	a.s.stale = append(a.s.stale, joined.Each(a.s.about+about, err)...)
}

// Expire makes sure that the trigger is resolved anew at that time; the zero
// time is never.
func (a *Authentication) Expire(at time.Time) {
	if s := a.s; !at.IsZero() && (s.expires.IsZero() || at.Before(s.expires)) {
		s.expires = at
	}
}

// Get reads an object, which becomes one of [Resolved.Refs].
func (a *Authentication) Get(ctx context.Context, ref Ref, into Object) error {
	return a.s.reader.get(ctx, ref, into)
}

// Credential returns what has to be there for us to ask somebody else. White
// space around it is not part of it. If it is not there, that is a problem.
func (a *Authentication) Credential(ctx context.Context, about string, from v1alpha1.SecretValue) (scalerkit.Secret, bool) {
	return a.s.credential(ctx, about, from)
}

// Identity returns the identity that is asked for, with the role of the
// workload's service account if that is whose it is.
func (a *Authentication) Identity(ctx context.Context, asked *v1alpha1.AuthPodIdentity) (scalerkit.Identity, error) {
	return a.s.identity(ctx, asked, true)
}

// authenticate reads an authentication and all that it refers to, and returns
// the identity that it asks for.
func (s *resolution) authenticate(ctx context.Context, ref v1alpha1.AuthenticationRef) scalerkit.Identity {
	a, err := s.find(ctx, ref)
	if err == nil {
		err = ValidateAuthentication(a.Ref.Kind, a.Spec)
	}
	if err != nil {
		s.fail("", err)
		return scalerkit.Identity{}
	}
	identity, err := s.identity(ctx, a.Spec.PodIdentity, !s.operatorAsks)
	if err != nil {
		s.fail("podIdentity: ", err)
	}
	if a.Spec.FilePath != "" {
		s.stores(ctx, a)
		return identity
	}
	s.env(ctx, a.Spec.Env)
	s.configMaps(ctx, a.Spec.ConfigMapTargetRef)
	s.secrets(ctx, a.Spec.SecretTargetRef)
	s.stores(ctx, a)
	s.oauth2(ctx, a.Spec.OAuth2)
	s.principal(ctx, a.Spec.AzureServicePrincipal)
	return identity
}

// find reads the authentication that is referred to.
func (s *resolution) find(ctx context.Context, to v1alpha1.AuthenticationRef) (*Authentication, error) {
	switch to.ResolvedKind() {
	case v1alpha1.KindTriggerAuthentication:
		var found v1alpha1.TriggerAuthentication
		s.namespace = s.owner.Namespace
		return s.read(ctx, Ref{v1alpha1.KindTriggerAuthentication, s.owner.Namespace, to.Name}, &found, &found.Spec)
	case v1alpha1.KindClusterTriggerAuthentication:
		var found v1alpha1.ClusterTriggerAuthentication
		s.namespace = s.ClusterNamespace
		return s.read(ctx, Ref{v1alpha1.KindClusterTriggerAuthentication, "", to.Name}, &found, &found.Spec)
	}
	return nil, fmt.Errorf("authenticationRef: kind %q is not one of %s, %s",
		to.Kind, v1alpha1.KindTriggerAuthentication, v1alpha1.KindClusterTriggerAuthentication)
}

func (s *resolution) read(ctx context.Context, ref Ref, into Object, spec *v1alpha1.TriggerAuthenticationSpec) (*Authentication, error) {
	if err := s.reader.get(ctx, ref, into); err != nil {
		return nil, err
	}
	s.about = ref.String() + ": "
	return &Authentication{
		Spec: *spec, Ref: ref, UID: into.GetUID(), Generation: into.GetGeneration(), Namespace: s.namespace, Owner: s.owner, s: s,
	}, nil
}

// stores reads what no object has.
func (s *resolution) stores(ctx context.Context, a *Authentication) {
	if s.Stores != nil {
		s.Stores.Read(ctx, a)
		return
	}
	for _, source := range []struct {
		name  string
		asked bool
	}{
		{"filePath", a.Spec.FilePath != ""},
		{"hashiCorpVault", a.Spec.HashiCorpVault != nil},
		{"azureKeyVault", a.Spec.AzureKeyVault != nil},
		{"gcpSecretManager", a.Spec.GCPSecretManager != nil},
		{"awsSecretManager", a.Spec.AwsSecretManager != nil},
		{"boundServiceAccountToken", len(a.Spec.BoundServiceAccountToken) > 0},
	} {
		if source.asked {
			s.fail(source.name+": ", errors.New("this program does not read it: use secretTargetRef, configMapTargetRef or env"))
		}
	}
}

func (s *resolution) env(ctx context.Context, list []v1alpha1.AuthEnvironment) {
	for _, from := range list {
		about := "env: " + from.Parameter + ": "
		container := from.ContainerName
		if container == "" {
			container = s.owner.Container
		}
		env, err := s.environment(container)
		if err != nil {
			s.fail(about, err)
			continue
		}
		value, ok, err := env.lookup(ctx, from.Name)
		if err == nil && !ok {
			err = missing.Error(fmt.Sprintf("container %q has no environment variable %q: it has %s", env.container.Name, from.Name, missing.List(env.names())))
		}
		s.set(about, from.Parameter, value, err)
	}
}

func (s *resolution) configMaps(ctx context.Context, list []v1alpha1.AuthConfigMapTargetRef) {
	for _, from := range list {
		value, err := s.reader.configMap(ctx, s.namespace, from.Name).value(from.Key)
		s.set("configMapTargetRef: "+from.Parameter+": ", from.Parameter, value, err)
	}
}

func (s *resolution) secrets(ctx context.Context, list []v1alpha1.AuthSecretTargetRef) {
	for _, from := range list {
		value, err := s.reader.secret(ctx, s.namespace, from.Name).value(from.Key)
		s.set("secretTargetRef: "+from.Parameter+": ", from.Parameter, value, err)
	}
}

func (s *resolution) credential(ctx context.Context, about string, from v1alpha1.SecretValue) (scalerkit.Secret, bool) {
	ref := from.ValueFrom.SecretKeyRef
	text, err := s.reader.secret(ctx, s.namespace, ref.Name).value(ref.Key)
	text = strings.TrimSpace(text)
	if err == nil && text == "" {
		err = fmt.Errorf("key %q of %s is empty", ref.Key, Ref{"Secret", s.namespace, ref.Name})
	}
	if err != nil {
		s.fail(about, err)
		return scalerkit.Secret{}, false
	}
	return scalerkit.NewSecret(text), true
}

func (s *resolution) oauth2(ctx context.Context, o *v1alpha1.OAuth2) {
	if o == nil {
		return
	}
	s.params["oauthTokenURI"] = o.TokenURL
	s.params["clientID"] = o.ClientID
	if o.ClientSecret != nil {
		if secret, ok := s.credential(ctx, "oauth2: clientSecret: ", *o.ClientSecret); ok {
			s.params["clientSecret"] = secret.Reveal()
		}
	}
	if len(o.Scopes) > 0 {
		s.params["scopes"] = strings.Join(o.Scopes, ",")
	}
	if len(o.TokenURLParams) > 0 {
		params := make(url.Values, len(o.TokenURLParams))
		for name, value := range o.TokenURLParams {
			params.Set(name, value)
		}
		s.params["endpointParams"] = params.Encode()
	}
}
