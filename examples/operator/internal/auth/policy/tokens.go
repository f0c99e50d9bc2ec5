package policy

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"
)

// The modes of Tokens.
const (
	ModeEnforce = "enforce-audience"
	ModeLegacy  = "legacy"
)

// Variable names the environment variable with the list of audiences.
const Variable = "KEDA_SERVICE_ACCOUNT_TOKEN_AUDIENCES"

// Tokens says which tokens of service accounts may leave the operator. The zero
// value lets none.
type Tokens struct {
	// Legacy lets all of them, as KEDA did before 2.21: whoever may write a
	// TriggerAuthentication is sent a token that the API server takes.
	Legacy bool

	audiences []audience
}

// An audience is approved for tokens from files. With an account it is also what
// tokens of that account are requested for, and approved for no other account.
type audience struct {
	Audience  string `json:"audience"`
	Namespace string `json:"namespace"`
	Account   string `json:"serviceAccountName"`
}

// ParseTokens returns what the flag --service-account-token-mode and the
// variable KEDA_SERVICE_ACCOUNT_TOKEN_AUDIENCES say, or everything that is wrong
// with it.
func ParseTokens(mode, list string) (Tokens, error) {
	if mode != ModeEnforce && mode != ModeLegacy {
		return Tokens{}, fmt.Errorf("--service-account-token-mode: %q is not one of %s, %s", mode, ModeEnforce, ModeLegacy)
	}
	t := Tokens{Legacy: mode == ModeLegacy}
	if err := decode(list, &t.audiences); err != nil {
		return Tokens{}, variableError("%w", err)
	}
	if t.audiences == nil && strings.TrimSpace(list) != "" {
		return Tokens{}, variableError("it is null: use a list of {audience: …}, or leave it empty")
	}
	if t.Legacy && len(t.audiences) > 0 {
		return Tokens{}, variableError("it does not go with --service-account-token-mode=%s, which looks at no audience", ModeLegacy)
	}
	var problems []error
	known := make(map[string]bool)
	for i, a := range t.audiences {
		problem := func(format string, args ...any) {
			problems = append(problems, variableError("[%d]: %w", i, fmt.Errorf(format, args...)))
		}
		switch account := a.Namespace + "/" + a.Account; {
		case a.Namespace == "" && a.Account == "":
		case a.Namespace == "" || a.Account == "":
			problem("namespace and serviceAccountName go together")
		case len(validation.IsDNS1123Label(a.Namespace)) > 0 || len(validation.IsDNS1123Subdomain(a.Account)) > 0:
			problem("%s is not the name of one service account", account)
		case known[account]:
			problem("there is another audience for service account %s: a token is requested for one", account)
		default:
			known[account] = true
		}
		switch trimmed := strings.TrimSpace(a.Audience); {
		case trimmed == "":
			problem("audience is missing")
		case trimmed != a.Audience:
			problem("audience %q has white space around it", a.Audience)
		}
	}
	if len(problems) > 0 {
		return Tokens{}, errors.Join(problems...)
	}
	return t, nil
}

func variableError(format string, args ...any) error {
	return fmt.Errorf("environment variable %s: %w", Variable, fmt.Errorf(format, args...))
}

// Audiences returns what to request a token of a service account for. It is
// empty in legacy mode, and an error if the administrator has not said.
func (t Tokens) Audiences(namespace, account string) ([]string, error) {
	if t.Legacy {
		return nil, nil
	}
	for _, a := range t.audiences {
		if a.Account != "" && a.Namespace == namespace && a.Account == account {
			return []string{a.Audience}, nil
		}
	}
	return nil, fmt.Errorf("there is no audience for service account %s/%s: the administrator sets one in %s, or serviceAccountTokens of the chart", namespace, account, Variable)
}

// CheckMade returns an error unless a token is what was requested with
// [Tokens.Audiences].
func (t Tokens) CheckMade(token, namespace, account string, now time.Time) error {
	audiences, err := t.Audiences(namespace, account)
	if t.Legacy || err != nil {
		return err
	}
	c, err := read(token)
	if err != nil {
		return err
	}
	if want := subjectPrefix + namespace + ":" + account; c.Subject != want {
		return fmt.Errorf("it is that of %q instead of %q", c.Subject, want)
	}
	if err := c.checkLife(now); err != nil {
		return err
	}
	return c.checkAudiences(func(got string) bool { return got == audiences[0] })
}

// CheckFile returns an error unless a token that was found in a file may be sent
// to wherever an authentication says.
func (t Tokens) CheckFile(token string, now time.Time) error {
	c, err := read(token)
	switch {
	case err != nil:
		return err
	case !strings.HasPrefix(c.Subject, subjectPrefix):
		return errNoToken
	case t.Legacy:
		return nil
	case len(t.audiences) == 0:
		return fmt.Errorf("no audience is approved: the administrator lists them in %s, or serviceAccountTokens of the chart", Variable)
	}
	if err := c.checkLife(now); err != nil {
		return err
	}
	return c.checkAudiences(func(got string) bool {
		return slices.ContainsFunc(t.audiences, func(a audience) bool {
			return a.Audience == got && (a.Account == "" || c.Subject == subjectPrefix+a.Namespace+":"+a.Account)
		})
	})
}

const subjectPrefix = "system:serviceaccount:"

var errNoToken = errors.New("it is not the token of a service account")

// claims are those of a token that matter. Whoever gets the token checks its
// signature; nobody can put anything on our disk but who may have the token
// anyway.
type claims struct {
	Subject   string      `json:"sub"`
	Expires   json.Number `json:"exp"`
	Audiences audiences   `json:"aud"`
}

// audiences are one or a list of them.
type audiences []string

// UnmarshalJSON implements json.Unmarshaler.
func (a *audiences) UnmarshalJSON(text []byte) error {
	var one *string
	if json.Unmarshal(text, &one) == nil {
		if one != nil {
			*a = audiences{*one}
		}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(a))
}

func read(token string) (c claims, err error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return c, errNoToken
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(payload, &c) != nil {
		return c, errNoToken
	}
	return c, nil
}

func (c claims) checkLife(now time.Time) error {
	seconds, err := c.Expires.Float64()
	if err != nil {
		return errors.New("it has no expiry: use one that Kubernetes renews")
	}
	if end := time.Unix(int64(seconds), 0); !now.Before(end) {
		return fmt.Errorf("it expired at %s", end.UTC().Format(time.RFC3339))
	}
	return nil
}

func (c claims) checkAudiences(isApproved func(string) bool) error {
	if len(c.Audiences) == 0 {
		return errors.New("it is for no audience, and so for all")
	}
	for _, audience := range c.Audiences {
		if !isApproved(audience) {
			return fmt.Errorf("its audience %q is not one that the administrator has approved for it in %s", audience, Variable)
		}
	}
	return nil
}
