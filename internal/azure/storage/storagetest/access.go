package storagetest

import (
	"testing"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
	"github.com/scalerkit/scalerkit/scalers/scalertest/httpkit"
)

// An Access is a way to authenticate.
type Access struct {
	Spec   func(*Server) scalerkit.Spec
	Denied func(*Server) scalerkit.Spec // with a credential that is refused

	secrets []string
	hosts   int // that it connects to
	tls     bool
}

// WithConnection is a trigger with a connection string.
func WithConnection(s *Server, credential string) scalerkit.Spec {
	return scalerkit.Spec{Auth: scalerkit.Secrets(map[string]string{"connection": s.Connection(credential)})}
}

func withKey(s *Server, key string) scalerkit.Spec {
	return scalerkit.Spec{Metadata: s.Private(), Auth: scalerkit.Secrets(map[string]string{"accountKey": key})}
}

// Connection is by connection string.
var Connection = Access{
	Spec:    func(s *Server) scalerkit.Spec { return WithConnection(s, "AccountKey="+Key) },
	Denied:  func(s *Server) scalerkit.Spec { return WithConnection(s, "AccountKey="+Wrong) },
	secrets: []string{Key, Wrong}, hosts: 1,
}

// Accesses are the other ways to authenticate.
var Accesses = map[string]Access{
	"Signature": {
		Spec: func(s *Server) scalerkit.Spec {
			return WithConnection(s, "SharedAccessSignature=sv=2024-01-01&sig="+Signature)
		},
		Denied: func(s *Server) scalerkit.Spec {
			return WithConnection(s, "SharedAccessSignature=sv=2024-01-01&sig="+Wrong)
		},
		secrets: []string{Signature, Wrong}, hosts: 1,
	},
	"Key": {
		Spec:    func(s *Server) scalerkit.Spec { return withKey(s, Key) },
		Denied:  func(s *Server) scalerkit.Spec { return withKey(s, Wrong) },
		secrets: []string{Key, Wrong}, hosts: 1, tls: true,
	},
	"Identity": {
		Spec: func(s *Server) scalerkit.Spec {
			return scalerkit.Spec{Metadata: s.Private(), Identity: s.Authority.Identity()}
		},
		Denied: func(s *Server) scalerkit.Spec {
			return scalerkit.Spec{Metadata: s.Private(), Identity: s.Authority.Stranger()}
		},
		secrets: []string{"of-the-authority", azuretest.Assertion}, hosts: 2, tls: true,
	},
}

// Run runs a suite on fakes that are asked with this access, and what is special
// about HTTP. MaxConns is of the connections to one host.
func (a Access) Run(t *testing.T, suite scalertest.Suite) {
	t.Parallel()
	if a.tls {
		azuretest.NeedTrust(t)
	}
	start := suite.Start
	suite.Start = func(tb testing.TB) scalertest.Source {
		s := start(tb)
		if a.tls {
			s.Secure = &s.Spec
		}
		s.Secrets, s.MaxConns = a.secrets, s.MaxConns*a.hosts
		return s
	}
	suite.Run(t)
	httpkit.RunOn(t, suite)
}
