package azureeventhubs_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
	"github.com/scalerkit/scalerkit/scalers/azureeventhubs"
)

// TestTheTokenOfAnIdentityStaysInItsCloud plays somebody who writes a trigger
// to get hold of the tokens of the program's identity.
func TestTheTokenOfAnIdentityStaysInItsCloud(t *testing.T) {
	azuretest.NeedTrust(t)
	f := newFixture(t)
	f.set("orders", partition{0, 9, false})
	hub := f.secure.Addr().String()
	store := newSecureProxy(t, f.blobs)
	storeSuffix := strings.TrimPrefix(store, "127.")
	authority := strings.Trim(strings.TrimPrefix(f.authority.Identity().AuthorityHost, "https:"), "/")

	private := values{
		"cloud": "Private", "endpointSuffix": strings.TrimPrefix(hub, "127."), "storageEndpointSuffix": "airgap.example",
		"eventHubNamespace": "127", "eventHubName": "orders", "storageAccountName": "shop", "blobContainer": "c",
	}
	const (
		refused = `" may not be sent the token of an identity: let the administrator list it as an identity endpoint`
		blobs   = `azure-eventhub trigger "t": storageEndpointSuffix: "shop.blob.airgap.example` + refused
	)
	noHub := `azure-eventhub trigger "t": endpointSuffix: "` + hub + refused
	noAuthority := `azure-eventhub trigger "t": identityAuthorityHost: "` + authority + `" may not be sent the token of an identity: use login.microsoftonline.com, login.microsoft.com, login.windows.net, sts.windows.net, or let the administrator list it as an identity endpoint`
	for name, c := range map[string]struct {
		metadata values
		listed   []string
		want     string
	}{
		"the authority is listed":         {private, []string{authority}, noHub + "\n" + blobs},
		"all but the store is listed":     {private, []string{authority, hub}, blobs},
		"all but the hub is listed":       {private, []string{authority, "*.airgap.example"}, noHub},
		"an authority of no cloud":        {with(private, values{"cloud": ""}), nil, noAuthority},
		"a port hidden behind a fragment": {with(private, values{"endpointSuffix": "0.0.1#:443"}), []string{"127.0.0.1", "*.airgap.example"}, `azure-eventhub trigger "t": endpointSuffix: is no address for the token of an identity: want a URL such as https://example.com, without user and password`},
		"a store hidden behind a user": {with(private, values{"storageEndpointSuffix": "x@" + storeSuffix}), []string{authority, hub},
			`azure-eventhub trigger "t": storageEndpointSuffix: is no address for the token of an identity: want a URL such as https://example.com, without user and password`},
	} {
		t.Run(name, func(t *testing.T) {
			spec := scalerkit.Spec{Type: "azure-eventhub", Name: "t", Identity: f.authority.Identity(), Metadata: c.metadata}
			s, err := azureeventhubs.Driver().Open(spec, scalerkit.Options{IdentityEndpoints: c.listed})
			if err == nil {
				_, _ = s.Read(t.Context())
				require.NoError(t, s.Close())
			}
			require.Empty(t, f.requests(), "the hub was asked")
			require.Zero(t, f.connections(), "the hub was connected to")
			require.Empty(t, f.blobs.requests(), "the store was asked")
			require.Zero(t, f.authority.Issued(), "the authority was shown the pod's token")
			require.EqualError(t, err, c.want)
		})
	}
}
