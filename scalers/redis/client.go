package redis

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/tlsconf"
)

const (
	dialTimeout = 5 * time.Second
	ioTimeout   = 3 * time.Second
	connections = 2 // to each server, for any number of triggers
)

// share returns a share in the client for s.
func share(s Server, options scalerkit.Options) (*scalerkit.Shared[client], error) {
	var config *tls.Config
	if s.useTLS() {
		var err error
		if config, err = tlsconf.New(s.TLS, options.TLSConfig); err != nil {
			return nil, err
		}
	}
	dial := tlsconf.Dial(options.Dial, config, dialTimeout)
	return scalerkit.Share(options.Pool, s.key(), func(context.Context) (client, error) {
		return newClient(s, dial), nil
	}), nil
}

// newClient returns a client for s. It connects when it is first used, and
// anew after a connection broke. It does not retry, since the next reading is
// the retry.
func newClient(s Server, dial tlsconf.DialFunc) client {
	c := client{conns: &conns{dial: dial, open: make(map[*conn]struct{})}}
	o := goredis.UniversalOptions{
		Addrs:                 s.addresses(),
		Dialer:                c.conns.dialContext,
		Username:              s.Username,
		Password:              s.Password.Reveal(),
		DB:                    s.Database,
		MasterName:            s.SentinelMaster,
		SentinelUsername:      s.SentinelUsername,
		SentinelPassword:      s.SentinelPassword.Reveal(),
		Protocol:              2,
		MaxRetries:            -1,
		MinRetryBackoff:       -1, // a cluster's redirections need none
		MaxRetryBackoff:       -1,
		DialerRetries:         1,
		DialTimeout:           2 * dialTimeout, // dial gives up before, and says why
		ReadTimeout:           ioTimeout,
		WriteTimeout:          ioTimeout,
		ContextTimeoutEnabled: true,
		PoolSize:              connections,
		MaxActiveConns:        connections,
		DisableIdentity:       true,
		MaintNotificationsConfig: &maintnotifications.Config{
			Mode:         maintnotifications.ModeDisabled,
			EndpointType: maintnotifications.EndpointTypeNone, // or else host names are looked up at once
		},
	}
	switch s.Deployment {
	case Cluster:
		c.UniversalClient = goredis.NewClusterClient(o.Cluster())
	case Sentinel:
		c.UniversalClient = goredis.NewFailoverClient(o.Failover())
	default:
		c.UniversalClient = goredis.NewClient(o.Simple())
	}
	return c
}

// classify wraps the errors that a Scaler is to tell apart.
func classify(err error) error {
	switch {
	case goredis.IsAuthError(err), goredis.IsPermissionError(err):
		return fmt.Errorf("%w: %w", scalerkit.ErrDenied, err)
	case hasCode(err, "NOGROUP"):
		return fmt.Errorf("%w: %w", scalerkit.ErrNotFound, err)
	}
	return err
}

// hasCode reports whether err is the server's answer with the given code.
func hasCode(err error, code string) bool {
	var reply goredis.Error
	return errors.As(err, &reply) && strings.HasPrefix(reply.Error(), code+" ")
}
