package azuretest

import (
	"testing"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
	"github.com/scalerkit/scalerkit/scalers/scalertest/httpkit"
)

// An Access is a way to authenticate at a fake.
type Access[F any] struct {
	Spec   func(F) scalerkit.Spec
	Denied func(F) scalerkit.Spec // with a credential that is refused

	Secrets []string
	Hosts   int // that it connects to
	TLS     bool
}

// ByIdentity is by the identity of a workload. At is the metadata that leads to the
// fake by TLS.
func ByIdentity[F any](authority func(F) *Authority, at func(F) map[string]string) Access[F] {
	return Access[F]{
		Spec:    func(f F) scalerkit.Spec { return scalerkit.Spec{Metadata: at(f), Identity: authority(f).Identity()} },
		Denied:  func(f F) scalerkit.Spec { return scalerkit.Spec{Metadata: at(f), Identity: authority(f).Stranger()} },
		Secrets: []string{"of-the-authority", Assertion}, Hosts: 2, TLS: true,
	}
}

// Run runs a suite on fakes that are asked with this access, and what is special
// about HTTP. MaxConns is of the connections to one host.
func (a Access[F]) Run(t *testing.T, suite scalertest.Suite) {
	t.Parallel()
	if a.TLS {
		NeedTrust(t)
	}
	start := suite.Start
	suite.Start = func(tb testing.TB) scalertest.Source {
		s := start(tb)
		if a.TLS {
			s.Secure = &s.Spec
		}
		s.Secrets, s.MaxConns = a.Secrets, s.MaxConns*a.Hosts
		return s
	}
	suite.Run(t)
	httpkit.RunOn(t, suite)
}
