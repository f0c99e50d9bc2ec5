// Package httpkit tests drivers of sources that are asked over HTTP. It plays
// their server, with every way of authentication and every kind of answer that
// a server has, and holds the driver to the suite of package scalertest as well.
// A driver's test says how a request names a thing and what the body of the
// answer is for a level; see the example.
package httpkit

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// A Kit is what there is to know about a driver.
type Kit struct {
	Driver scalerkit.Driver

	// New is as that of scalertest.Suite.
	New scalertest.Constructor

	// Spec returns a trigger without authentication on one thing of the server
	// at a URL such as http://127.0.0.1:1234.
	Spec func(server, thing string) scalerkit.Spec

	// Thing returns which thing a request asks about.
	Thing func(*http.Request) string

	// Body returns the body of the answer for a level.
	Body func(level float64) string

	// Absent is the body of the answer about a thing that is not there. If
	// empty, the server answers 404. A read of it has to be ErrNotFound.
	Absent string

	// TargetKey, ActivationKey and Levels are as those of scalertest.Source.
	TargetKey, ActivationKey string
	Levels                   []float64

	// Modes are the values of KEDA's authModes by which the driver can
	// authenticate. If nil, they are all that there are: apiKey, basic, bearer,
	// custom, oauth and tls. The suite runs with the first that is not tls.
	Modes []string

	// Logins, if any, are how a driver authenticates that has keys of its own for
	// that and not authModes. The suite runs with the first.
	Logins []Login

	// Elsewhere is that of the driver's httpsource.Source.
	Elsewhere bool
}

// A Login is one way to authenticate, by keys that are the driver's own.
type Login struct {
	Name string

	// Metadata and Auth return what a trigger has besides; nil: nothing.
	Metadata, Auth func(secret string) map[string]string

	// Accepts reports whether a request has the secret.
	Accepts func(r *http.Request, secret string) bool
}

var allModes = []string{"basic", "bearer", "apiKey", "custom", "oauth", "tls"}

const (
	things    = "orders"                 // what triggers are on
	elsewhere = "https://source.example" // a server with TLS
)

// Run runs every check as a subtest of t, several at a time.
func (k Kit) Run(t *testing.T) {
	if k.Modes == nil && k.Logins == nil {
		k.Modes = allModes
	}
	var wait sync.WaitGroup
	defer wait.Wait()
	wait.Go(func() { t.Run("Suite", func(t *testing.T) { k.suite().Run(t) }) })
	run(t, k.checks())
}

// suite is that of package scalertest.
func (k Kit) suite() scalertest.Suite {
	mode := k.nonTLS()
	return scalertest.Suite{Driver: k.Driver, New: k.New, Start: func(tb testing.TB) scalertest.Source {
		s := k.start(tb)
		s.accept = mode.accepts
		trigger := func(thing, secret string) scalertest.Trigger {
			return scalertest.Trigger{Spec: mode.in(k.Spec(s.URL, thing), s.URL, secret), Set: s.set(thing)}
		}
		secure := mode.in(k.Spec(elsewhere, things), elsewhere, secret)
		missing, denied, throttled := trigger("absent", secret).Spec, trigger(things, wrong).Spec, trigger(throttledThing, secret).Spec
		return scalertest.Source{
			Trigger: trigger(things, secret), Levels: k.Levels,
			TargetKey: k.TargetKey, ActivationKey: k.ActivationKey,
			Secrets: []string{secret, wrong},
			Missing: &missing, Denied: &denied, Throttled: &throttled, Secure: &secure,
			MaxConns: 40, // with a time limit at hand, questions are put side by side
			Peers: func(n int) []scalertest.Trigger {
				peers := make([]scalertest.Trigger, n)
				for i := range peers {
					peers[i] = trigger(fmt.Sprintf("peer-%d", i), secret)
				}
				return peers
			},
		}
	}}
}

// modes returns the ways to authenticate.
func (k Kit) modes() []mode {
	var all []mode
	for _, l := range k.Logins {
		all = append(all, l.mode())
	}
	for _, m := range modes {
		if slices.Contains(k.Modes, m.mode) {
			all = append(all, m)
		}
	}
	return all
}

// nonTLS returns the first of them that is not tls, or none.
func (k Kit) nonTLS() mode {
	if all := k.modes(); len(all) > 0 { // a certificate has a check of its own
		return all[0]
	}
	return mode{accepts: func(*http.Request) bool { return true }}
}
