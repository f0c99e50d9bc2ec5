package huaweicloudeye_test

import (
	"context"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/huaweicloudeye"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
	"github.com/scalerkit/scalerkit/scalers/scalertest/httpkit"
)

type values = map[string]string

// spec returns a trigger on one thing of a Cloud Eye.
func spec(url, thing string, more values) scalerkit.Spec {
	s := scalerkit.Spec{
		Name: "orders",
		Metadata: values{
			"cloudeyeEndpoint": url, "namespace": "SYS.ELB", "metricName": "mb_l7_qps",
			"dimensionName": "lbaas_instance_id", "dimensionValue": thing, "targetMetricValue": "5",
		},
		Auth: scalerkit.Secrets(values{"Region": "ap-southeast-1", "ProjectID": project, "AccessKey": accessKey, "SecretKey": secretKey}),
	}
	maps.Copy(s.Metadata, more)
	return s
}

// as returns a trigger with another parameter in its authentication.
func as(s scalerkit.Spec, key, value string) scalerkit.Spec {
	s.Auth = maps.Clone(s.Auth)
	s.Auth[key] = scalerkit.NewSecret(value)
	return s
}

func TestSuiteOnFake(t *testing.T) {
	const wrong = "not-the-secret"
	suite := scalertest.Suite{Driver: huaweicloudeye.Driver(), New: scalertest.Typed(huaweicloudeye.New), Start: func(tb testing.TB) scalertest.Source {
		f := newFake(tb)
		trigger := func(thing string) scalertest.Trigger {
			return scalertest.Trigger{Spec: spec(f.URL, thing, nil), Set: func(_ context.Context, level float64) error {
				f.set(thing, point{4 * time.Minute, level + 1}, point{0, level}) // the oldest first
				return nil
			}}
		}
		missing, secure := trigger("missing").Spec, spec("https://source.example", "orders", nil)
		denied, throttled := as(trigger("orders").Spec, "SecretKey", wrong), as(trigger("orders").Spec, "ProjectID", busy)
		return scalertest.Source{
			Trigger: trigger("orders"), TargetKey: "targetMetricValue", ActivationKey: "activationTargetMetricValue",
			Missing: &missing, Denied: &denied, Throttled: &throttled, Secure: &secure,
			Secrets:  []string{secretKey, wrong},
			MaxConns: 8,
			Peers: func(n int) []scalertest.Trigger {
				peers := make([]scalertest.Trigger, n)
				for i := range peers {
					peers[i] = trigger(fmt.Sprintf("peer-%d", i))
				}
				return peers
			},
		}
	}}
	suite.Run(t)
	httpkit.RunOn(t, suite)
}
