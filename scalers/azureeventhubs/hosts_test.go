package azureeventhubs_test

import (
	"strings"
	"testing"

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
	authority := f.authority.Host()

	private := values{
		"cloud": "Private", "endpointSuffix": strings.TrimPrefix(hub, "127."), "storageEndpointSuffix": "airgap.example",
		"eventHubNamespace": "127", "eventHubName": "orders", "storageAccountName": "shop", "blobContainer": "c",
	}
	const noAddress = "is no address for the token of an identity: want a URL such as https://example.com, without user and password"
	noHub := azuretest.Refused("endpointSuffix", hub, "")
	noStore := azuretest.Refused("storageEndpointSuffix", "shop.blob.airgap.example", "")
	f.authority.Attacks(t, azureeventhubs.Driver(), map[string]azuretest.Attack{
		"the authority is listed":         {Metadata: private, Listed: []string{authority}, Want: noHub + "\n" + noStore},
		"all but the store is listed":     {Metadata: private, Listed: []string{authority, hub}, Want: noStore},
		"all but the hub is listed":       {Metadata: private, Listed: []string{authority, "*.airgap.example"}, Want: noHub},
		"an authority of no cloud":        {Metadata: with(private, values{"cloud": ""}), Want: azuretest.Refused("identityAuthorityHost", authority, azuretest.PublicAuthorities)},
		"a port hidden behind a fragment": {Metadata: with(private, values{"endpointSuffix": "0.0.1#:443"}), Listed: []string{"127.0.0.1", "*.airgap.example"}, Want: "endpointSuffix: " + noAddress},
		"a store hidden behind a user":    {Metadata: with(private, values{"storageEndpointSuffix": "x@" + storeSuffix}), Listed: []string{authority, hub}, Want: "storageEndpointSuffix: " + noAddress},
	}, func() int { return len(f.requests()) + f.connections() + len(f.blobs.requests()) })
}
