// Package vault reads secrets from HashiCorp Vault.
//
// # Logging in
//
// By a token, or by the Kubernetes auth method with the token of a service
// account. Vault's own token is kept and renewed when two thirds of its life
// are over, so that what was leased with it lives on. One that cannot be
// renewed any more, or is refused, is replaced by a new login, if the
// authentication is kubernetes.
//
// # Secrets
//
// The path of a secret is that of Vault's HTTP API: with version 2 of the
// key-value engine it has "data" in it, as in secret/data/redis. The type
// secret reads the fields of the answer, secretV2 those of data in it, and no
// type those of data if it is there. The type pki has a certificate issued.
// Secrets with the same path and certificate are one request, so that a
// certificate and its key belong together.
//
// A secret with a lease and a certificate are kept until two thirds of their
// life are over: each request would make another one. All others are read
// again by each Read.
package vault

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/store"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// A Config says which secrets to read, and what with.
type Config struct {
	v1alpha1.HashiCorpVault

	// JWT returns the token of a service account, for authentication
	// kubernetes.
	JWT func(context.Context) (string, error)

	Client *http.Client     // see [store.NewClient]
	Now    func() time.Time // the clock
}

// A Vault has the secrets of one Config. It is not for concurrent use.
type Vault struct {
	Config
	token  token
	leased map[request]answer // those that end some day
}

// New returns a Vault. It does no I/O.
func New(c Config) *Vault { return &Vault{Config: c, leased: make(map[request]answer)} }

// Read returns all secrets. The error has the reason for each that cannot be
// read.
func (v *Vault) Read(ctx context.Context) (store.Answer, error) {
	if err := v.authenticate(ctx); err != nil {
		return store.Answer{}, fmt.Errorf("log in: %w", err)
	}
	a, err := v.read(ctx)
	if !errors.Is(err, scalerkit.ErrDenied) || v.Authentication != v1alpha1.VaultAuthenticationKubernetes || !v.isRevoked(ctx) {
		return a, err
	}
	if err := v.login(ctx); err != nil {
		return store.Answer{}, fmt.Errorf("log in: %w", err)
	}
	return v.read(ctx)
}

// read reads all secrets with the token that there is.
func (v *Vault) read(ctx context.Context) (store.Answer, error) {
	all := store.Answer{Values: make(map[string]string, len(v.Secrets)), Life: v.token.life}
	got := make(map[request]answer, len(v.Secrets))
	var problems []error
	for _, secret := range v.Secrets {
		r := requestFor(secret)
		a, ok := got[r]
		if !ok {
			a = v.get(ctx, r)
			got[r] = a
			all.Life = all.Life.And(a.life)
		}
		text, err := a.text(secret)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", secret.Parameter, err))
		}
		all.Values[secret.Parameter] = text
	}
	return all, errors.Join(problems...)
}

// A request is what the answer depends on.
type request struct {
	path string
	pki  bool
	cert v1alpha1.VaultPkiData
}

func requestFor(secret v1alpha1.VaultSecret) request {
	r := request{path: strings.Trim(secret.Path, "/")}
	if secret.Type == v1alpha1.VaultSecretTypePki {
		r.pki, r.cert = true, secret.PkiData
	}
	return r
}

// An answer is what Vault says to a request.
type answer struct {
	fields store.Fields
	life   store.Life
	err    error
}

// get returns the answer to a request, an old one if it is good for long
// enough.
func (v *Vault) get(ctx context.Context, r request) answer {
	now := v.Now()
	if a, ok := v.leased[r]; ok && !a.life.IsDue(now) {
		return a
	}
	var response struct {
		LeaseID       string       `json:"lease_id"`
		LeaseDuration int          `json:"lease_duration"`
		Data          store.Fields `json:"data"`
	}
	method, body := http.MethodGet, any(nil)
	if r.pki {
		method, body = http.MethodPost, certificate(r.cert)
	}
	if err := v.do(ctx, method, r.path, body, &response); err != nil {
		return answer{err: err}
	}
	var expiration int64 // of a certificate, in Unix time
	switch {
	case response.LeaseID != "" && response.LeaseDuration > 0:
		v.leased[r] = answer{fields: response.Data, life: store.Lasting(now, time.Duration(response.LeaseDuration)*time.Second)}
	case r.pki && json.Unmarshal(response.Data["expiration"], &expiration) == nil:
		v.leased[r] = answer{fields: response.Data, life: store.Lasting(now, time.Unix(expiration, 0).Sub(now))}
	default:
		return answer{fields: response.Data}
	}
	return v.leased[r]
}

// certificate returns what to ask of the pki engine.
func certificate(c v1alpha1.VaultPkiData) map[string]string {
	ask := make(map[string]string)
	for name, value := range map[string]string{
		"common_name": c.CommonName,
		"alt_names":   c.AltNames,
		"ip_sans":     c.IPSans,
		"uri_sans":    c.URISans,
		"other_sans":  c.OtherSans,
		"ttl":         c.TTL,
		"format":      c.Format,
	} {
		if value != "" {
			ask[name] = value
		}
	}
	return ask
}

// text returns the field of the answer that the secret is.
func (a answer) text(secret v1alpha1.VaultSecret) (string, error) {
	if a.err != nil {
		return "", a.err
	}
	fields := a.fields
	var nested store.Fields
	isNested := json.Unmarshal(fields["data"], &nested) == nil && nested != nil
	switch secret.Type {
	case v1alpha1.VaultSecretTypeSecretV2:
		if !isNested {
			return "", fmt.Errorf("%s is no secret of version 2 of the key-value engine: use the type secret, or a path with data in it", secret.Path)
		}
		fields = nested
	case v1alpha1.VaultSecretTypeGeneric:
		if isNested {
			fields = nested
		}
	}
	text, err := fields.Text(secret.Key)
	if err != nil {
		return "", fmt.Errorf("%s: %w", secret.Path, err)
	}
	return text, nil
}

// do sends a request with the token that there is.
func (v *Vault) do(ctx context.Context, method, path string, body, into any) error {
	header := http.Header{"X-Vault-Request": {"true"}}
	if v.token.text != "" {
		header.Set("X-Vault-Token", v.token.text)
	}
	if v.Namespace != "" {
		header.Set("X-Vault-Namespace", v.Namespace)
	}
	address := strings.TrimSuffix(v.Address, "/") + "/v1/" + (&url.URL{Path: path}).EscapedPath()
	return store.Request{Method: method, URL: address, Header: header, Body: body, Token: v.token.text}.Do(ctx, v.Client, into)
}
