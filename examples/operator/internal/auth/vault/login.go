package vault

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/store"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// A token is what Vault knows us by.
type token struct {
	text      string
	renewable bool
	whole     time.Duration // of its life when it was new
	life      store.Life
}

// granted is what Vault says about a token that it has given or renewed.
type granted struct {
	Auth struct {
		ClientToken   string `json:"client_token"`
		LeaseDuration int    `json:"lease_duration"`
		Renewable     bool   `json:"renewable"`
	} `json:"auth"`
}

// authenticate makes sure that there is a token, and that it is good for a
// while if that is in our power.
func (v *Vault) authenticate(ctx context.Context) error {
	switch {
	case v.token.text == "":
		return v.login(ctx)
	case !v.token.life.IsDue(v.Now()):
		return nil
	}
	renewed := v.token.renewable && v.renew(ctx)
	if !renewed && v.Authentication == v1alpha1.VaultAuthenticationKubernetes {
		return v.login(ctx)
	}
	return nil // a token that was given is good until Vault refuses it
}

// renew reports whether the token is about as good as new.
func (v *Vault) renew(ctx context.Context) bool {
	var g granted
	if err := v.do(ctx, http.MethodPost, "auth/token/renew-self", struct{}{}, &g); err != nil || g.Auth.LeaseDuration <= 0 {
		return false
	}
	life := time.Duration(g.Auth.LeaseDuration) * time.Second
	v.token.life = store.Lasting(v.Now(), life)
	return life > v.token.whole/2 // or the end of all renewals is near
}

// login gets a token. What was leased with another one ends with that.
func (v *Vault) login(ctx context.Context) error {
	v.token = token{}
	clear(v.leased)
	if v.Authentication == v1alpha1.VaultAuthenticationToken {
		return v.lookUp(ctx)
	}
	jwt, err := v.JWT(ctx)
	if err != nil {
		return err
	}
	var g granted
	path := "auth/" + strings.Trim(v.Mount, "/") + "/login"
	if err := v.do(ctx, http.MethodPost, path, map[string]string{"role": v.Role, "jwt": jwt}, &g); err != nil {
		return err
	}
	if g.Auth.ClientToken == "" {
		return errors.New("it gives no token")
	}
	v.keep(g.Auth.ClientToken, g.Auth.LeaseDuration, g.Auth.Renewable)
	return nil
}

// lookUp finds out how long the given token lives.
func (v *Vault) lookUp(ctx context.Context) error {
	v.token.text = v.Credential.Token
	var response struct {
		Data struct {
			TTL       int  `json:"ttl"`
			Renewable bool `json:"renewable"`
		} `json:"data"`
	}
	if err := v.do(ctx, http.MethodGet, lookupSelf, nil, &response); err != nil {
		v.token = token{}
		return err
	}
	v.keep(v.Credential.Token, response.Data.TTL, response.Data.Renewable)
	return nil
}

// isRevoked reports whether Vault does not know the token any more, which is
// another reason to deny a secret than what the token may read.
func (v *Vault) isRevoked(ctx context.Context) bool {
	err := v.do(ctx, http.MethodGet, lookupSelf, nil, &struct{}{})
	return errors.Is(err, scalerkit.ErrDenied)
}

const lookupSelf = "auth/token/lookup-self"

// keep keeps a token that lives that many seconds, for ever if they are 0.
func (v *Vault) keep(text string, seconds int, renewable bool) {
	v.token = token{text: text, renewable: renewable}
	if seconds <= 0 {
		return
	}
	v.token.whole = time.Duration(seconds) * time.Second
	v.token.life = store.Lasting(v.Now(), v.token.whole)
	if v.Authentication == v1alpha1.VaultAuthenticationToken && !renewable {
		v.token.life.Renew = time.Time{} // there is nothing to be done
	}
}
