package policy_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/policy"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/storetest"
)

func TestLists(t *testing.T) {
	for _, list := range []string{
		"", "\n", "[]", "---\n- audience: vault\n", `[{"audience": "vault"}, {"audience": "metrics", "namespace": "shop", "serviceAccountName": "reader"}]`,
		"- {audience: vault}\n- {audience: vault}\n- {audience: vault, namespace: a, serviceAccountName: b.c}\n- {audience: vault, namespace: b, serviceAccountName: b.c}\n",
	} {
		_, err := policy.ParseTokens(policy.ModeEnforce, list)
		require.NoError(t, err, list)
	}
	legacy, err := policy.ParseTokens(policy.ModeLegacy, "")
	require.NoError(t, err)
	require.True(t, legacy.Legacy)
}

func TestMistakesInListsAreNamed(t *testing.T) {
	const about = "environment variable KEDA_SERVICE_ACCOUNT_TOKEN_AUDIENCES: "
	for list, want := range map[string]string{
		`null`:                     about + `it is null: use a list of {audience: …}, or leave it empty`,
		`vault`:                    about + `the whole is of the wrong kind: string`,
		`{audience: vault}`:        about + `the whole is of the wrong kind: object`,
		"- audience: a\n---\n[]\n": about + `it has more than one document`,
		`[{audience: a, for: b}]`:  about + `error unmarshaling JSON: while decoding JSON: json: unknown field "for"`,
		`[{audience: a, audience: b}]`: about + `error converting YAML to JSON: yaml: unmarshal errors:
  line 1: key "audience" already set in map`,
		`[null, {audience: " a"}, {audience: a, namespace: b}, {audience: a, serviceAccountName: b}]`: about + `[0]: audience is missing
` + about + `[1]: audience " a" has white space around it
` + about + `[2]: namespace and serviceAccountName go together
` + about + `[3]: namespace and serviceAccountName go together`,
		`[{audience: a, namespace: "*", serviceAccountName: b}, {audience: a, namespace: b, serviceAccountName: c}, {audience: d, namespace: b, serviceAccountName: c}]`: about + `[0]: */b is not the name of one service account
` + about + `[2]: there is another audience for service account b/c: a token is requested for one`,
	} {
		_, err := policy.ParseTokens(policy.ModeEnforce, list)
		require.EqualError(t, err, want, list)
	}
	_, err := policy.ParseTokens("none", "")
	require.EqualError(t, err, `--service-account-token-mode: "none" is not one of enforce-audience, legacy`)
	_, err = policy.ParseTokens(policy.ModeLegacy, "[{audience: vault}]")
	require.EqualError(t, err, about+`it does not go with --service-account-token-mode=legacy, which looks at no audience`)
}

var now = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// token is good for an hour from now on.
func token(subject string, audience any) string {
	return storetest.Token(map[string]any{"sub": subject, "aud": audience, "exp": now.Add(time.Hour).Unix()})
}

const (
	list     = `[{audience: vault}, {audience: proxy}, {audience: api, namespace: shop, serviceAccountName: reader}]`
	operator = "system:serviceaccount:keda:keda-operator"
	reader   = "system:serviceaccount:shop:reader"
)

func TestTokensInFiles(t *testing.T) {
	tokens, err := policy.ParseTokens(policy.ModeEnforce, list)
	require.NoError(t, err)
	require.NoError(t, tokens.CheckFile(token(operator, "vault"), now))
	require.NoError(t, tokens.CheckFile(token(operator, []string{"proxy", "vault"}), now))
	require.NoError(t, tokens.CheckFile(token(reader, []string{"vault", "api"}), now))

	const unapproved = ` is not one that the administrator has approved for it in KEDA_SERVICE_ACCOUNT_TOKEN_AUDIENCES`
	for token, want := range map[string]string{
		"hunter2": `it is not the token of a service account`,
		"a.b.c":   `it is not the token of a service account`,
		storetest.Token(map[string]any{"sub": 1}):                                             `it is not the token of a service account`,
		token("jane@example.com", "vault"):                                                    `it is not the token of a service account`,
		token(operator, "https://kubernetes.default.svc"):                                     `its audience "https://kubernetes.default.svc"` + unapproved,
		token(operator, []string{"vault", "https://kubernetes.default.svc"}):                  `its audience "https://kubernetes.default.svc"` + unapproved,
		token(operator, "sts.amazonaws.com"):                                                  `its audience "sts.amazonaws.com"` + unapproved,
		token(operator, "api"):                                                                `its audience "api"` + unapproved, // that of another account
		token(operator, []string{}):                                                           `it is for no audience, and so for all`,
		token(operator, nil):                                                                  `it is for no audience, and so for all`,
		storetest.Token(map[string]any{"sub": operator, "aud": "vault"}):                      `it has no expiry: use one that Kubernetes renews`,
		storetest.Token(map[string]any{"sub": operator, "aud": "vault", "exp": now.Unix()}):   `it expired at 2026-05-01T12:00:00Z`,
		storetest.Token(map[string]any{"sub": operator, "aud": "vault", "exp": "in an hour"}): `it is not the token of a service account`,
	} {
		require.EqualError(t, tokens.CheckFile(token, now), want)
	}
}

func TestWithoutAListNoTokenLeaves(t *testing.T) {
	for _, tokens := range []policy.Tokens{{}, parse(t, "")} {
		require.EqualError(t, tokens.CheckFile(token(operator, "vault"), now), `no audience is approved: the administrator lists them in KEDA_SERVICE_ACCOUNT_TOKEN_AUDIENCES, or serviceAccountTokens of the chart`)
		_, err := tokens.Audiences("shop", "reader")
		require.EqualError(t, err, `there is no audience for service account shop/reader: the administrator sets one in KEDA_SERVICE_ACCOUNT_TOKEN_AUDIENCES, or serviceAccountTokens of the chart`)
	}
	_, err := parse(t, list).Audiences("", "")
	require.EqualError(t, err, `there is no audience for service account /: the administrator sets one in KEDA_SERVICE_ACCOUNT_TOKEN_AUDIENCES, or serviceAccountTokens of the chart`)
}

func parse(t *testing.T, list string) policy.Tokens {
	tokens, err := policy.ParseTokens(policy.ModeEnforce, list)
	require.NoError(t, err)
	return tokens
}

func TestTokensThatAreMade(t *testing.T) {
	tokens := parse(t, list)
	audiences, err := tokens.Audiences("shop", "reader")
	require.NoError(t, err)
	require.Equal(t, []string{"api"}, audiences)
	require.NoError(t, tokens.CheckMade(token(reader, "api"), "shop", "reader", now))
	for token, want := range map[string]string{
		"":                                      `it is not the token of a service account`,
		token(operator, "api"):                  `it is that of "system:serviceaccount:keda:keda-operator" instead of "system:serviceaccount:shop:reader"`,
		token(reader, "vault"):                  `its audience "vault" is not one that the administrator has approved for it in KEDA_SERVICE_ACCOUNT_TOKEN_AUDIENCES`,
		token(reader, []string{"api", "vault"}): `its audience "vault" is not one that the administrator has approved for it in KEDA_SERVICE_ACCOUNT_TOKEN_AUDIENCES`,
		token(reader, nil):                      `it is for no audience, and so for all`,
		storetest.Token(map[string]any{"sub": reader, "aud": "api"}): `it has no expiry: use one that Kubernetes renews`,
	} {
		require.EqualError(t, tokens.CheckMade(token, "shop", "reader", now), want)
	}
	_, err = tokens.Audiences("mail", "reader")
	require.EqualError(t, err, `there is no audience for service account mail/reader: the administrator sets one in KEDA_SERVICE_ACCOUNT_TOKEN_AUDIENCES, or serviceAccountTokens of the chart`)
}

func TestLegacyLooksAtNoAudience(t *testing.T) {
	tokens := policy.Tokens{Legacy: true}
	audiences, err := tokens.Audiences("shop", "reader")
	require.NoError(t, err)
	require.Empty(t, audiences)
	require.NoError(t, tokens.CheckMade("anything", "shop", "reader", now))
	require.NoError(t, tokens.CheckFile(token(operator, "https://kubernetes.default.svc"), now))
	require.EqualError(t, tokens.CheckFile(token("jane@example.com", "vault"), now), `it is not the token of a service account`)
}
