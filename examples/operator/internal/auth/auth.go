// Package auth finds the parameters of triggers in a cluster, as a
// [keda.Resolver]: it reads the objects that a trigger refers to, the files of the
// operator, and secret stores.
//
// # Secret stores
//
// What a secret store says is kept for a minute, for all triggers with the same
// authentication, so that it is asked once. What ends some day is replaced when
// two thirds of its life are over. A store that cannot be reached does not take
// away what it has said before; see [keda.Resolved].
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
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/lru"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/policy"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/store"
	"github.com/scalerkit/scalerkit/keda"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// A Resolver finds the parameters of triggers. The fields must not be changed
// once it is used. Its methods may be called concurrently.
type Resolver struct {
	// Reader reads authentications, Secrets, ConfigMaps and ServiceAccounts.
	Reader client.Reader

	// Version says which version there is of a Secret or ConfigMap at least, as a
	// watch tells: one that was read before, and is as new, is not read again. It
	// says no where it does not know, and then the object is read whenever a
	// trigger refers to it, as all are without it.
	Version func(ctx context.Context, ref keda.Ref) (version string, ok bool)

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
	shared shared
}

// Spec implements [keda.Resolver].
func (r *Resolver) Spec(ctx context.Context, trigger v1alpha1.ScaleTriggers, owner keda.Owner) (keda.Resolved, error) {
	r.once.Do(r.init)
	return keda.References{Reader: objects{r}, ClusterNamespace: r.ClusterNamespace, Stores: stores{r}}.Spec(ctx, trigger, owner)
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
	r.shared.objects = lru.New(maxShared)
}

// objects are those of the cluster.
type objects struct{ *Resolver }

// Get implements [keda.Reader].
func (o objects) Get(ctx context.Context, ref keda.Ref, into keda.Object) error {
	if ref.Kind == "Secret" && o.RestrictSecrets && ref.Namespace != o.ClusterNamespace {
		return fmt.Errorf("KEDA_RESTRICT_SECRET_ACCESS limits the operator to the Secrets of namespace %s", o.ClusterNamespace)
	}
	err := o.read(ctx, ref, into)
	if apierrors.IsNotFound(err) {
		return scalerkit.ErrNotFound
	}
	return err
}

func (o objects) read(ctx context.Context, ref keda.Ref, into keda.Object) error {
	if isShared(into) && o.Version != nil {
		if version, ok := o.Version(ctx, ref); ok {
			return o.shared.get(ctx, o.Reader, ref, version, into)
		}
	}
	return o.Reader.Get(ctx, types.NamespacedName{Namespace: ref.Namespace, Name: ref.Name}, into)
}
