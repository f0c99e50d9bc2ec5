package elasticsearch_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/elasticsearch"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
	"github.com/scalerkit/scalerkit/scalers/scalertest/httpkit"
)

type values = map[string]string

// hits is the answer to a search that finds so many.
func hits(n any) string {
	return fmt.Sprintf(`{"took":1,"timed_out":false,"_shards":{"total":1,"successful":1,"skipped":0,"failed":0},"hits":{"total":{"value":%v,"relation":"eq"},"hits":[]}}`, n)
}

func kit(typ string) httpkit.Kit {
	return httpkit.Kit{
		Spec: func(server, thing string) scalerkit.Spec {
			return scalerkit.Spec{Type: typ, Name: "orders", Metadata: values{
				"addresses": server, "index": thing, "query": `{"size":0}`, "valueLocation": "hits.total.value", "targetValue": "5",
			}}
		},
		Thing:     func(r *http.Request) string { return strings.Split(r.URL.Path, "/")[1] },
		Body:      func(level float64) string { return hits(level) },
		TargetKey: "targetValue", ActivationKey: "activationTargetValue",
		Logins: []httpkit.Login{{
			Name:     "basic",
			Metadata: func(string) values { return values{"username": "user"} },
			Auth:     func(secret string) values { return values{"password": secret} },
			Accepts: func(r *http.Request, secret string) bool {
				user, password, _ := r.BasicAuth()
				return user == "user" && password == secret
			},
		}},
	}
}

func TestSuiteOnFake(t *testing.T) {
	k := kit("elasticsearch")
	k.Driver, k.New = elasticsearch.Driver(), scalertest.Typed(elasticsearch.New)
	k.Logins = append(k.Logins, httpkit.Login{
		Name: "apiKey", Auth: func(secret string) values { return values{"apiKey": secret} },
		Accepts: func(r *http.Request, secret string) bool { return r.Header.Get("Authorization") == "ApiKey "+secret },
	})
	k.Run(t)
}

func TestOpenSearchSuiteOnFake(t *testing.T) {
	k := kit("opensearch")
	k.Driver, k.New = elasticsearch.OpenSearchDriver(), scalertest.Typed(elasticsearch.NewOpenSearch)
	k.Run(t)
}
