package awsidentity_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/driver/httpsource/awsidentity"
	"github.com/scalerkit/scalerkit/internal/aws/awsfake"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const role = "arn:aws:iam::123456789012:role/reader"

// serve starts a source that tells who asks, by the signature.
func serve(t *testing.T, keys *awsfake.Keys) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		key, refusal := keys.Check(r, body, "aps")
		if refusal != nil {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprintf(w, "%s: token %s", refusal.Code, r.Header.Get("X-Amz-Security-Token"))
			return
		}
		_, _ = io.WriteString(w, key.Owner)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func client(t *testing.T, p httpsource.Platform) *httpsource.Client {
	open, err := awsidentity.Identities().Opener(p, httpsource.Audience{Service: "aps"}, scalerkit.Options{})
	require.NoError(t, err)
	c, err := httpsource.New(httpsource.Settings{Identity: open}, scalerkit.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func TestWhoAsks(t *testing.T) {
	sts := awsfake.NewSTS(t)
	sts.Process(t)
	sts.Trust(role, awsfake.Operator)
	sts.Keys.Add(awsfake.Key{ID: "AKIATRIGGER", Secret: "trigger-secret", Token: "trigger-token", Owner: "trigger"})
	server := serve(t, &sts.Keys)
	for _, p := range []httpsource.Platform{
		{Identity: scalerkit.Identity{Provider: "aws"}},
		{AWS: httpsource.AWS{IdentityOwner: "operator"}},
		{AWS: httpsource.AWS{AccessKeyID: "AKIATRIGGER", SecretAccessKey: scalerkit.NewSecret("trigger-secret"), SessionToken: scalerkit.NewSecret("trigger-token")}},
		{Identity: scalerkit.Identity{Provider: "aws", RoleARN: role}},
	} {
		want := awsfake.Operator
		switch {
		case p.AWS.AccessKeyID != "":
			want = "trigger"
		case p.Identity.RoleARN != "":
			want = role + " as scalerkit"
		}
		p.AWS.Region = awsfake.Region
		c := client(t, p)
		for _, r := range []httpsource.Request{
			{URL: server + "/workspaces/ws-1/api/v1/query?query=a%2Bb+c"},
			{Method: http.MethodPost, URL: server + "/workspaces/ws-1", Body: []byte("query=up")},
		} {
			response, err := c.Do(t.Context(), r)
			require.NoError(t, err)
			require.Equal(t, want, string(response.Body))
		}
	}
}

func TestRefusedCredentialsAreFetchedAnew(t *testing.T) {
	sts := awsfake.NewSTS(t)
	sts.Process(t)
	server := serve(t, &sts.Keys)
	c := client(t, httpsource.Platform{Identity: scalerkit.Identity{Provider: "aws"}, AWS: httpsource.AWS{Region: awsfake.Region}})
	_, err := c.Do(t.Context(), httpsource.Request{URL: server})
	require.NoError(t, err)

	sts.Keys.Revoke("AKIAOPERATOR")
	renewed := awsfake.Key{ID: "AKIARENEWED", Secret: "another", Owner: "renewed"}
	sts.Keys.Add(renewed)
	awsfake.SetKey(t, renewed)
	_, err = c.Do(t.Context(), httpsource.Request{URL: server})
	require.ErrorIs(t, err, scalerkit.ErrDenied)
	response, err := c.Do(t.Context(), httpsource.Request{URL: server})
	require.NoError(t, err)
	require.Equal(t, "renewed", string(response.Body))
}

func TestErrorsHaveNoSecret(t *testing.T) {
	keys := new(awsfake.Keys)
	server := serve(t, keys)
	c := client(t, httpsource.Platform{AWS: httpsource.AWS{
		Region: awsfake.Region, AccessKeyID: "AKIATRIGGER", SecretAccessKey: scalerkit.NewSecret("trigger-secret"), SessionToken: scalerkit.NewSecret("trigger-token"),
	}})
	_, err := c.Do(t.Context(), httpsource.Request{URL: server})
	require.EqualError(t, err, "GET "+server+": access denied: 403 Forbidden: UnrecognizedClientException: token [redacted]")
}
