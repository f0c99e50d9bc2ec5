package storetest

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// Entra is a fake of the authority that gives out tokens for Azure. It is
// itself the handler for its host.
type Entra struct {
	Tenant string

	// Clients are who may have tokens, by their ids, and what they have to
	// show: a client secret, or the assertion of a pod.
	Clients map[string]string

	mu     sync.Mutex
	issued map[string]string // scopes by token
}

// Accepts reports whether a token is one for that scope.
func (e *Entra) Accepts(token, scope string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return token != "" && e.issued[token] == scope
}

// Issued returns how many tokens were given out.
func (e *Entra) Issued() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.issued)
}

// ServeHTTP implements http.Handler.
func (e *Entra) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	issuer := "https://" + r.Host + "/" + e.Tenant
	id := r.PostFormValue("client_id")
	shown, known := e.Clients[id]
	switch {
	case strings.HasSuffix(r.URL.Path, "/discovery/instance"):
		reply(w, http.StatusOK, map[string]any{
			"tenant_discovery_endpoint": issuer + "/v2.0/.well-known/openid-configuration",
			"metadata":                  []map[string]any{{"preferred_network": r.Host, "preferred_cache": r.Host, "aliases": []string{r.Host}}},
		})
	case strings.HasSuffix(r.URL.Path, "/.well-known/openid-configuration"):
		reply(w, http.StatusOK, map[string]any{
			"issuer":                 issuer + "/v2.0",
			"authorization_endpoint": issuer + "/oauth2/v2.0/authorize",
			"token_endpoint":         issuer + "/oauth2/v2.0/token",
		})
	case !known || shown != r.PostFormValue("client_secret") && shown != r.PostFormValue("client_assertion"):
		reply(w, http.StatusUnauthorized, map[string]any{
			"error":             "invalid_client",
			"error_description": "AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 1\r\nPresented: " + r.PostFormValue("client_secret"),
		})
	default:
		if e.issued == nil {
			e.issued = make(map[string]string)
		}
		token := fmt.Sprintf("token-%d", len(e.issued)+1)
		for scope := range strings.FieldsSeq(r.PostFormValue("scope")) {
			if strings.HasSuffix(scope, "/.default") {
				e.issued[token] = scope
			}
		}
		reply(w, http.StatusOK, map[string]any{"token_type": "Bearer", "access_token": token, "expires_in": 3600})
	}
}

// A KeyVault is a fake of one Azure Key Vault.
type KeyVault struct {
	Authority *Entra
	Scope     string // of the tokens that are for it

	// Secrets are values by name, and by name and version.
	Secrets map[string]string
}

// ServeHTTP implements http.Handler.
func (k *KeyVault) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	refuse := func(status int, code, message string) {
		reply(w, status, map[string]any{"error": map[string]any{"code": code, "message": message}})
	}
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	name := strings.TrimPrefix(r.URL.Path, "/secrets/")
	value, ok := k.Secrets[name]
	switch {
	case !k.Authority.Accepts(token, k.Scope):
		refuse(http.StatusUnauthorized, "Unauthorized", "AKV10032: Invalid issuer.")
	case r.URL.Query().Get("api-version") == "":
		refuse(http.StatusBadRequest, "BadParameter", "api-version must be specified")
	case !ok:
		refuse(http.StatusNotFound, "SecretNotFound", "A secret with (name/id) "+name+" was not found in this key vault.")
	default:
		reply(w, http.StatusOK, map[string]any{"value": value, "id": "https://" + r.Host + r.URL.Path})
	}
}
