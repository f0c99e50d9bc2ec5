// Package storagetest is what the fakes of a storage account's services have in
// common: the account, the ways to authenticate there, and how the services
// refuse a request.
package storagetest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
)

// What a Server accepts, and Wrong is a key that it does not.
const (
	Account   = "127" // so that with a domain of "0.0.1:port" the host name is an address
	Signature = "c2lnbmF0dXJlIQ"
)

var (
	Key   = base64.StdEncoding.EncodeToString([]byte("the key of the account"))
	Wrong = base64.StdEncoding.EncodeToString([]byte("a key of another account"))
)

// An Answer answers a request, or returns false to leave that to others.
type Answer func(w http.ResponseWriter, r *http.Request) (done bool)

// A Server is one service of the account, with TLS and without. It checks who
// asks, and leaves it to the fake of a service to answer.
type Server struct {
	HTTP, HTTPS *httptest.Server
	Authority   *azuretest.Authority

	endpoint string // the field of connection strings with its URL
	serve    func(w http.ResponseWriter, r *http.Request, path string)

	mu       sync.Mutex
	requests int
	key      string // of the account
	answer   Answer // in place of the usual
}

// New returns a Server that ends with the test. The endpoint is the field of
// connection strings with its URL, such as "BlobEndpoint". Authentic requests are
// served one at a time, with the path below the account.
func New(tb testing.TB, endpoint string, serve func(w http.ResponseWriter, r *http.Request, path string)) *Server {
	s := &Server{endpoint: endpoint, serve: serve, key: Key, Authority: azuretest.NewAuthority(tb)}
	s.HTTP, s.HTTPS = httptest.NewServer(s), azuretest.NewTLSServer(tb, s)
	tb.Cleanup(s.HTTP.Close)
	return s
}

// Do calls f while no request is served.
func (s *Server) Do(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// Say sets what all requests are answered, nil for the usual.
func (s *Server) Say(answer Answer) { s.Do(func() { s.answer = answer }) }

// Renew gives the account another key.
func (s *Server) Renew(key string) { s.Do(func() { s.key = key }) }

// Count returns the number of requests since the last call.
func (s *Server) Count() (n int) {
	s.Do(func() { n, s.requests = s.requests, 0 })
	return n
}

// Suffix is for host names that begin with the account.
func (s *Server) Suffix() string {
	return strings.TrimPrefix(s.HTTPS.URL, "https://"+Account+".")
}

// Private is the metadata that leads to the Server by TLS.
func (s *Server) Private() map[string]string {
	return map[string]string{"accountName": Account, "cloud": "private", "endpointSuffix": s.Suffix()}
}

// Connection returns the connection string with a credential, such as
// "AccountKey="+Key.
func (s *Server) Connection(credential string) string {
	return s.endpoint + "=" + s.HTTP.URL + "/" + Account + ";AccountName=" + Account + ";" + credential
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	switch {
	case s.answer != nil && s.answer(w, r):
	case !s.IsAuthentic(r):
		Refuse(w, http.StatusForbidden, "AuthenticationFailed")
	case r.Header.Get("x-ms-version") == "":
		Refuse(w, http.StatusBadRequest, "InvalidHeaderValue")
	default:
		s.serve(w, r, strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/"+Account), "/"))
	}
}

// Refuse answers as the services do, which repeat what they were sent.
func Refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("x-ms-error-code", code)
	w.WriteHeader(status)
	fmt.Fprintf(w, `<?xml version="1.0" encoding="utf-8"?><Error><Code>%s</Code><Message>Refused.
RequestId:1</Message><AuthenticationErrorDetail>The signature was %s, of %s.</AuthenticationErrorDetail></Error>`, code, Signature, Key)
}

// IsAuthentic reports whether a request is from somebody whom the account knows.
// It is for an [Answer].
func (s *Server) IsAuthentic(r *http.Request) bool {
	authorization := r.Header.Get("Authorization")
	token, isToken := strings.CutPrefix(authorization, "Bearer ")
	return isToken && r.TLS != nil && s.Authority.Accepts(token) ||
		r.URL.Query().Get("sig") == Signature ||
		authorization == "SharedKey "+Account+":"+Sign(r, Account, s.key)
}

// Sign returns the signature of a request with an account's key. Of the headers
// without a prefix it covers those of a body.
func Sign(r *http.Request, account, key string) string {
	var text strings.Builder
	length := ""
	if r.ContentLength > 0 {
		length = strconv.FormatInt(r.ContentLength, 10)
	}
	text.WriteString(r.Method + "\n\n\n" + length + "\n\n" + r.Header.Get("Content-Type") + strings.Repeat("\n", 7))
	var headers []string
	for name := range r.Header {
		if name = strings.ToLower(name); strings.HasPrefix(name, "x-ms-") {
			headers = append(headers, name+":"+r.Header.Get(name)+"\n")
		}
	}
	slices.Sort(headers)
	text.WriteString(strings.Join(headers, "") + "/" + account + r.URL.EscapedPath())
	query := r.URL.Query()
	for _, name := range slices.Sorted(maps.Keys(query)) {
		fmt.Fprintf(&text, "\n%s:%s", strings.ToLower(name), strings.Join(query[name], ","))
	}
	secret, _ := base64.StdEncoding.DecodeString(key)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(text.String()))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
