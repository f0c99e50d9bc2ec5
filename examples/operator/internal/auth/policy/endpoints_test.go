package policy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/policy"
)

func TestEndpoints(t *testing.T) {
	const listed = `allowedEndpoints: ["https://vault.example.com:8200", "http://Vault/"]`
	enforce, err := policy.ParseEndpoints(`hashiCorpVault: {mode: enforce, ` + listed + `}`)
	require.NoError(t, err)
	warn, err := policy.ParseEndpoints(`hashiCorpVault: {mode: warn, ` + listed + `}`)
	require.NoError(t, err)
	require.True(t, warn.Warns())

	for _, address := range []string{"https://vault.example.com:8200", "HTTPS://VAULT.example.com:8200/prefix?x", "http://vault", "https://user@vault.example.com:8200"} {
		require.NoError(t, enforce.Check(address))
		require.NoError(t, warn.Check(address))
	}
	for address, is := range map[string]string{
		"https://evil.example.com":                                "https://evil.example.com",
		"https://vault.example.com":                               "https://vault.example.com",
		"https://vault.example.com:443":                           "https://vault.example.com:443",
		"http://vault.example.com:8200":                           "http://vault.example.com:8200",
		"http://vault:80":                                         "http://vault:80",
		"https://vault.example.com:8200@evil.example.com":         "https://evil.example.com",
		"https://vault.example.com:8200.evil.example.com":         "",
		"https://evil.example.com/https://vault.example.com:8200": "https://evil.example.com",
		"https://vault.example.com.:8200":                         "https://vault.example.com.:8200",
	} {
		if is == "" {
			require.EqualError(t, enforce.Check(address), "address is not a URL")
			require.EqualError(t, warn.Check(address), "address is not a URL")
			continue
		}
		require.EqualError(t, enforce.Check(address), is+" is not an endpoint that the administrator allows in KEDA_OUTBOUND_FILTER")
		require.EqualError(t, warn.Check(address), "the endpoint is not listed: "+is)
		require.ErrorIs(t, warn.Check(address), policy.ErrUnlisted)
	}
	for _, text := range []string{"", "{}", "hashiCorpVault: {}", `hashiCorpVault: {mode: "off", ` + listed + `}`, `{"hashiCorpVault": {` + listed + `}}`} {
		off, err := policy.ParseEndpoints(text)
		require.NoError(t, err)
		require.NoError(t, off.Check("https://evil.example.com"), text)
	}
	none, err := policy.ParseEndpoints(`hashiCorpVault: {mode: enforce}`)
	require.NoError(t, err)
	require.EqualError(t, none.Check("https://vault"), "https://vault is not an endpoint that the administrator allows in KEDA_OUTBOUND_FILTER")
}

func TestMistakesInFiltersAreNamed(t *testing.T) {
	const about = "environment variable KEDA_OUTBOUND_FILTER: "
	const origin = ": it is not just scheme, host and port, such as https://vault.example.com:8200"
	for text, want := range map[string]string{
		`hashiCorpVault: {mode: off}`: about + `hashiCorpVault.mode: "false" is not one of "off", warn, enforce: off needs the quotation marks`, // a word of YAML 1.1
		`hashiCorpVault: {mode: block, allowedEndpoints: [vault, "https://", "https://vault/v1", "https://user@vault", "https://vault?x", "ftp://vault", "https://vault*"]}`: about + `hashiCorpVault.mode: "block" is not one of "off", warn, enforce: off needs the quotation marks
` + about + `hashiCorpVault.allowedEndpoints[0]` + origin + `
` + about + `hashiCorpVault.allowedEndpoints[1]` + origin + `
` + about + `hashiCorpVault.allowedEndpoints[2]` + origin + `
` + about + `hashiCorpVault.allowedEndpoints[3]` + origin + `
` + about + `hashiCorpVault.allowedEndpoints[4]` + origin + `
` + about + `hashiCorpVault.allowedEndpoints[5]` + origin,
		`vault: {mode: warn}`: about + `error unmarshaling JSON: while decoding JSON: json: unknown field "vault"`,
		"{}\n---\n{}":         about + `it has more than one document`,
	} {
		_, err := policy.ParseEndpoints(text)
		require.EqualError(t, err, want, text)
	}
}
