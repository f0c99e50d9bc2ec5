package storage

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/azure"
)

// version is the one of the services' protocol that requests are in.
const version = "2021-12-02"

// Authenticator returns what makes GET requests those of whoever a names.
func (a Account) Authenticator(options scalerkit.Options) httpsource.Authenticator {
	switch {
	case a.Principal.IsSet():
		return bearer{a.Principal.Authenticator("https://storage.azure.com/.default", options)}
	case a.Key.IsSet():
		return sharedKey{a.Name, a.Key}
	default:
		return signature{a.Signature}
	}
}

// Classify is the [httpsource.Classify] for the services of storage accounts.
func Classify(status int, header http.Header, _ []byte) error {
	return azure.Refusal(status, header, header.Get("x-ms-error-code"))
}

// bearer shows tokens of Entra.
type bearer struct{ azure.Authenticator }

func (b bearer) Authorize(ctx context.Context, r *http.Request) error {
	r.Header.Set("x-ms-version", version)
	return b.Authenticator.Authorize(ctx, r)
}

// sharedKey signs with the key of an account.
type sharedKey struct {
	account string
	key     scalerkit.Secret
}

func (k sharedKey) Authorize(_ context.Context, r *http.Request) error {
	r.Header.Set("x-ms-version", version)
	r.Header.Set("x-ms-date", time.Now().UTC().Format(http.TimeFormat))
	r.Header.Set("Authorization", "SharedKey "+k.account+":"+k.sign(r))
	return nil
}

// sign returns the signature of a GET request, which covers no headers but the
// two above.
func (k sharedKey) sign(r *http.Request) string {
	text := "GET" + strings.Repeat("\n", 12) +
		"x-ms-date:" + r.Header.Get("x-ms-date") + "\nx-ms-version:" + version + "\n" +
		"/" + k.account + r.URL.EscapedPath()
	query := r.URL.Query()
	for _, name := range slices.Sorted(maps.Keys(query)) {
		text += fmt.Sprintf("\n%s:%s", name, strings.Join(query[name], ","))
	}
	key, _ := base64.StdEncoding.DecodeString(k.key.Reveal()) // ParseAccount knows that it is base64
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func (k sharedKey) Secrets() []string { return []string{k.key.Reveal()} }

// signature adds one that was made before, for whoever has it.
type signature struct{ query scalerkit.Secret }

func (s signature) Authorize(_ context.Context, r *http.Request) error {
	r.Header.Set("x-ms-version", version)
	r.URL.RawQuery = strings.TrimPrefix(r.URL.RawQuery+"&"+s.query.Reveal(), "&")
	return nil
}

func (s signature) Secrets() []string {
	values, _ := url.ParseQuery(s.query.Reveal()) // what there is of it
	return []string{s.query.Reveal(), values.Get("sig")}
}
