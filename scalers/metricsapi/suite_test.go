package metricsapi_test

import (
	"fmt"
	"net/http"
	"path"
	"testing"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/metricsapi"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
	"github.com/scalerkit/scalerkit/scalers/scalertest/httpkit"
)

func TestSuiteOnFake(t *testing.T) {
	httpkit.Kit{
		Driver: metricsapi.Driver(nil),
		New:    scalertest.Typed(metricsapi.New),
		Spec: func(server, thing string) scalerkit.Spec {
			return scalerkit.Spec{Type: "metrics-api", Name: "orders", Metadata: values{
				"url": server + "/" + thing, "valueLocation": "queue.length", "targetValue": "5",
			}}
		},
		Thing:     func(r *http.Request) string { return path.Base(r.URL.Path) },
		Body:      func(level float64) string { return fmt.Sprintf(`{"queue":{"length":%v}}`, level) },
		TargetKey: "targetValue", ActivationKey: "activationTargetValue",
	}.Run(t)
}
