package gcppubsub_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/gcp/gcptest"
	"github.com/scalerkit/scalerkit/scalers/gcppubsub"
)

type values = map[string]string

func TestTriggersOpenAsTheyAreWritten(t *testing.T) {
	metric := func(name string, target, activation float64, inFlight bool) scalerkit.Metric {
		return scalerkit.Metric{Name: "gcp-ps-" + name, Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: target}, Activation: activation, InFlight: inFlight}
	}
	key := gcptest.KeyFor(t, "https://oauth2.googleapis.com/token")
	env := map[string]scalerkit.Secret{"GOOGLE_APPLICATION_CREDENTIALS_JSON": key, "SUBSCRIPTION": scalerkit.NewSecret("invoices")}
	for name, c := range map[string]struct {
		spec scalerkit.Spec
		want scalerkit.Metric
	}{
		"a subscription": {
			scalerkit.Spec{Identity: scalerkit.Identity{Provider: "gcp"}, Metadata: values{"subscriptionName": "orders"}},
			metric("orders", 10, 0, true),
		},
		"KEDA's example, with the key in the environment": {
			scalerkit.Spec{Env: env, Metadata: values{"subscriptionName": "mysubscription", "mode": "SubscriptionSize", "value": "5", "credentialsFromEnv": "GOOGLE_APPLICATION_CREDENTIALS_JSON"}},
			metric("mysubscription", 5, 0, true),
		},
		"everything": {
			scalerkit.Spec{Env: env, Metadata: values{
				"topicName": "projects/example-project/topics/mytopic", "mode": "MessageSizes", "aggregation": "count", "value": "5.5",
				"activationValue": "10.5", "timeHorizon": "1m", "valueIfNull": "0.0", "credentialsFromEnv": "GOOGLE_APPLICATION_CREDENTIALS_JSON",
			}},
			metric("projects-example-project-topics-mytopic", 5.5, 10.5, false),
		},
		"a name in the environment, and the key by the authentication": {
			scalerkit.Spec{Env: env, Auth: map[string]scalerkit.Secret{"GoogleApplicationCredentials": key}, Metadata: values{"subscriptionNameFromEnv": "SUBSCRIPTION"}},
			metric("invoices", 10, 0, true),
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := driver.Open(c.spec, scalerkit.Options{})
			require.NoError(t, err)
			require.Equal(t, c.want, s.Metric())
			require.NoError(t, s.Close())
		})
	}
}

func TestMistakesAreNamed(t *testing.T) {
	const noName = ` want 3 to 255 letters, digits and -_.~+%, the first a letter, and goog not the first of them, or projects/PROJECT/subscriptions/NAME`
	for want, metadata := range map[string]values{
		`subscriptionName: is missing: name a subscription in it, or a topic in topicName`:                                                                       {},
		`topicName: and subscriptionName are both set: keep one of the two`:                                                                                      {"subscriptionName": "orders", "topicName": "orders"},
		`subscriptionName: "or" is no name of a subscription:` + noName:                                                                                          {"subscriptionName": "or"},
		`subscriptionName: "orders' || true" is no name of a subscription:` + noName:                                                                             {"subscriptionName": "orders' || true"},
		`subscriptionName: "google-orders" is no name of a subscription:` + noName:                                                                               {"subscriptionName": "google-orders"},
		`subscriptionName: "projects/p/topics/orders" is no name of a subscription:` + noName:                                                                    {"subscriptionName": "projects/p/topics/orders"},
		`subscriptionName: "projects/../subscriptions/orders" is no name of a subscription:` + noName:                                                            {"subscriptionName": "projects/../subscriptions/orders"},
		`subscriptionName: "xprojects/p/subscriptions/orders" is no name of a subscription:` + noName:                                                            {"subscriptionName": "xprojects/p/subscriptions/orders"},
		`mode: "Size\"" is no metric of Pub/Sub in camel case, such as OldestUnackedMessageAge`:                                                                  {"subscriptionName": "orders", "mode": `Size"`},
		`aggregation: "max" is not one of count, sum, mean, median, variance, stddev, or percentile with a number from 0 to 100, such as percentile95`:           {"subscriptionName": "orders", "aggregation": "max"},
		`aggregation: "percentile101" is not one of count, sum, mean, median, variance, stddev, or percentile with a number from 0 to 100, such as percentile95`: {"subscriptionName": "orders", "aggregation": "percentile101"},
		`subscriptionSize: was removed from KEDA: use value, with mode SubscriptionSize`:                                                                         {"subscriptionName": "orders", "subscriptionSize": "5"},
		`value: "0" is not greater than 0`: {"subscriptionName": "orders", "value": "0"},
		`subscriptionName: "` + strings.Repeat("x", 256) + `" is no name of a subscription:` + noName: {"subscriptionName": strings.Repeat("x", 256)},
	} {
		_, err := driver.Open(scalerkit.Spec{Name: "t", Identity: scalerkit.Identity{Provider: "gcp"}, Metadata: metadata}, scalerkit.Options{})
		require.EqualError(t, err, `gcp-pubsub trigger "t": `+want)
	}
	_, err := gcppubsub.New(gcppubsub.Config{SubscriptionName: "orders"}, scalerkit.Options{})
	require.EqualError(t, err, "gcp-pubsub trigger: Key: is missing: give the key of a service account, or the pod identity gcp")
}

// TestWhatIsAskedFor looks at the requests that triggers come to.
func TestWhatIsAskedFor(t *testing.T) {
	m := gcptest.NewMonitoring(t)
	for _, c := range []struct {
		metadata        values
		project, filter string
		window          time.Duration
	}{
		{
			values{"subscriptionName": "orders"}, gcptest.Project,
			`metric.type = "pubsub.googleapis.com/subscription/num_undelivered_messages" AND resource.type = "pubsub_subscription" AND resource.labels.project_id = "shop-project" AND resource.labels.subscription_id = "orders"`,
			2 * time.Minute,
		},
		{
			values{"subscriptionName": "projects/another/subscriptions/orders", "mode": "OldestUnackedMessageAgeByRegion", "aggregation": "median"}, "another",
			`metric.type = "pubsub.googleapis.com/subscription/oldest_unacked_message_age_by_region" AND resource.type = "pubsub_subscription" AND resource.labels.project_id = "another" AND resource.labels.subscription_id = "orders"`,
			5 * time.Minute,
		},
		{
			values{"topicName": "projects/123/topics/orders", "mode": "message_sizes", "aggregation": "count", "timeHorizon": "90s"}, "123",
			`metric.type = "pubsub.googleapis.com/topic/message_sizes" AND resource.type = "pubsub_topic" AND resource.labels.topic_id = "orders"`,
			90 * time.Second,
		},
	} {
		metadata := maps.Clone(c.metadata)
		metadata["valueIfNull"] = "3"
		s := opened(t, m, nil, metadata)
		r, err := s.Read(t.Context())
		require.NoError(t, err)
		require.Equal(t, 3.0, r.Value)
		require.Equal(t, "Cloud Monitoring has no points of the last "+c.window.String()+", so valueIfNull counts", r.Note)
		requests, projects := m.Requests()
		require.Equal(t, []string{c.project}, projects)
		require.Equal(t, c.filter, requests[0].Get("filter"))
		begin, err := time.Parse(time.RFC3339, requests[0].Get("interval.startTime"))
		require.NoError(t, err)
		end, err := time.Parse(time.RFC3339, requests[0].Get("interval.endTime"))
		require.NoError(t, err)
		require.Equal(t, c.window, end.Sub(begin))
	}
}

var driver = gcppubsub.Driver()

// opened returns a Scaler that is closed with the test.
func opened(tb testing.TB, m *gcptest.Monitoring, pool *scalerkit.Pool, metadata values) scalerkit.Scaler {
	s, err := gcptest.Listing(driver).Open(m.Spec(tb, metadata), scalerkit.Options{Pool: pool})
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, s.Close()) })
	return s
}
