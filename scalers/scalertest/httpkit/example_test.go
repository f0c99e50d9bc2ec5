package httpkit_test

import (
	"fmt"
	"net/http"
	"path"
	"testing"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/metricsapi"
	"github.com/scalerkit/scalerkit/scalers/scalertest/httpkit"
)

// The whole test of a driver that asks for queues/NAME and is answered with JSON,
// but for what is the driver's own.
func Example() {
	testSuite := func(t *testing.T) {
		httpkit.Kit{
			Driver: metricsapi.Driver(nil),
			Spec: func(server, thing string) scalerkit.Spec {
				return scalerkit.Spec{Type: "metrics-api", Metadata: map[string]string{
					"url": server + "/queues/" + thing, "valueLocation": "length", "targetValue": "5",
				}}
			},
			Thing:         func(r *http.Request) string { return path.Base(r.URL.Path) },
			Body:          func(level float64) string { return fmt.Sprintf(`{"length":%v}`, level) },
			TargetKey:     "targetValue",
			ActivationKey: "activationTargetValue",
		}.Run(t)
	}
	_ = testSuite // is TestSuite of the driver's package
}
