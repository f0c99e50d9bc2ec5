package newrelic_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/newrelic"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
	"github.com/scalerkit/scalerkit/scalers/scalertest/httpkit"
)

type values = map[string]string

// rows is an answer with rows, of which each is JSON.
func rows(rows string) string {
	return `{"data":{"actor":{"account":{"nrql":{"results":[` + rows + `]}}}}}`
}

// A request is what NerdGraph is sent.
type request struct {
	Query     string
	Variables struct {
		Account int
		NRQL    string
	}
}

func TestSuiteOnFake(t *testing.T) {
	httpkit.Kit{
		Driver: newrelic.Driver(),
		New:    scalertest.Typed(newrelic.New),
		Spec: func(server, thing string) scalerkit.Spec {
			return scalerkit.Spec{
				Type: "new-relic", Name: "orders",
				Metadata: values{"region": server + "/graphql", "nrql": thing, "threshold": "5", "noDataError": "true"},
				Auth:     scalerkit.Secrets(values{"account": "123", "queryKey": "unknown-key"}),
			}
		},
		Thing: func(r *http.Request) string {
			var asked request
			_ = json.NewDecoder(r.Body).Decode(&asked)
			return asked.Variables.NRQL
		},
		Body:      func(level float64) string { return rows(fmt.Sprintf(`{"count":%v}`, level)) },
		Absent:    rows(""),
		TargetKey: "threshold", ActivationKey: "activationThreshold",
		Logins: []httpkit.Login{{
			Name:    "key",
			Auth:    func(secret string) map[string]string { return values{"queryKey": secret} },
			Accepts: func(r *http.Request, secret string) bool { return r.Header.Get("Api-Key") == secret },
		}},
	}.Run(t)
}
