package datadog_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/datadog"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
	"github.com/scalerkit/scalerkit/scalers/scalertest/httpkit"
)

type values = map[string]string

// answer is one with the points of some series, of which each is JSON.
func answer(series string) string { return `{"status":"ok","series":[` + series + `]}` }

// points is a series.
func points(points string) string { return `{"pointlist":[` + points + `]}` }

func TestSuiteOnFake(t *testing.T) {
	httpkit.Kit{
		Driver: datadog.Driver(),
		New:    scalertest.Typed(datadog.New),
		Spec: func(server, thing string) scalerkit.Spec {
			return scalerkit.Spec{
				Type: "datadog", Name: "orders",
				Metadata: values{"query": "sum:" + thing + "{*}", "queryValue": "5"},
				Auth:     scalerkit.Secrets(values{"datadogSite": server, "apiKey": "api-secret", "appKey": "app-secret"}),
			}
		},
		Thing: func(r *http.Request) string {
			query := r.FormValue("query")
			return query[len("sum:") : len(query)-len("{*}")]
		},
		Body: func(level float64) string {
			now := time.Now().UnixMilli()
			return answer(points(fmt.Sprintf("[%d,500],[%d,%v],[%d,null]", now-2000, now-1000, level, now)))
		},
		Absent:    answer(""),
		TargetKey: "queryValue", ActivationKey: "activationQueryValue",
		Logins: []httpkit.Login{{
			Name: "keys",
			Auth: func(secret string) map[string]string { return values{"apiKey": secret, "appKey": secret + "-app"} },
			Accepts: func(r *http.Request, secret string) bool {
				return r.Header.Get("DD-API-KEY") == secret && r.Header.Get("DD-APPLICATION-KEY") == secret+"-app"
			},
		}},
	}.Run(t)
}
