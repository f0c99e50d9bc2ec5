package dynatrace_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/dynatrace"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
	"github.com/scalerkit/scalerkit/scalers/scalertest/httpkit"
)

type values = map[string]string

// series is the result of a metric selector, of which each series is JSON.
func series(series string) string {
	return `{"totalCount":1,"result":[{"metricId":"x","data":[` + series + `]}]}`
}

// records is the result of a query, of which each record is JSON.
func records(records string) string {
	return `{"state":"SUCCEEDED","result":{"records":[` + records + `]}}`
}

// kit is for triggers that have what they read in one parameter.
func kit(key, scheme string) httpkit.Kit {
	return httpkit.Kit{
		Driver: dynatrace.Driver(),
		New:    scalertest.Typed(dynatrace.New),
		Spec: func(server, thing string) scalerkit.Spec {
			return scalerkit.Spec{
				Type: "dynatrace", Name: "orders",
				Metadata: values{"host": server + "/", key: thing, "threshold": "5"},
				Auth:     scalerkit.Secrets(values{"token": "unknown-token"}),
			}
		},
		TargetKey: "threshold", ActivationKey: "activationThreshold",
		Logins: []httpkit.Login{{
			Name:    "token",
			Auth:    func(secret string) map[string]string { return values{"token": secret} },
			Accepts: func(r *http.Request, secret string) bool { return r.Header.Get("Authorization") == scheme+secret },
		}},
	}
}

func TestSuiteOfSelectors(t *testing.T) {
	k := kit("metricSelector", "Api-Token ")
	k.Thing = func(r *http.Request) string { return r.FormValue("metricSelector") }
	k.Body = func(level float64) string {
		return series(fmt.Sprintf(`{"timestamps":[%d],"values":[%v]}`, time.Now().UnixMilli(), level))
	}
	k.Absent = series("")
	k.Run(t)
}

func TestSuiteOfQueries(t *testing.T) {
	k := kit("query", "Bearer ")
	k.Thing = func(r *http.Request) string {
		var asked struct{ Query string }
		_ = json.NewDecoder(r.Body).Decode(&asked)
		return asked.Query
	}
	k.Body = func(level float64) string { return records(fmt.Sprintf(`{"r":%v}`, level)) }
	k.Absent = records("")
	k.Run(t)
}
