package telemetry_test

import (
	"net/http/httptest"
	"os"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/examples/operator/internal/telemetry"
	"github.com/scalerkit/scalerkit/scalers/redis"
)

func Example() {
	tel := telemetry.New("1.0.0", "abc")
	tel.Drivers = scalerkit.NewRegistry(redis.Driver())
	registry := prometheus.NewRegistry()
	registry.MustRegister(tel)

	key := scalerkit.Key{Namespace: "shop", Name: "web"}
	tel.Set(key, telemetry.Object{
		Kind: telemetry.ScaledObject, Namespace: "shop", Name: "web",
		Triggers: []telemetry.Trigger{{Type: "redis", Metric: "s0-redis-orders", Sample: "redis-orders"}},
	})
	runner := control.Runner{Exchanged: tel.Exchanged}
	_ = runner.Set(key, control.Loop{Observe: tel.Observe /* … */})
	tel.Observe(control.Round{Key: key, Samples: []autoscale.Sample{
		{Trigger: "redis-orders", Reading: scalerkit.Reading{Value: 50}},
	}})

	answer := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	for line := range strings.Lines(answer.Body.String()) {
		if strings.HasPrefix(line, "keda_scaler_metrics_value") {
			_, _ = os.Stdout.WriteString(line)
		}
	}
	// Output: keda_scaler_metrics_value{metric="s0-redis-orders",namespace="shop",scaledObject="web",scaler="redisScaler",triggerIndex="0",type="scaledobject"} 50
}
