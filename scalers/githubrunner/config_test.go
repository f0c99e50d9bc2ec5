package githubrunner_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/scalers/githubrunner"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

func TestMistakesAreNamed(t *testing.T) {
	const trigger = `github-runner trigger "runners": `
	for want, c := range map[string]struct{ metadata, auth values }{
		trigger + `personalAccessToken: is missing: requests need it, or applicationID, installationID and appKey of a GitHub App`: {},
		trigger + `installationID: is missing: a GitHub App needs it` + "\n" +
			trigger + `appKey: is missing: a GitHub App needs it`: {metadata: values{"applicationID": "7"}},
		trigger + `appKey: is no RSA private key in PEM`:                                         {metadata: values{"applicationID": "7", "installationID": "8"}, auth: values{"appKey": "key"}},
		trigger + `runnerScope: "user" is not one of org, ent, repo`:                             {metadata: values{"runnerScope": "user"}, auth: values{"personalAccessToken": "t"}},
		trigger + `repos: has "a/b/c", which is neither the name of a repository nor owner/name`: {metadata: values{"repos": "a/b/c"}, auth: values{"personalAccessToken": "t"}},
		trigger + `targetWorkflowQueueLength: "0" is less than 1`:                                {metadata: values{"targetWorkflowQueueLength": "0"}, auth: values{"personalAccessToken": "t"}},
	} {
		s := spec("https://api.github.com", "orders", "")
		for key, value := range c.metadata {
			s.Metadata[key] = value
		}
		s.Auth = scalerkit.Secrets(c.auth)
		_, err := githubrunner.Driver().Open(s, scalerkit.Options{})
		require.EqualError(t, err, want)
	}
}

type credential struct{}

func (credential) Authorize(_ context.Context, r *http.Request) error {
	r.Header.Set("Authorization", "Bearer "+token)
	return nil
}

func TestTheProgramsCredential(t *testing.T) {
	f := newFake(t)
	f.set("shop/orders", 2)
	s, err := githubrunner.New(githubrunner.Config{
		Server: githubrunner.Server{URL: f.URL, Link: httpsource.Link{Credential: credential{}}},
		Owner:  "shop", Scope: "repo", Repos: []string{"orders"},
	}, scalerkit.Options{})
	require.NoError(t, err)
	scalertest.WantValue(t, s, 2)
	require.NoError(t, s.Close())
}
