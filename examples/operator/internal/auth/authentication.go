package auth

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/store"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// A generation is a version of an object's spec. A change of its status, which
// lists the users, is not one.
type generation struct {
	uid    types.UID
	number int64
}

func generationOf(o client.Object) generation { return generation{o.GetUID(), o.GetGeneration()} }

// authenticate reads an authentication and all that it refers to, and returns
// the identity that it asks for.
func (s *resolution) authenticate(ctx context.Context, ref v1alpha1.AuthenticationRef) scalerkit.Identity {
	spec, err := s.find(ctx, ref)
	if err == nil {
		err = Validate(spec)
	}
	if err == nil && spec.FilePath != "" && s.ref.Kind != v1alpha1.KindClusterTriggerAuthentication {
		err = errors.New("filePath: only a ClusterTriggerAuthentication may read files of the operator")
	}
	if err != nil {
		s.fail("", err)
		return scalerkit.Identity{}
	}
	identity, err := s.identity(ctx, spec.PodIdentity, !s.operatorAsks)
	if err != nil {
		s.fail("podIdentity: ", err)
	}
	if spec.FilePath != "" {
		s.file(spec.FilePath)
		return identity
	}
	s.env(ctx, spec.Env)
	s.configMaps(ctx, spec.ConfigMapTargetRef)
	s.secrets(ctx, spec.SecretTargetRef)
	s.vault(ctx, spec.HashiCorpVault)
	s.azure(ctx, spec.AzureKeyVault)
	s.gcp(ctx, spec.GCPSecretManager)
	s.aws(ctx, spec.AwsSecretManager)
	s.tokens(ctx, spec.BoundServiceAccountToken)
	s.oauth2(ctx, spec.OAuth2)
	s.principal(ctx, spec.AzureServicePrincipal)
	return identity
}

// find reads the authentication that is referred to.
func (s *resolution) find(ctx context.Context, to v1alpha1.AuthenticationRef) (v1alpha1.TriggerAuthenticationSpec, error) {
	switch to.Kind {
	case "", v1alpha1.KindTriggerAuthentication:
		var found v1alpha1.TriggerAuthentication
		s.namespace = s.owner.Namespace
		err := s.get(ctx, Ref{v1alpha1.KindTriggerAuthentication, s.owner.Namespace, to.Name}, &found)
		return found.Spec, err
	case v1alpha1.KindClusterTriggerAuthentication:
		var found v1alpha1.ClusterTriggerAuthentication
		s.namespace = s.ClusterNamespace
		err := s.get(ctx, Ref{v1alpha1.KindClusterTriggerAuthentication, "", to.Name}, &found)
		return found.Spec, err
	}
	return v1alpha1.TriggerAuthenticationSpec{}, fmt.Errorf("authenticationRef: kind %q is not one of %s, %s",
		to.Kind, v1alpha1.KindTriggerAuthentication, v1alpha1.KindClusterTriggerAuthentication)
}

func (s *resolution) get(ctx context.Context, ref Ref, into client.Object) error {
	if err := s.reader.get(ctx, ref, into); err != nil {
		return err
	}
	s.about, s.ref, s.generation = ref.String()+": ", ref, generationOf(into)
	return nil
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
			err = store.Missing(fmt.Sprintf("container %q has no environment variable %q: it has %s", env.container.Name, from.Name, store.List(env.names())))
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

// set gives a parameter its value, or adds the problem that there is.
func (s *resolution) set(about, parameter, value string, err error) {
	if err != nil {
		s.fail(about, err)
		return
	}
	s.params[parameter] = value
}

// credential returns what has to be there for us to ask somebody else. White
// space around it is not part of it.
func (s *resolution) credential(ctx context.Context, about string, from v1alpha1.SecretValue) (scalerkit.Secret, bool) {
	ref := from.ValueFrom.SecretKeyRef
	text, err := s.reader.secret(ctx, s.namespace, ref.Name).value(ref.Key)
	text = strings.TrimSpace(text)
	if err == nil && text == "" {
		err = fmt.Errorf("key %q of Secret %s/%s is empty", ref.Key, s.namespace, ref.Name)
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
