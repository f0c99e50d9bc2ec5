// Package auth turns a trigger of a ScaledObject or ScaledJob into a
// [scalerkit.Spec]: it reads the TriggerAuthentication that the trigger refers
// to, with all that this refers to, and the environment of the workload.
//
// # Where secrets come from
//
// The sources of a TriggerAuthentication are read in the order env,
// configMapTargetRef, secretTargetRef, hashiCorpVault, azureKeyVault,
// gcpSecretManager, awsSecretManager, boundServiceAccountToken, oauth2,
// azureServicePrincipal; of two that give the same parameter the later one
// counts. filePath takes the place of all of them. References are to the namespace of the TriggerAuthentication, or
// to [Resolver.ClusterNamespace] if it is a ClusterTriggerAuthentication.
//
// The environment is that of the container which the object names, or of the
// first one: its envFrom and then its env, with $(VAR) expanded. Only variables
// that a trigger asks for are looked up, and what they refer to is read.
//
// What is not there is an error which names it, unless the pod template says
// that it is optional. All problems are reported at once. No error contains a
// secret.
//
// # Secret stores
//
// What a secret store says is kept for a minute, for all triggers with the same
// authentication, so that it is asked once. What ends some day is replaced when
// two thirds of its life are over. A store that cannot be reached does not take
// away what it has said before; see [Resolved.Stale].
//
// # What is the operator's
//
// The tokens that hashiCorpVault and boundServiceAccountToken hand out are those
// of service accounts, and go where whoever wrote the TriggerAuthentication or
// the trigger says. Only those leave the operator whose audience the
// administrator approved, see [policy.Tokens]; its own token for the API server
// is not one of them. The Vaults can be limited, too, see [policy.Endpoints].
package auth

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/policy"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/store"
	"github.com/scalerkit/scalerkit/examples/operator/internal/joined"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// A Resolver finds the parameters of triggers. The fields must not be changed
// once it is used. Its methods may be called concurrently.
type Resolver struct {
	// Reader reads authentications, Secrets, ConfigMaps and ServiceAccounts.
	Reader client.Reader

	// Tokens requests tokens of service accounts. The client of a manager is
	// both this and Reader.
	Tokens client.SubResourceClientConstructor

	// TokenExpiry is for how long tokens are requested, an hour by default.
	TokenExpiry time.Duration

	// TokenPolicy says which tokens of service accounts may be sent to where
	// an authentication or a trigger says; none by default.
	TokenPolicy policy.Tokens

	// VaultTokenFile is the file with the token for HashiCorp Vault if an
	// authentication names none. Without it, it has to name one.
	VaultTokenFile string

	// VaultEndpoints says which HashiCorp Vaults are asked; all by default.
	VaultEndpoints policy.Endpoints

	// ClusterNamespace is where ClusterTriggerAuthentications refer to.
	ClusterNamespace string

	// RestrictSecrets limits the reading of Secrets to ClusterNamespace. A
	// reference to another one is an error, even if it is optional.
	RestrictSecrets bool

	// FileRoot is the directory that a filePath is below of; without it,
	// filePath is an error.
	FileRoot string

	// Transport is for the requests to secret stores, but for those that find
	// out the operator's own identity; that of [store.NewTransport] by default.
	Transport http.RoundTripper

	// LookupEnv looks up variables of the operator's own environment, in
	// which Amazon's and Google's libraries have region and project.
	// If nil, none is set.
	LookupEnv func(name string) (value string, ok bool)

	// IdentityEndpoints are hosts that may be sent tokens of the operator's
	// identity besides those of its cloud; see [scalerkit.Options].
	IdentityEndpoints []string

	// Logger is told when the policies let something pass that they are there
	// to prevent; nobody is by default.
	Logger *slog.Logger

	// Now is the clock, [time.Now] by default.
	Now func() time.Time

	once   sync.Once
	client *http.Client
	cache  cache
}

// An Owner is the object that a trigger belongs to, and the workload that it
// scales.
type Owner struct {
	Namespace, Name string

	// Pod is the pod template of the workload, nil if it has none.
	Pod *corev1.PodTemplateSpec

	// Container is that with the environment; empty for the first one.
	Container string

	// Formula says that the triggers go into one, so that they need no target.
	Formula bool
}

// A Ref names an object. Namespace is empty if it is not in one.
type Ref struct{ Kind, Namespace, Name string }

// String returns, for example, "Secret shop/redis".
func (r Ref) String() string {
	if r.Namespace == "" {
		return r.Kind + " " + r.Name
	}
	return r.Kind + " " + r.Namespace + "/" + r.Name
}

// Resolved is what a Resolver makes of a trigger.
type Resolved struct {
	Spec scalerkit.Spec

	// Refs are the objects that were read, and those that were not there. If
	// one of them changes, the trigger has to be resolved anew.
	Refs []Ref

	// Expires is when the trigger has to be resolved anew even if nothing
	// changes, for what is not watched and what ends some day. It is zero if
	// that is never.
	Expires time.Time

	// Stale is why some parameters are older than they should be: a secret
	// store does not say any more what they are now.
	Stale error
}

// Spec resolves a trigger. Whatever the error, Refs and Expires are set: it may
// be another result then.
func (r *Resolver) Spec(ctx context.Context, trigger v1alpha1.ScaleTriggers, owner Owner) (Resolved, error) {
	r.once.Do(r.init)
	s := resolution{Resolver: r, owner: owner, reader: newReader(r), params: make(map[string]string)}
	variables := s.variables(ctx, trigger.Metadata)
	var identity scalerkit.Identity
	if trigger.AuthenticationRef != nil {
		s.operatorAsks = trigger.Metadata["identityOwner"] == "operator"
		identity = s.authenticate(ctx, *trigger.AuthenticationRef)
	}
	resolved := Resolved{
		Spec: scalerkit.Spec{
			Type:       trigger.Type,
			Name:       trigger.Name,
			MetricType: scalerkit.TargetKind(trigger.MetricType),
			NoTarget:   owner.Formula,
			Metadata:   trigger.Metadata,
			Auth:       scalerkit.Secrets(s.params),
			Env:        variables,
			Identity:   identity,
			Owner:      scalerkit.Key{Namespace: owner.Namespace, Name: owner.Name},
		},
		Refs:    s.reader.refs(),
		Expires: s.expires,
		Stale:   errors.Join(s.stale...),
	}
	problems := make([]error, len(s.problems))
	for i, err := range s.problems {
		problems[i] = &triggerError{trigger.Type, trigger.Name, err}
	}
	return resolved, errors.Join(problems...)
}

func (r *Resolver) init() {
	if r.Now == nil {
		r.Now = time.Now
	}
	if r.LookupEnv == nil {
		r.LookupEnv = func(string) (string, bool) { return "", false }
	}
	if r.Logger == nil {
		r.Logger = slog.New(slog.DiscardHandler)
	}
	r.client = store.NewClient(r.Transport)
	r.cache.now = r.Now
}

// A resolution is that of one trigger.
type resolution struct {
	*Resolver
	owner  Owner
	reader *reader

	environments map[int]*environment // by container

	// Of the authentication.
	about        string // what problems begin with
	ref          Ref
	generation   generation
	namespace    string // that its references are to
	operatorAsks bool   // the trigger does without the role of the workload

	// The result.
	params   map[string]string
	expires  time.Time
	stale    []error
	problems []error
}

// fail adds a problem, or each of several that are joined, after what it is
// about.
func (s *resolution) fail(about string, err error) {
	s.problems = append(s.problems, joined.Each(s.about+about, err)...)
}

// expire makes sure that the trigger is resolved anew at that time.
func (s *resolution) expire(at time.Time) {
	if !at.IsZero() && (s.expires.IsZero() || at.Before(s.expires)) {
		s.expires = at
	}
}

// variables returns the environment variables that the metadata ask for: those
// in parameters such as hostFromEnv and credentialsFromEnvFile.
func (s *resolution) variables(ctx context.Context, metadata map[string]string) map[string]scalerkit.Secret {
	found := make(map[string]scalerkit.Secret)
	keys := make([]string, 0, len(metadata))
	for key := range metadata {
		if strings.Contains(key, "FromEnv") && strings.TrimSpace(metadata[key]) != "" {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		name := strings.TrimSpace(metadata[key])
		env, err := s.environment(s.owner.Container)
		if err != nil {
			s.fail(key+": ", err)
			continue
		}
		switch value, ok, err := env.lookup(ctx, name); {
		case err != nil:
			s.fail(key+": ", err)
		case ok:
			found[name] = scalerkit.NewSecret(value)
		}
	}
	return found
}
