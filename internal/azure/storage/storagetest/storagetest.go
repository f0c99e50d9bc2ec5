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
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
)

// What a Server accepts, and Wrong is a key that it does not.
const (
	Account   = "127" // so that with a domain of "0.0.1:port" the host name is an address
	Signature = "c2lnbmF0dXJlIQ"
	Key       = "dGhlIGtleSBvZiB0aGUgYWNjb3VudA=="
	Wrong     = "YSBrZXkgb2YgYW5vdGhlciBhY2NvdW50"
)

// A Server is one service of the account. It checks who asks, and leaves it to the
// fake of a service to answer.
type Server struct {
	*azuretest.Server

	endpoint string // the field of connection strings with its URL
	key      string // of the account
}

// New returns a Server that ends with the test. The endpoint is the field of
// connection strings with its URL, such as "BlobEndpoint". Authentic requests are
// served one at a time, with the path below the account.
func New(tb testing.TB, endpoint string, serve func(w http.ResponseWriter, r *http.Request, path string)) *Server {
	s := &Server{endpoint: endpoint, key: Key}
	s.Server = azuretest.NewServer(tb, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !s.IsAuthentic(r):
			Refuse(w, http.StatusForbidden, "AuthenticationFailed")
		case r.Header.Get("x-ms-version") == "":
			Refuse(w, http.StatusBadRequest, "InvalidHeaderValue")
		default:
			serve(w, r, strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/"+Account), "/"))
		}
	})
	return s
}

// Renew gives the account another key.
func (s *Server) Renew(key string) { s.Do(func() { s.key = key }) }

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

// Refuse answers as the services do, which repeat what they were sent.
func Refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("x-ms-error-code", code)
	w.WriteHeader(status)
	fmt.Fprintf(w, `<?xml version="1.0" encoding="utf-8"?><Error><Code>%s</Code><Message>Refused.
RequestId:1</Message><AuthenticationErrorDetail>The signature was %s, of %s.</AuthenticationErrorDetail></Error>`, code, Signature, Key)
}

// IsAuthentic reports whether a request is from somebody whom the account knows.
// It is for an [azuretest.Answer].
func (s *Server) IsAuthentic(r *http.Request) bool {
	return s.HasToken(r) ||
		r.URL.Query().Get("sig") == Signature ||
		r.Header.Get("Authorization") == "SharedKey "+Account+":"+Sign(r, Account, s.key)
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
