// Package githubapp authenticates as an installation of a GitHub App.
package githubapp

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
)

// App is the part of a trigger's parameters that names an installation of a GitHub
// App. It is comparable.
type App struct {
	ID           int64            `scaler:"applicationID" from:"metadata,env" min:"1" doc:"number of a GitHub App"`
	Installation int64            `scaler:"installationID" from:"metadata,env" min:"1" doc:"number of its installation"`
	Key          scalerkit.Secret `scaler:"appKey" from:"auth" doc:"its private key, in PEM"`
}

// IsSet reports whether there is any of it.
func (a *App) IsSet() bool { return *a != App{} }

// Parse implements [driver.Parser].
func (a *App) Parse(p *driver.Problems) {
	if !a.IsSet() {
		return
	}
	const why = "a GitHub App needs it"
	p.Require(&a.ID, why)
	p.Require(&a.Installation, why)
	p.Require(&a.Key, why)
	if _, err := a.key(); err != nil {
		p.Add(&a.Key, "is no RSA private key in PEM")
	}
}

func (a *App) key() (*rsa.PrivateKey, error) {
	return jwt.ParseRSAPrivateKeyFromPEM([]byte(a.Key.Reveal()))
}

// tokens are of an installation. Each lasts for an hour.
type tokens struct {
	*httpsource.Bearer
	client *httpsource.Client // its requests are the App's own
}

// Close ends what is under way.
func (t tokens) Close() error { return errors.Join(t.Bearer.Close(), t.client.Close()) }

// Authenticator returns what adds the tokens of an installation to requests to the
// API at a URL. It keeps a token until that expires or is refused.
func (a App) Authenticator(api string, access httpsource.Access, o scalerkit.Options) (httpsource.Authenticator, error) {
	key, err := a.key()
	if err != nil {
		return nil, err
	}
	client, err := httpsource.New(httpsource.Settings{
		Access: access,
		Authenticators: []httpsource.Authenticator{httpsource.NewBearer(func(context.Context) (string, time.Time, error) {
			return a.sign(key, time.Now())
		})},
		Classify: classify,
	}, o)
	if err != nil {
		return nil, err
	}
	url := fmt.Sprintf("%s/app/installations/%d/access_tokens", strings.TrimRight(api, "/"), a.Installation)
	return tokens{client: client, Bearer: httpsource.NewBearer(func(ctx context.Context) (string, time.Time, error) {
		var answer struct {
			Token   string
			Expires time.Time `json:"expires_at"`
		}
		err := client.DoJSON(ctx, httpsource.Request{Method: http.MethodPost, URL: url}, &answer)
		if err == nil && answer.Token == "" {
			err = fmt.Errorf("POST %s: the answer has no token", url)
		}
		return answer.Token, answer.Expires, err
	})}, nil
}

// classify says that an installation that is not there does not let anybody in: it
// is not the source that is not there.
func classify(status int, _ http.Header, body []byte) error {
	if status != http.StatusNotFound {
		return nil
	}
	return fmt.Errorf("%w: %w", scalerkit.ErrDenied, httpsource.Status(status, string(body)))
}

// sign returns a token with which an App proves who it is, and when that expires.
func (a App) sign(key *rsa.PrivateKey, now time.Time) (token string, expires time.Time, err error) {
	const early, life = time.Minute, 9 * time.Minute // for clocks that are not quite right; GitHub allows for ten minutes
	expires = now.Add(life)
	token, err = jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.RegisteredClaims{
		Issuer:    strconv.FormatInt(a.ID, 10),
		IssuedAt:  jwt.NewNumericDate(now.Add(-early)),
		ExpiresAt: jwt.NewNumericDate(expires),
	}).SignedString(key)
	return token, expires, err
}
