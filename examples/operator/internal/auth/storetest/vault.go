package storetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Vault is a fake of HashiCorp Vault. What is set has to be set before it is
// used.
type Vault struct {
	Now func() time.Time

	// Namespace is the one that all is in.
	Namespace string

	// Logins are the tokens of service accounts that may log in, by the path
	// of the auth method and the role, such as "kubernetes/operator".
	Logins map[string]string

	// TTL is the life of the tokens that are given out and renewed, Max that
	// which no renewal exceeds, if it is set.
	TTL, Max time.Duration

	// Static are secrets by their path, the data of an answer each.
	Static map[string]map[string]any

	// Leased are how long secrets live that are made again for each request, by
	// their path.
	Leased map[string]time.Duration

	// Denied are paths that nobody may read.
	Denied []string

	mu     sync.Mutex
	tokens map[string]*vaultToken
	made   int
	asked  []map[string]any
}

type vaultToken struct {
	born, end time.Time // end is zero for never
	renewable bool
}

// Give makes a token valid, for ever if life is 0.
func (v *Vault) Give(token string, life time.Duration, renewable bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.give(token, life, renewable)
}

func (v *Vault) give(token string, life time.Duration, renewable bool) {
	if v.tokens == nil {
		v.tokens = make(map[string]*vaultToken)
	}
	t := &vaultToken{born: v.Now(), renewable: renewable}
	if life > 0 {
		t.end = t.born.Add(life)
	}
	v.tokens[token] = t
}

// Revoke makes all tokens invalid.
func (v *Vault) Revoke() {
	v.mu.Lock()
	defer v.mu.Unlock()
	clear(v.tokens)
}

// Asked returns the bodies of requests for certificates.
func (v *Vault) Asked() []map[string]any {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.asked
}

// ServeHTTP implements http.Handler.
func (v *Vault) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/v1/")
	var body map[string]any
	_ = json.NewDecoder(r.Body).Decode(&body) // no body is an empty one
	refuse := func(status int, errors ...string) { reply(w, status, map[string]any{"errors": errors}) }
	token := v.tokens[r.Header.Get("X-Vault-Token")]
	if token != nil && !token.end.IsZero() && !v.Now().Before(token.end) {
		token = nil
	}
	mount, isLogin := strings.CutSuffix(strings.TrimPrefix(path, "auth/"), "/login")
	leased, isLeased := v.Leased[path]
	static, isStatic := v.Static[path]
	switch {
	case r.Header.Get("X-Vault-Request") != "true" || r.Header.Get("X-Vault-Namespace") != v.Namespace:
		refuse(http.StatusBadRequest, "headers are missing")
	case isLogin:
		if want, ok := v.Logins[fmt.Sprintf("%s/%s", mount, body["role"])]; !ok || want != body["jwt"] {
			refuse(http.StatusForbidden, "permission denied")
			return
		}
		v.made++
		name := fmt.Sprintf("hvs.login-%d", v.made)
		v.give(name, v.TTL, true)
		reply(w, http.StatusOK, v.grant(name))
	case token == nil:
		refuse(http.StatusForbidden, "permission denied", "invalid token")
	case path == "auth/token/lookup-self":
		ttl := 0
		if !token.end.IsZero() {
			ttl = int(token.end.Sub(v.Now()).Seconds())
		}
		reply(w, http.StatusOK, map[string]any{"data": map[string]any{"ttl": ttl, "renewable": token.renewable}})
	case path == "auth/token/renew-self" && !token.renewable:
		refuse(http.StatusBadRequest, "lease is not renewable")
	case path == "auth/token/renew-self":
		token.end = v.Now().Add(v.TTL)
		if most := token.born.Add(v.Max); v.Max > 0 && token.end.After(most) {
			token.end = most
		}
		reply(w, http.StatusOK, v.grant(r.Header.Get("X-Vault-Token")))
	case slices.Contains(v.Denied, path):
		refuse(http.StatusForbidden, "1 error occurred:\n\t* permission denied\n\n")
	case isStatic:
		reply(w, http.StatusOK, map[string]any{"lease_id": "", "lease_duration": 2764800, "data": static})
	case isLeased && r.Method == http.MethodGet:
		v.made++
		reply(w, http.StatusOK, map[string]any{
			"lease_id": fmt.Sprint(path, "/", v.made), "lease_duration": int(leased.Seconds()),
			"data": map[string]any{"username": fmt.Sprint("user-", v.made), "password": fmt.Sprint("password-", v.made)},
		})
	case isLeased:
		v.made++
		v.asked = append(v.asked, body)
		reply(w, http.StatusOK, map[string]any{"lease_id": "", "data": map[string]any{
			"certificate": fmt.Sprint("certificate-", v.made), "private_key": fmt.Sprint("key-", v.made),
			"ca_chain": []string{"intermediate", "root"}, "expiration": v.Now().Add(leased).Unix(),
		}})
	default:
		refuse(http.StatusNotFound)
	}
}

// grant is what Vault says of a token that it has given or renewed.
func (v *Vault) grant(name string) map[string]any {
	token := v.tokens[name]
	return map[string]any{"auth": map[string]any{
		"client_token": name, "renewable": token.renewable, "lease_duration": int(token.end.Sub(v.Now()).Seconds()),
	}}
}
