package pulsar_test

import (
	"fmt"
	"net/http"
	"path"
	"testing"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/pulsar"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
	"github.com/scalerkit/scalerkit/scalers/scalertest/httpkit"
)

func TestSuite(t *testing.T) {
	httpkit.Kit{
		Driver: pulsar.Driver(),
		New:    scalertest.Typed(pulsar.New),
		Spec: func(server, thing string) scalerkit.Spec {
			return scalerkit.Spec{Name: "orders", Metadata: values{
				"adminURL": server, "topic": "persistent://public/default/" + thing, "subscription": "workers",
			}}
		},
		Thing: func(r *http.Request) string { return path.Base(path.Dir(r.URL.Path)) },
		Body: func(level float64) string {
			return fmt.Sprintf(`{"msgRateIn":0.5,"subscriptions":{"workers":{"msgBacklog":%v},"others":{"msgBacklog":1000}}}`, level)
		},
		TargetKey: "msgBacklogThreshold", ActivationKey: "activationMsgBacklogThreshold",
		Elsewhere: true,
	}.Run(t)
}
