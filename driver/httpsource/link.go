package httpsource

import (
	"cmp"
	"net/http"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// A Link is the part of a trigger's parameters that says how to reach a source
// which knows one way to authenticate, its own: what an [Access] has besides its
// modes. It is comparable if its Client and Credential are.
type Link struct {
	Timeout time.Duration `scaler:"timeout" doc:"time limit of a request; what the program says, or 3s, if there is none"`
	TLS     driver.TLS

	// Client is as that of [Access].
	Client *http.Client `scaler:"-"`

	// Credential, if not nil, authenticates in place of what the trigger says. It
	// is as that of [Access] otherwise.
	Credential Authenticator `scaler:"-"`
}

// Access returns the Access of a source that is asked with those credentials,
// unless the program has its own.
func (l *Link) Access(credentials Authenticator) Access {
	return Access{Timeout: l.Timeout, TLS: l.TLS, Client: l.Client, Credential: cmp.Or(l.Credential, credentials)}
}

// Header returns an Authenticator that sets a header to a prefix, such as
// "Bearer ", and a secret. Those of equal arguments are equal.
func Header(name, prefix string, value scalerkit.Secret) Authenticator {
	return header{name, prefix, value}
}
