package azure

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
)

// An Access is a namespace and a way to get at it. It is comparable.
type Access struct {
	Namespace
	Identity scalerkit.Identity // in place of the namespace's key or signature, if set
	Cloud    string             // of the Identity
}

// Sign returns a shared access signature for a URL, which is good until the given
// time.
func (n Namespace) Sign(address string, until time.Time) string {
	resource := strings.ToLower(url.QueryEscape(address))
	mac := hmac.New(sha256.New, []byte(n.Key.Reveal()))
	fmt.Fprintf(mac, "%s\n%d", resource, until.Unix())
	signature := url.QueryEscape(base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return fmt.Sprintf("SharedAccessSignature sr=%s&sig=%s&se=%d&skn=%s", resource, signature, until.Unix(), n.KeyName)
}
