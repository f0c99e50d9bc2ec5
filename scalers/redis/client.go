package redis

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/conns"
)

const (
	dialTimeout = 5 * time.Second
	ioTimeout   = 3 * time.Second
	connections = 2 // to each server, for any number of triggers
)

// A client is the library's client with what it has learnt of the server.
// Closing it breaks its connections: the library alone would wait for answers
// that may never come, those of sentinels above all.
type client struct {
	goredis.UniversalClient
	conns    *conns.Conns       // nil if the client is the program's
	tokens   driver.TokenSource // nil without an identity
	others   atomic.Bool        // there are keys that are no lists
	sizes    sync.Map           // from these keys to the commands for their sizes
	noScript atomic.Bool        // the server refuses to run scripts
}

// Close implements io.Closer.
func (c *client) Close() error {
	if c.conns == nil {
		return nil
	}
	c.conns.Close()
	err := c.UniversalClient.Close()
	if c.tokens != nil {
		err = errors.Join(err, c.tokens.Close())
	}
	return err
}

// open returns a client for s. It connects when it is first used, and anew after
// a connection broke. It does not retry, since the next reading is the retry.
func (s *Server) open(options scalerkit.Options) (*client, error) {
	if s.Client != nil {
		return &client{UniversalClient: s.Client}, nil
	}
	dial, err := s.TLS.Dial(options, dialTimeout)
	if err != nil {
		return nil, err
	}
	c := &client{conns: conns.New(dial)}
	o := goredis.UniversalOptions{
		Addrs:                 s.Addresses,
		Dialer:                c.conns.Dial,
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
	if s.Identity.IsSet() {
		if c.tokens, err = s.identify(&o, options); err != nil {
			return nil, err
		}
	}
	switch s.Deployment {
	case Cluster:
		c.UniversalClient = goredis.NewClusterClient(o.Cluster())
	case Sentinel:
		c.UniversalClient = goredis.NewFailoverClient(o.Failover())
	default:
		c.UniversalClient = goredis.NewClient(o.Simple())
	}
	return c, nil
}

// classify says what errors mean that a Scaler is to tell apart.
func classify(err error) error {
	switch {
	case goredis.IsAuthError(err), goredis.IsPermissionError(err):
		return scalerkit.ErrDenied
	case hasCode(err, "NOGROUP"):
		return scalerkit.ErrNotFound
	}
	return nil
}

// hasCode reports whether err is the server's answer with the given code.
func hasCode(err error, code string) bool {
	if err == nil {
		return false // as thousands of times in a round
	}
	var reply goredis.Error
	return errors.As(err, &reply) && strings.HasPrefix(reply.Error(), code+" ")
}
