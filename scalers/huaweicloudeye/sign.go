package huaweicloudeye

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
)

const algorithm = "SDK-HMAC-SHA256"

// A signer signs requests by the rules of Huawei's API gateway. A signature is good
// for one host and some minutes.
type signer struct {
	accessKey string
	secretKey scalerkit.Secret
}

// Authorize implements httpsource.Authenticator.
func (s signer) Authorize(_ context.Context, r *http.Request) error {
	body, err := r.GetBody()
	if err != nil {
		return err
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, body); err != nil {
		return err
	}
	r.Header.Set("X-Sdk-Date", time.Now().UTC().Format("20060102T150405Z"))
	r.Header.Set("Authorization", fmt.Sprintf("%s Access=%s, SignedHeaders=%s, Signature=%s",
		algorithm, s.accessKey, strings.Join(signed, ";"), s.signature(r, hash.Sum(nil))))
	return nil
}

// Secrets returns what is to be kept out of errors.
func (s signer) Secrets() []string { return []string{s.secretKey.Reveal()} }

// signed are the headers that are signed, in the order of the alphabet.
var signed = []string{"content-type", "host", "x-sdk-date"}

// signature returns that of a request without parameters, whose body has a hash.
func (s signer) signature(r *http.Request, body []byte) string {
	path := strings.TrimSuffix(r.URL.EscapedPath(), "/") + "/"
	lines := []string{r.Method, path, ""}
	for _, name := range signed {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.URL.Host
		}
		lines = append(lines, name+":"+value)
	}
	lines = append(lines, "", strings.Join(signed, ";"), hex.EncodeToString(body))
	canonical := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	mac := hmac.New(sha256.New, []byte(s.secretKey.Reveal()))
	_, _ = fmt.Fprintf(mac, "%s\n%s\n%x", algorithm, r.Header.Get("X-Sdk-Date"), canonical) // a hash takes everything
	return hex.EncodeToString(mac.Sum(nil))
}
