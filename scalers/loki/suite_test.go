package loki_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/loki"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
	"github.com/scalerkit/scalerkit/scalers/scalertest/httpkit"
)

type values = map[string]string

// vector is the answer with a result of that type.
func vector(series string) string {
	return `{"status":"success","data":{"resultType":"vector","result":[` + series + `],"stats":{"summary":{}}}}`
}

func TestSuiteOnFake(t *testing.T) {
	httpkit.Kit{
		Driver: loki.Driver(),
		New:    scalertest.Typed(loki.New),
		Spec: func(server, thing string) scalerkit.Spec {
			return scalerkit.Spec{Type: "loki", Name: "orders", Metadata: values{
				"serverAddress": server, "query": thing, "threshold": "5", "ignoreNullValues": "false",
			}}
		},
		Thing: func(r *http.Request) string { return r.FormValue("query") },
		Body: func(level float64) string {
			return vector(fmt.Sprintf(`{"metric":{},"value":[1700000000.123,"%v"]}`, level))
		},
		Absent:    vector(""),
		TargetKey: "threshold", ActivationKey: "activationThreshold",
	}.Run(t)
}
