package azureblob_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
	"github.com/scalerkit/scalerkit/scalers/azureblob"
)

// TestTheTokenOfAnIdentityStaysInItsCloud plays somebody who writes a trigger
// to get hold of the tokens of the program's identity.
func TestTheTokenOfAnIdentityStaysInItsCloud(t *testing.T) {
	azuretest.NeedTrust(t)
	f := newFake(t)
	f.set("orders")
	host := strings.TrimPrefix(f.https.URL, "https://")
	authority := strings.TrimPrefix(f.authority.Identity().AuthorityHost, "https://")
	noService := `azure-blob trigger "orders": endpointSuffix: "` + host + `" may not be sent the token of an identity: let the administrator list it as an identity endpoint`
	noAuthority := func(hosts string) string {
		return `azure-blob trigger "orders": identityAuthorityHost: "` + strings.TrimSuffix(authority, "/") + `" may not be sent the token of an identity: use ` + hosts + `, or let the administrator list it as an identity endpoint`
	}
	const (
		public = "login.microsoftonline.com, login.microsoft.com, login.windows.net, sts.windows.net"
		others = ", login.microsoftonline.us, login.usgovcloudapi.net, login.chinacloudapi.cn, login.partner.microsoftonline.cn, login.microsoftonline.de"
	)
	for name, c := range map[string]struct {
		metadata values
		listed   []string
		want     string
	}{
		"nothing is listed":               {f.private(), nil, noAuthority(public+others) + "\n" + noService},
		"the authority is listed":         {f.private(), []string{strings.TrimSuffix(authority, "/")}, noService},
		"the account is listed":           {f.private(), []string{host}, noAuthority(public + others)},
		"an authority of no cloud":        {values{"accountName": "shop"}, nil, noAuthority(public)},
		"a host hidden behind a fragment": {with(f.private(), values{"endpointSuffix": f.suffix() + "/#.blob.core.windows.net"}), []string{authority[:len(authority)-1], "*.blob.core.windows.net"}, noService},
	} {
		t.Run(name, func(t *testing.T) {
			spec := trigger(scalerkit.Spec{Metadata: c.metadata, Identity: f.authority.Identity()}, modes["Top"], "orders")
			s, err := azureblob.Driver().Open(spec, scalerkit.Options{IdentityEndpoints: c.listed})
			if err == nil {
				_, _ = s.Read(t.Context())
				require.NoError(t, s.Close())
			}
			require.Zero(t, f.count(), "the host was asked")
			require.Zero(t, f.authority.Issued(), "the authority was shown the pod's token")
			require.EqualError(t, err, c.want)
		})
	}
}
