package redis

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
)

const (
	azureWorkload = "azure-workload"
	azureScope    = "https://redis.azure.com/.default"

	// tokenLife is how long a connection is used that was opened with a token,
	// which is good for longer: the server ends it together with that.
	tokenLife = 4 * time.Minute
)

// parseIdentity checks whether a token of the Identity may be sent where the
// Server is. A password comes before it.
func (s *Server) parseIdentity(p *driver.Problems) {
	switch {
	case !s.Identity.IsSet():
		return
	case s.Password.IsSet() || s.Identity.Provider != azureWorkload:
		tolerate(p, &s.Identity, "is not used: there is a password, or it is not of the provider "+azureWorkload)
		s.Identity = scalerkit.Identity{}
		return
	case s.Tokens == nil:
		p.Add(&s.Identity, "%q is not a provider that this program and this trigger type know", s.Identity.Provider)
		return
	case s.Deployment == Sentinel:
		p.Add(&s.Identity, "does not go with sentinels, of which the cloud has none")
		return
	}
	proven := true
	for _, address := range s.Addresses {
		if err := checkHost(address, p.Options()); err != nil {
			p.Add(&s.Addresses, "%v", err)
		}
		proven = proven && cloudhosts.Hosts(nil).Check(address, p.Options().IdentityEndpoints) == nil
	}
	if !proven && !s.EnableTLS {
		p.Add(&s.EnableTLS, "has to be true: the token of an identity goes nowhere without TLS")
	}
	if !proven && s.TLS.Insecure {
		p.Add(&s.TLS.Insecure, "does not go with the token of an identity: the server has to prove who it is")
	}
}

// tolerate tells of what KEDA lets pass, which is a problem where nobody is told.
func tolerate(p *driver.Problems, field any, problem string) {
	if p.Options().Warn == nil {
		p.Add(field, "%s", problem)
		return
	}
	p.Warn(field, "%s", problem)
}

func checkHost(address string, options scalerkit.Options) error {
	public, _ := cloudhosts.Azure(cloudhosts.Public)
	return public.Redis.Check(address, options.IdentityEndpoints)
}

// identify has connections authenticate by tokens of the Identity, and opens them
// only where these may go: it is a cluster that says where its nodes are.
func (s *Server) identify(o *goredis.UniversalOptions, options scalerkit.Options) (driver.TokenSource, error) {
	tokens, err := s.Tokens.Open(s.Identity, azureScope, options)
	if err != nil {
		return nil, err
	}
	dial := o.Dialer
	o.Dialer = func(ctx context.Context, network, address string) (net.Conn, error) {
		if err := checkHost(address, options); err != nil {
			return nil, err
		}
		return dial(ctx, network, address)
	}
	o.ConnMaxLifetime = tokenLife
	o.CredentialsProviderContext = func(ctx context.Context) (user, password string, err error) {
		token, err := tokens.Token(ctx)
		if err != nil {
			return "", "", err
		}
		user = cmp.Or(s.Username, objectID(token))
		if user == "" {
			return "", "", errors.New("the token does not say whose it is: give the object's ID as the user")
		}
		return user, token, nil
	}
	return tokens, nil
}

// objectID returns whose a token is, by which the server calls its users, and
// nothing if that is not to be seen.
func objectID(token string) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return ""
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct {
		OID string `json:"oid"`
	}
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		return ""
	}
	return claims.OID
}
