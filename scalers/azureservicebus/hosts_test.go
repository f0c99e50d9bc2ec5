package azureservicebus_test

import (
	"strings"
	"testing"

	"github.com/scalerkit/scalerkit/scalers/azureservicebus"
)

// TestTheTokenOfAnIdentityStaysInItsCloud plays somebody who writes a trigger
// to get hold of the tokens of the program's identity.
func TestTheTokenOfAnIdentityStaysInItsCloud(t *testing.T) {
	f := newFake(t)
	f.set("orders", counts{})
	private := with(withIdentity(f, f.authority.Identity()).Metadata, queue("orders"))
	attacks := f.authority.AttacksOnHost(strings.TrimPrefix(f.https.URL, "https://"),
		private, with(queue("orders"), values{"namespace": "shop"}), "servicebus.windows.net")
	f.authority.Attacks(t, azureservicebus.Driver(), attacks, func() int { return len(f.asked()) })
}
