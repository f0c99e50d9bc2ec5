package awsfake

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"
)

// STS is a fake of the service that tells who asks and gives roles to those
// who may have them.
type STS struct {
	*httptest.Server
	Keys     Keys
	Lifetime time.Duration // of the keys that come with a role; less than nothing is a key that has expired

	mu      sync.Mutex
	trusted map[string][]string // by role: owners of keys, and "token:" with a web identity token
	issued  int
	calls   []string // names of the actions
}

// NewSTS starts an STS that ends with the test.
func NewSTS(tb testing.TB) *STS {
	s := &STS{Lifetime: time.Hour, trusted: make(map[string][]string)}
	s.Server = httptest.NewServer(s)
	tb.Cleanup(s.Close)
	return s
}

// Trust lets somebody assume a role: the owner of a key, with an external ID
// after a space if one has to be given, or "token:" and a web identity token.
func (s *STS) Trust(role, who string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trusted[role] = append(s.trusted[role], who)
}

// Calls returns the names of the actions since the last time it was called.
func (s *STS) Calls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := s.calls
	s.calls = nil
	return calls
}

// ServeHTTP implements http.Handler.
func (s *STS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body) // a form that is cut short has no action
	form, _ := url.ParseQuery(string(body))
	action := form.Get("Action")
	who := "token:" + form.Get("WebIdentityToken")
	if action != "AssumeRoleWithWebIdentity" {
		key, refusal := s.Keys.Check(r, body, "sts")
		if refusal != nil {
			refuse(w, refusal)
			return
		}
		who = key.Owner
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, action)
	if action == "GetCallerIdentity" {
		answer(w, action, "<Arn>"+html.EscapeString(who)+"</Arn>")
		return
	}
	if id := form.Get("ExternalId"); id != "" {
		who += " " + id
	}
	role := form.Get("RoleArn")
	if !slices.Contains(s.trusted[role], who) {
		refuse(w, &Refusal{"AccessDenied", "User: " + who + " is not authorized to perform: sts:" + action + " on resource: " + role})
		return
	}
	s.issued++
	key := Key{
		ID:     fmt.Sprintf("ASIA%d", s.issued),
		Secret: fmt.Sprintf("issued-secret-%d", s.issued),
		Token:  fmt.Sprintf("issued-token-%d", s.issued),
		Owner:  role + " as " + form.Get("RoleSessionName"),
	}
	s.Keys.Add(key)
	answer(w, action, fmt.Sprintf("<Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>%s</SecretAccessKey><SessionToken>%s</SessionToken><Expiration>%s</Expiration></Credentials>",
		key.ID, key.Secret, key.Token, time.Now().Add(s.Lifetime).UTC().Format(time.RFC3339)))
}

func answer(w http.ResponseWriter, action, result string) {
	w.Header().Set("Content-Type", "text/xml")
	fmt.Fprintf(w, `<%[1]sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%[1]sResult>%[2]s</%[1]sResult></%[1]sResponse>`, action, result)
}

func refuse(w http.ResponseWriter, r *Refusal) {
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(http.StatusForbidden)
	fmt.Fprintf(w, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>`,
		r.Code, html.EscapeString(r.Message))
}
