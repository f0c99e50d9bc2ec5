package operator

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/scalerkit/scalerkit/examples/operator/internal/certs"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/examples/operator/internal/peers"
	"github.com/scalerkit/scalerkit/examples/operator/internal/shard"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// sharing is how this replica shares the objects with others. It is nil if it does
// not.
type sharing struct {
	*shard.Keeper
	changed chan struct{} // has an element when shards have come or gone
	begun   chan struct{} // closed when the caches are filled
}

// newSharing returns nil if there are no shards. Clients that are made of the
// configuration afterwards go by the shards.
func newSharing(cluster *rest.Config, c Config, elected *lease, log *slog.Logger) (*sharing, error) {
	if c.Shards <= 1 {
		return nil, nil
	}
	scheme, err := newScheme()
	if err != nil {
		return nil, err
	}
	mapper := meta.NewDefaultRESTMapper(nil)
	mapper.Add(coordinationv1.SchemeGroupVersion.WithKind("Lease"), meta.RESTScopeNamespace)
	leases, err := client.NewWithWatch(rest.CopyConfig(cluster), client.Options{Scheme: scheme, Mapper: mapper})
	if err != nil {
		return nil, err
	}
	s := &sharing{changed: make(chan struct{}, 1), begun: make(chan struct{})}
	s.Keeper = &shard.Keeper{
		Client: leases, Namespace: c.Namespace, Name: c.LeaderElectionID, Identity: elected.Identity(), Shards: c.Shards,
		Duration: elected.duration, Deadline: elected.deadline, Period: ptr.Deref(c.RetryPeriod, defaultRetryPeriod),
		Changed: s.note, Logger: log,
	}
	s.Init()
	s.Guard(cluster)
	return s, nil
}

func (s *sharing) note() {
	select {
	case s.changed <- struct{}{}:
	default: // it is going to be seen
	}
}

// setUp adds what has the objects reconciled that come and go with shards.
func (s *sharing) setUp(m manager.Manager, log *slog.Logger, kinds ...interface{ Reassign(context.Context) error }) error {
	return m.Add(controller.Everywhere(func(ctx context.Context) error {
		close(s.begun)
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-s.changed:
			}
			for _, kind := range kinds {
				if err := kind.Reassign(ctx); err != nil {
					log.ErrorContext(ctx, "cannot list the objects that have come or gone", "error", err)
				}
			}
		}
	}))
}

// start runs the manager, and takes shards as long as that runs. They are given away
// when everything has ended that may write.
func (s *sharing) start(ctx context.Context, m manager.Manager) error {
	if s == nil {
		return m.Start(ctx)
	}
	keeping, end := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-s.begun:
			s.Run(keeping)
		case <-keeping.Done():
		}
	}()
	err := m.Start(ctx)
	end()
	<-done
	return err
}

// servePeers adds the server that the other replicas ask, and returns what answers
// for the objects of all replicas.
func (s *sharing) servePeers(ctx context.Context, m manager.Manager, c Config, p *peers.Peers) (http.Handler, error) {
	listener, err := net.Listen("tcp", c.PeerAddress)
	if err != nil {
		return nil, fmt.Errorf("serving other replicas: %w", err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return nil, err
	}
	s.Address = net.JoinHostPort(c.PeerHost, port)
	p.Has = func(object types.NamespacedName) bool { return s.Term(object) != nil }
	p.Owner = s.Owner
	p.Logger.InfoContext(ctx, "sharing the objects", "shards", c.Shards, "address", s.Address)
	return p.Handler(), m.Add(newServer("other replicas", tls.NewListener(listener, p.Identity.ServerConfig()), p.PeerHandler(), p.Logger))
}

// identity returns what replicas know each other by.
func (c *Config) identity(certificate *certificates) peers.Identity {
	return peers.Identity{
		Name:        certs.ServiceNames(c.Service, c.Namespace, c.ClusterDomain)[2],
		Certificate: certificate.get, Authorities: certificate.authorities,
	}
}

// isKnown returns whether what there is to tell of a ScaledObject is known here:
// nothing, if it does not exist.
func isKnown(cache client.Reader, knows func(types.NamespacedName) bool) func(context.Context, types.NamespacedName) bool {
	return func(ctx context.Context, object types.NamespacedName) bool {
		if knows(object) {
			return true
		}
		return apierrors.IsNotFound(cache.Get(ctx, object, &v1alpha1.ScaledObject{}))
	}
}
