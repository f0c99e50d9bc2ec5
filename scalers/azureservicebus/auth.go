package azureservicebus

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/azure"
)

// A bearer adds the tokens of somebody whom Entra knows.
type bearer struct{ azure.Authenticator }

func newBearer(p azure.Principal, options scalerkit.Options) bearer {
	return bearer{p.Authenticator("https://servicebus.azure.net//.default", options)}
}

// Authorize implements httpsource.Authenticator. A token stands in the header by
// itself, without the word Bearer: the API has its own way.
func (b bearer) Authorize(ctx context.Context, r *http.Request) error {
	token, _, err := b.Token(ctx)
	r.Header.Set("Authorization", token)
	return err
}

// signatureLife allows for clocks that differ.
const signatureLife = time.Hour

// signed returns a request with the signature of a namespace, which is kept out of
// errors.
func signed(r httpsource.Request, n azure.Namespace) httpsource.Request {
	credential := n.Signature.Reveal()
	if credential == "" {
		credential = n.Sign(r.URL, time.Now().Add(signatureLife))
	}
	_, signature, _ := strings.Cut(credential, "sig=")
	signature, _, _ = strings.Cut(signature, "&")
	plain, _ := url.QueryUnescape(signature) // empty if it is none
	r.Header = http.Header{"Authorization": {credential}}
	r.Secrets = []string{credential, signature, plain, n.Key.Reveal()}
	return r
}
