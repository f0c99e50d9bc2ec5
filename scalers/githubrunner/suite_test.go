package githubrunner_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/githubrunner"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
	"github.com/scalerkit/scalerkit/scalers/scalertest/httpkit"
)

type values = map[string]string

func spec(url, repos, token string) scalerkit.Spec {
	return scalerkit.Spec{
		Type: "github-runner", Name: "runners", Auth: scalerkit.Secrets(values{"personalAccessToken": token}),
		Metadata: values{"githubApiURL": url, "owner": "shop", "runnerScope": "repo", "repos": repos, "targetWorkflowQueueLength": "5"},
	}
}

var suite = scalertest.Suite{Driver: githubrunner.Driver(), New: scalertest.Typed(githubrunner.New), Start: func(tb testing.TB) scalertest.Source {
	f := newFake(tb)
	trigger := func(repo string) scalertest.Trigger {
		return scalertest.Trigger{Spec: spec(f.URL, repo, token), Set: func(_ context.Context, level float64) error {
			f.set("shop/"+repo, int(level))
			return nil
		}}
	}
	missing, denied, throttled := spec(f.URL, "missing", token), spec(f.URL, "orders", wrong), spec(f.URL, "orders", busy)
	secure := spec("https://github.example", "orders", token)
	return scalertest.Source{
		Trigger: trigger("orders"), TargetKey: "targetWorkflowQueueLength", Secrets: []string{token, wrong, busy},
		Missing: &missing, Denied: &denied, Throttled: &throttled, Secure: &secure,
		MaxConns: 20, // with a time limit at hand, requests are sent side by side
		Peers: func(n int) []scalertest.Trigger {
			peers := make([]scalertest.Trigger, n)
			for i := range peers {
				peers[i] = trigger(fmt.Sprintf("peer-%d", i))
			}
			return peers
		},
	}
}}

func TestSuiteOnFake(t *testing.T) { suite.Run(t) }

func TestHTTP(t *testing.T) { httpkit.RunOn(t, suite) }
