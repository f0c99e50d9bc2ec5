package httpsource_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
)

type onPlatform struct{ httpsource.Platform }

func (c *onPlatform) Parse(p *driver.Problems) { c.Check(p, new(httpsource.Access)) }

func decodePlatform(identity scalerkit.Identity, metadata, auth values) (httpsource.Platform, error) {
	var config onPlatform
	err := driver.Decode(scalerkit.Spec{Type: "x", Metadata: metadata, Auth: scalerkit.Secrets(auth), Identity: identity}, &config)
	return config.Platform, err
}

func TestWhoseIdentityIsAskedFor(t *testing.T) {
	region := values{"awsRegion": "eu-west-1"}
	key := values{"awsAccessKeyID": "AKIA", "awsSecretAccessKey": secret}
	for _, c := range []struct {
		identity       scalerkit.Identity
		metadata, auth values
		want           string
	}{
		{want: ""},
		{identity: scalerkit.Identity{Provider: "none"}, want: ""},
		{identity: scalerkit.Identity{Provider: "aws"}, metadata: region, want: "aws"},
		{identity: scalerkit.Identity{Provider: "aws-eks", RoleARN: "arn"}, metadata: region, want: "aws"},
		{identity: scalerkit.Identity{Provider: "azure-workload"}, want: "azure-workload"},
		{identity: scalerkit.Identity{Provider: "gcp"}, metadata: region, auth: key, want: "gcp"},
		{metadata: values{"awsRegion": "eu-west-1", "identityOwner": "operator"}, want: "aws"},
		{metadata: region, auth: key, want: "aws"},
		{metadata: region, auth: values{"awsRoleArn": "arn"}, want: "aws"},
		{metadata: region, auth: values{"GoogleApplicationCredentials": "{}"}, want: "gcp"},
	} {
		p, err := decodePlatform(c.identity, c.metadata, c.auth)
		require.NoError(t, err)
		require.Equal(t, c.want, p.Provider(), "%+v", c)
	}
}

func TestMistakesInWhoAsksAreNamed(t *testing.T) {
	region := values{"awsRegion": "eu-west-1"}
	for want, c := range map[string]struct {
		identity       scalerkit.Identity
		metadata, auth values
	}{
		"x trigger: credentialsFromEnvFile: is not supported, since it names a file of the program's: give the key itself":                            {metadata: values{"credentialsFromEnvFile": "FILE"}},
		"x trigger: awsRegion: is missing: signatures of AWS need it":                                                                                 {identity: scalerkit.Identity{Provider: "aws"}},
		"x trigger: awsSecretAccessKey: is missing: it goes with awsAccessKeyId":                                                                      {metadata: region, auth: values{"awsAccessKeyId": "AKIA"}},
		"x trigger: awsAccessKeyID: is missing: say who asks, with it and awsSecretAccessKey, with awsRoleArn, or with a podIdentity of provider aws": {identity: scalerkit.Identity{Provider: "aws-eks"}, metadata: region},
		"x trigger: the podIdentity is that of the workload, but its service account has no role: annotate that with eks.amazonaws.com/role-arn":      {identity: scalerkit.Identity{Provider: "aws", Owner: "workload"}, metadata: region},
	} {
		_, err := decodePlatform(c.identity, c.metadata, c.auth)
		require.EqualError(t, err, want)
	}
}

func TestIdentitiesOfAProgram(t *testing.T) {
	var closed bool
	open := func(httpsource.Platform, httpsource.Audience, scalerkit.Options) (httpsource.Opener, error) {
		return func() httpsource.Authenticator { return &pass{closed: &closed} }, nil
	}
	fails := func(httpsource.Platform, httpsource.Audience, scalerkit.Options) (httpsource.Opener, error) {
		return nil, errors.New("no role")
	}
	all := httpsource.Join(httpsource.Identities{"aws": open}, httpsource.Identities{"gcp": open, "azure-workload": fails})
	audience := httpsource.Audience{Hosts: []string{"*.googleapis.com", "127.0.0.1"}}
	for _, c := range []struct{ provider, url, listed, err string }{
		{"gcp", "https://monitoring.googleapis.com/v1", "", ""},
		{"gcp", "http://example.com", "example.com", ""},
		{"aws", "http://example.com", "", ""}, // a signature is of no use to others
		{"azure-workload", "https://127.0.0.1", "", "trigger: no role"},
		{"other", "https://127.0.0.1", "", `trigger: this program has no identity of provider "other" for this trigger type`},
		{"gcp", "https://example.com", "", `trigger: "example.com" may not be sent the token of an identity: use *.googleapis.com, 127.0.0.1, or let the administrator list it as an identity endpoint`},
		{"gcp", "http://127.0.0.1", "", `trigger: "127.0.0.1" may not be sent the token of an identity without TLS: use https, or let the administrator list it as an identity endpoint`},
	} {
		var options scalerkit.Options
		if c.listed != "" {
			options.IdentityEndpoints = []string{c.listed}
		}
		audience.URL = c.url
		got, err := all.Opener(httpsource.Platform{Identity: scalerkit.Identity{Provider: c.provider}}, audience, options)
		if c.err == "" {
			require.NoError(t, err)
			require.NotNil(t, got)
			continue
		}
		require.EqualError(t, err, c.err)
		require.NotEmpty(t, scalerkit.ConfigErrors(err))
	}
	none, err := all.Opener(httpsource.Platform{}, audience, scalerkit.Options{})
	require.NoError(t, err)
	require.Nil(t, none)

	server := serve(t, func(w http.ResponseWriter, r *http.Request) { status(403, r.Header.Get("Authorization"))(w, r) })
	got, err := all.Opener(httpsource.Platform{Identity: scalerkit.Identity{Provider: "aws"}}, audience, scalerkit.Options{})
	require.NoError(t, err)
	c, err := httpsource.New(httpsource.Settings{Identity: got}, scalerkit.Options{})
	require.NoError(t, err)
	_, err = c.Do(t.Context(), httpsource.Request{URL: server})
	require.EqualError(t, err, "GET "+server+": access denied: 403 Forbidden: Pass [redacted], refused 0 times")
	_, err = c.Do(t.Context(), httpsource.Request{URL: server})
	require.EqualError(t, err, "GET "+server+": access denied: 403 Forbidden: Pass [redacted], refused 1 times")
	require.NoError(t, c.Close())
	require.True(t, closed)
}

// A pass is told of all that there is to tell.
type pass struct {
	refused int
	closed  *bool
}

func (p *pass) Authorize(_ context.Context, r *http.Request) error {
	r.Header.Set("Authorization", "Pass "+secret+", refused "+string(rune('0'+p.refused))+" times")
	return nil
}

func (p *pass) Secrets() []string      { return []string{secret} }
func (p *pass) Refused(*http.Response) { p.refused++ }
func (p *pass) Close() error           { *p.closed = true; return nil }

func TestSecretsOfARequest(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) { status(500, "with "+r.Header.Get("X-Token"))(w, r) })
	c := client(t, httpsource.Access{}, scalerkit.Options{})
	_, err := c.Do(t.Context(), httpsource.Request{URL: server, Header: http.Header{"X-Token": {secret}}, Secrets: []string{secret}})
	require.EqualError(t, err, "GET "+server+": 500 Internal Server Error: with [redacted]")
	require.Equal(t, "with [redacted]", c.Excerpt(" with\n"+secret, secret))
}
