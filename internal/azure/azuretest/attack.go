package azuretest

import (
	"maps"
	"strings"
	"testing"

	"github.com/scalerkit/scalerkit"
)

// An Attack is what somebody writes into a trigger to get hold of the tokens of
// the program's identity.
type Attack struct {
	Metadata map[string]string
	Listed   []string // by the administrator, as identity endpoints
	Want     string   // the error, after the trigger's type and name
}

// Attacks opens a trigger for each, with the identity of the Authority, and reads
// it if that works. Asked returns how many requests the services were sent, of
// which there must be none.
func (a *Authority) Attacks(t *testing.T, d scalerkit.Driver, attacks map[string]Attack, asked func() int) {
	NeedTrust(t)
	for name, attack := range attacks {
		t.Run(name, func(t *testing.T) {
			spec := scalerkit.Spec{Type: d.Name(), Name: "orders", Identity: a.Identity(), Metadata: attack.Metadata}
			s, err := d.Open(spec, scalerkit.Options{IdentityEndpoints: attack.Listed})
			if err == nil {
				_, _ = s.Read(t.Context())
				_ = s.Close()
				t.Fatal("it was opened")
			}
			if n := asked(); n != 0 {
				t.Errorf("a service got %d requests", n)
			}
			if n := a.Issued(); n != 0 {
				t.Errorf("the authority was shown the pod's token, and gave out %d", n)
			}
			prefix := d.Name() + ` trigger "orders": `
			want := prefix + strings.ReplaceAll(attack.Want, "\n", "\n"+prefix)
			if err.Error() != want {
				t.Errorf("the error is\n%v\nand not\n%s", err, want)
			}
		})
	}
}

// Host returns the host of the Authority, with its port.
func (a *Authority) Host() string { return strings.TrimPrefix(a.url, "https://") }

// The authorities that may be shown the token of a pod, as errors list them.
const (
	PublicAuthorities = "login.microsoftonline.com, login.microsoft.com, login.windows.net, sts.windows.net"
	AllAuthorities    = PublicAuthorities + ", login.microsoftonline.us, login.usgovcloudapi.net, login.chinacloudapi.cn, login.partner.microsoftonline.cn, login.microsoftonline.de"
)

// Refused returns the error about a parameter that leads a token to a host, where
// only some may get it, or none.
func Refused(key, host, hosts string) string {
	text := key + `: "` + host + `" may not be sent the token of an identity: `
	if hosts != "" {
		return text + "use " + hosts + ", or let the administrator list it as an identity endpoint"
	}
	return text + "let the administrator list it as an identity endpoint"
}

// AttacksOnHost returns the attacks on a service with one host, which has the
// given address, by metadata that leads there in the cloud Private. In the public
// cloud, its hosts end with public; there, metadata without host are elsewhere.
func (a *Authority) AttacksOnHost(address string, private, elsewhere map[string]string, public string) map[string]Attack {
	const authority = "identityAuthorityHost"
	noService, noAuthority := Refused("endpointSuffix", address, ""), Refused(authority, a.Host(), AllAuthorities)
	hidden := maps.Clone(private)
	hidden["endpointSuffix"] += "/#." + public
	return map[string]Attack{
		"nothing is listed":               {private, nil, noAuthority + "\n" + noService},
		"the authority is listed":         {private, []string{a.Host()}, noService},
		"the service is listed":           {private, []string{address}, noAuthority},
		"an authority of no cloud":        {elsewhere, nil, Refused(authority, a.Host(), PublicAuthorities)},
		"a host hidden behind a fragment": {hidden, []string{a.Host(), "*." + public}, noService},
	}
}
