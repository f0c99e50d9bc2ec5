// Package workload is Azure workload identity for drivers of sources that are
// not Azure's, without Azure's SDK.
//
// As with the SDK, what a trigger leaves out comes from the environment of the
// process, from the variables that Azure's webhook sets in a pod:
// AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_FEDERATED_TOKEN_FILE and
// AZURE_AUTHORITY_HOST.
package workload

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
)

// Check reports problems of an identity that is to get tokens for address,
// which the parameter with the given key decides. No cloud's services are
// there, so the administrator has to list the host.
func Check(identity scalerkit.Identity, key, address string, options scalerkit.Options) []error {
	const provider = "azure-workload"
	var problems []error
	if identity.IsSet() && identity.Provider != provider {
		problems = append(problems, scalerkit.ConfigError{Key: "podIdentity", Problem: fmt.Sprintf("%q is not one that Azure knows: use %s", identity.Provider, provider)})
	}
	if err := cloudhosts.Hosts(nil).Check(address, options.IdentityEndpoints); err != nil {
		problems = append(problems, scalerkit.ConfigError{Key: key, Problem: err.Error()})
	}
	if identity.AuthorityHost != "" {
		cloud, _ := cloudhosts.Azure(cloudhosts.Private)
		if err := cloud.Authority.Check(identity.AuthorityHost, options.IdentityEndpoints); err != nil {
			problems = append(problems, scalerkit.ConfigError{Key: "identityAuthorityHost", Problem: err.Error()})
		}
	}
	return problems
}

// Tokens authenticates with tokens for a resource, which is the id of an
// application or its URI. The error says which variables are missing.
func Tokens(identity scalerkit.Identity, resource string, options scalerkit.Options) (httpsource.Authenticator, error) {
	var missing []string
	from := func(given, variable string) string {
		value := cmp.Or(given, os.Getenv(variable))
		if value == "" {
			missing = append(missing, variable)
		}
		return value
	}
	id, tenant, file := from(identity.ID, "AZURE_CLIENT_ID"), from(identity.TenantID, "AZURE_TENANT_ID"), from("", "AZURE_FEDERATED_TOKEN_FILE")
	if len(missing) > 0 {
		return nil, fmt.Errorf("this process has no Azure workload identity: %s not set", strings.Join(missing, ", "))
	}
	// What is in the file is not the trigger's own, and so it is not the
	// trigger's TLS settings that count where it goes.
	client, err := httpsource.New(httpsource.Settings{Connections: 1, Classify: classify}, options)
	if err != nil {
		return nil, err
	}
	authority := cmp.Or(identity.AuthorityHost, os.Getenv("AZURE_AUTHORITY_HOST"), "https://login.microsoftonline.com")
	t := &tokens{
		client: client, file: file,
		url: strings.TrimSuffix(authority, "/") + "/" + url.PathEscape(tenant) + "/oauth2/v2.0/token",
		form: url.Values{
			"grant_type":            {"client_credentials"},
			"client_id":             {id},
			"scope":                 {strings.TrimSuffix(resource, "/.default") + "/.default"},
			"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		},
	}
	t.Bearer = httpsource.NewBearer(t.fetch)
	return t, nil
}

// tokens are what an authority gives for the token of the pod (RFC 7523).
type tokens struct {
	*httpsource.Bearer
	client *httpsource.Client // of the authority
	url    string
	form   url.Values
	file   string // with the token of the pod, which changes from time to time
}

// Close ends the fetching of tokens.
func (t *tokens) Close() error { return errors.Join(t.Bearer.Close(), t.client.Close()) }

func (t *tokens) fetch(ctx context.Context) (token string, expires time.Time, err error) {
	token, lasts, err := t.request(ctx)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("get an OAuth2 token: %w", err)
	}
	return token, time.Now().Add(lasts), nil
}

func (t *tokens) request(ctx context.Context) (token string, lasts time.Duration, err error) {
	assertion, err := os.ReadFile(t.file)
	if err != nil {
		return "", 0, err
	}
	secret := strings.TrimSpace(string(assertion))
	body := t.form.Encode() + "&client_assertion=" + url.QueryEscape(secret)
	var answer struct {
		Token   string      `json:"access_token"`
		Seconds json.Number `json:"expires_in"`
	}
	err = t.client.DoJSON(ctx, httpsource.Request{
		Method:  http.MethodPost,
		URL:     t.url,
		Header:  http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
		Body:    []byte(body),
		Secrets: []string{secret},
	}, &answer)
	if err != nil {
		return "", 0, err
	}
	seconds, err := answer.Seconds.Int64()
	if err != nil || answer.Token == "" {
		return "", 0, errors.New("the authority's answer has no token, or does not say how long it lasts")
	}
	return answer.Token, time.Duration(seconds) * time.Second, nil
}

// classify says what it means that a token is refused. By RFC 6749, 400 is how
// an authority says that it does not accept the client. What it does not find is
// not the source.
func classify(status int, _ http.Header, body []byte) error {
	err := httpsource.Status(status, string(body))
	switch status {
	case http.StatusBadRequest:
		return fmt.Errorf("%w: %w", scalerkit.ErrDenied, err)
	case http.StatusNotFound:
		return err
	}
	return nil
}
