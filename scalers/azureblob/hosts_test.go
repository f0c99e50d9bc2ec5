package azureblob_test

import (
	"strings"
	"testing"

	"github.com/scalerkit/scalerkit/scalers/azureblob"
)

// TestTheTokenOfAnIdentityStaysInItsCloud plays somebody who writes a trigger
// to get hold of the tokens of the program's identity.
func TestTheTokenOfAnIdentityStaysInItsCloud(t *testing.T) {
	f := newFake(t)
	f.set("orders")
	inContainer := values{"blobContainerName": "orders"}
	attacks := f.Authority.AttacksOnHost(strings.TrimPrefix(f.HTTPS.URL, "https://"),
		with(f.Private(), inContainer), with(inContainer, values{"accountName": "shop"}), "blob.core.windows.net")
	f.Authority.Attacks(t, azureblob.Driver(), attacks, f.Count)
}
