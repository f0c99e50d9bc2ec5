package policy

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// FilterVariable names the environment variable with the outbound filter.
const FilterVariable = "KEDA_OUTBOUND_FILTER"

// The modes of Endpoints.
const (
	filterOff     = "off"
	filterWarn    = "warn"
	filterEnforce = "enforce"
)

// Endpoints says which HashiCorp Vaults the operator talks to. The zero value
// lets it talk to all.
type Endpoints struct {
	mode    string   // empty is off
	allowed []string // scheme, host and port as they are written
}

// ErrUnlisted means that an endpoint is not listed, and used all the same.
var ErrUnlisted = errors.New("the endpoint is not listed")

// ParseEndpoints returns what the variable KEDA_OUTBOUND_FILTER says, or
// everything that is wrong with it.
func ParseEndpoints(text string) (Endpoints, error) {
	var filter struct {
		Vault struct {
			Mode    string   `json:"mode"`
			Allowed []string `json:"allowedEndpoints"`
		} `json:"hashiCorpVault"`
	}
	if err := decode(text, &filter); err != nil {
		return Endpoints{}, filterError("%w", err)
	}
	e := Endpoints{mode: filter.Vault.Mode}
	var problems []error
	switch e.mode {
	case "", filterOff, filterWarn, filterEnforce:
	default:
		problems = append(problems, filterError("hashiCorpVault.mode: %q is not one of %q, %s, %s: off needs the quotation marks", e.mode, filterOff, filterWarn, filterEnforce))
	}
	for i, endpoint := range filter.Vault.Allowed {
		u, err := url.Parse(endpoint)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || strings.TrimSuffix(endpoint, "/") != u.Scheme+"://"+u.Host {
			problems = append(problems, filterError("hashiCorpVault.allowedEndpoints[%d]: it is not just scheme, host and port, such as https://vault.example.com:8200", i))
			continue
		}
		e.allowed = append(e.allowed, origin(u))
	}
	if len(problems) > 0 {
		return Endpoints{}, errors.Join(problems...)
	}
	return e, nil
}

func filterError(format string, args ...any) error {
	return fmt.Errorf("environment variable %s: %w", FilterVariable, fmt.Errorf(format, args...))
}

// Warns reports whether Vaults that are not listed are used all the same, and
// told.
func (e Endpoints) Warns() bool { return e.mode == filterWarn }

// Check returns an error if an address is not listed, though it should be. It
// wraps ErrUnlisted if this is for the administrator to know and for nothing to
// fail.
func (e Endpoints) Check(address string) error {
	if e.mode != filterWarn && e.mode != filterEnforce {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil {
		return errors.New("address is not a URL")
	}
	is := origin(u)
	switch {
	case slices.Contains(e.allowed, is):
		return nil
	case e.mode == filterWarn:
		return fmt.Errorf("%w: %s", ErrUnlisted, is)
	}
	return fmt.Errorf("%s is not an endpoint that the administrator allows in %s", is, FilterVariable)
}

func origin(u *url.URL) string { return u.Scheme + "://" + strings.ToLower(u.Host) }
