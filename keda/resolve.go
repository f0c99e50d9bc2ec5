package keda

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/joined"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// A Resolver makes Specs of triggers: it finds what they refer to. Its methods
// may be called concurrently. [References] is one.
type Resolver interface {
	// Spec resolves a trigger. The error has everything that is wrong, one
	// problem a line, and no secret. Whatever the error, Refs and Expires are
	// set: it may be another result then.
	Spec(ctx context.Context, trigger v1alpha1.ScaleTriggers, owner Owner) (Resolved, error)
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

// An Object is an object of Kubernetes: a client.Object of controller-runtime.
type Object interface {
	metav1.Object
	runtime.Object
}

// A Reader reads the objects that triggers refer to: of a cluster, or of files,
// as [Manifests] does. It may be called concurrently.
type Reader interface {
	// Get reads the object that ref names into one of its type. The error wraps
	// [scalerkit.ErrNotFound] if there is none.
	Get(ctx context.Context, ref Ref, into Object) error
}

// Stores are the sources of a TriggerAuthentication that are no objects that a
// [Reader] has: filePath, hashiCorpVault, azureKeyVault, gcpSecretManager,
// awsSecretManager and boundServiceAccountToken. They may be called
// concurrently.
type Stores interface {
	// Read sets the parameters that an authentication has from them. Where
	// there is a filePath, it takes the place of all others.
	Read(ctx context.Context, a *Authentication)
}

// References is a [Resolver] that follows the references of triggers: to a
// TriggerAuthentication with all that this refers to, and to the environment of
// the workload. The fields must not be changed once it is used.
//
// The sources of a TriggerAuthentication are read in the order env,
// configMapTargetRef, secretTargetRef, then those of Stores, oauth2,
// azureServicePrincipal; of two that give the same parameter the later one
// counts. References are to the namespace of the TriggerAuthentication, or to
// ClusterNamespace if it is a ClusterTriggerAuthentication.
//
// The environment is that of the container which the object names, or of the
// first one: its envFrom and then its env, with $(VAR) expanded. Only variables
// that a trigger asks for are looked up, and what they refer to is read.
//
// What is not there is an error which names it, unless the pod template says
// that it is optional.
type References struct {
	Reader Reader

	// ClusterNamespace is where ClusterTriggerAuthentications refer to.
	ClusterNamespace string

	// Stores reads what Reader has not. If nil, an authentication with such a
	// source is an error.
	Stores Stores
}

var _ Resolver = References{}

// Spec implements [Resolver].
func (r References) Spec(ctx context.Context, trigger v1alpha1.ScaleTriggers, owner Owner) (Resolved, error) {
	s := resolution{References: r, owner: owner, reader: newReader(r.Reader), params: make(map[string]string)}
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

// A triggerError says which trigger has a problem, as the errors of
// scalerkit.Registry do.
type triggerError struct {
	typ, name string
	err       error
}

// Error implements error.
func (e *triggerError) Error() string {
	return scalerkit.ConfigError{Type: e.typ, Name: e.name, Problem: e.err.Error()}.Error()
}

// Unwrap returns the problem.
func (e *triggerError) Unwrap() error { return e.err }

// A resolution is that of one trigger.
type resolution struct {
	References
	owner  Owner
	reader *reader

	environments map[int]*environment // by container

	// Of the authentication.
	about        string // what problems begin with
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

// set gives a parameter its value, or adds the problem that there is.
func (s *resolution) set(about, parameter, value string, err error) {
	if err != nil {
		s.fail(about, err)
		return
	}
	s.params[parameter] = value
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
