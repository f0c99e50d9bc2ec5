package gcppubsub_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/gcp/gcptest"
	"github.com/scalerkit/scalerkit/scalers/gcppubsub"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

func at(ago time.Duration, n float64) gcptest.Point {
	return gcptest.Point{Ago: ago, Value: gcptest.Whole(n)}
}

func TestTheNewestPointCountsAndTellsItsTime(t *testing.T) {
	m := gcptest.NewMonitoring(t)
	m.Set(subscription("orders", at(110*time.Second, 3), at(80*time.Second, 12), at(95*time.Second, 40)))
	before := time.Now().Truncate(time.Second)
	r, err := opened(t, m, nil, values{"subscriptionName": "orders"}).Read(t.Context())
	require.NoError(t, err)
	require.Equal(t, 12.0, r.Value)
	require.Empty(t, r.Note)
	age := before.Sub(r.Time)
	require.InDelta(t, 80, age.Seconds(), 60, "it is as old as the point")
	require.Greater(t, age, 20*time.Second)
}

func TestASubscriptionWithoutPoints(t *testing.T) {
	m := gcptest.NewMonitoring(t)
	m.Set(subscription("empty"), subscription("old", at(10*time.Minute, 5)))
	for _, name := range []string{"none", "empty", "old"} { // KEDA reads -1 of the second
		s := opened(t, m, nil, values{"subscriptionName": name})
		scalertest.WantError(t, s, scalerkit.ErrNotFound, fmt.Sprintf(`read SubscriptionSize of subscription %q: not found: Cloud Monitoring has no points of the last 2m0s`, name))
		scalertest.WantValue(t, opened(t, m, nil, values{"subscriptionName": name, "valueIfNull": "20", "activationValue": "10"}), 20)
	}
	scalertest.WantValue(t, opened(t, m, nil, values{"subscriptionName": "old", "timeHorizon": "15m"}), 5)
	below := opened(t, m, nil, values{"subscriptionName": "none", "valueIfNull": "-1"})
	scalertest.WantValue(t, below, 0)
}

func TestOnlyTheProjectsOwnCount(t *testing.T) {
	m := gcptest.NewMonitoring(t)
	monitored := subscription("orders", at(time.Minute, 70))
	monitored.Project = gcptest.Project + "-2" // in the metrics scope of the first
	m.Set(monitored)
	scalertest.WantError(t, opened(t, m, nil, values{"subscriptionName": "orders"}), scalerkit.ErrNotFound,
		`read SubscriptionSize of subscription "orders": not found: Cloud Monitoring has no points of the last 2m0s`)
	m.Set(subscription("orders", at(time.Minute, 7)))
	scalertest.WantValue(t, opened(t, m, nil, values{"subscriptionName": "orders"}), 7)
}

func TestMessagesPublished(t *testing.T) {
	m := gcptest.NewMonitoring(t)
	sizes := func(ago time.Duration, n int) gcptest.Point {
		return gcptest.Point{Ago: ago, Value: fmt.Sprintf(`{"distributionValue":{"count":"%d","mean":100.5}}`, n)}
	}
	topic := gcptest.Series{
		Project: gcptest.Project, Metric: "pubsub.googleapis.com/topic/message_sizes", Resource: "pubsub_topic", Kind: "DELTA", Type: "DISTRIBUTION",
		Labels: map[string]string{"topic_id": "orders"}, Points: []gcptest.Point{sizes(time.Minute, 3), sizes(3*time.Minute, 4), sizes(4*time.Minute, 50)},
	}
	m.Set(topic)
	published := values{"topicName": "orders", "mode": "MessageSizes"}
	scalertest.WantError(t, opened(t, m, nil, published), nil, `read MessageSizes of topic "orders": the values are of type DISTRIBUTION, and no numbers: aggregate them`)
	published["aggregation"] = "count"
	scalertest.WantValue(t, opened(t, m, nil, published), 7)
	published["aggregation"] = "sum"
	scalertest.WantValue(t, opened(t, m, nil, published), 703.5)
}

func TestTriggersOfAProjectAreOneList(t *testing.T) {
	m := gcptest.NewMonitoring(t)
	m.Page(40) // of 300
	pool := new(scalerkit.Pool)
	var scalers []scalerkit.Scaler
	for i := range 300 {
		name := fmt.Sprintf("orders-%d", i)
		if i != 7 {
			m.Set(subscription(name, at(time.Minute, float64(i))))
		}
		scalers = append(scalers, opened(t, m, pool, values{"subscriptionName": name}))
	}
	another := subscription("orders-1", at(time.Minute, 5))
	another.Project = "another"
	m.Set(another)
	scalers = append(scalers, opened(t, m, pool, values{"subscriptionName": "projects/another/subscriptions/orders-1"}))
	for i, r := range scalerkit.ReadAll(t.Context(), scalers...) {
		switch i {
		case 7:
			require.EqualError(t, r.Err, `read SubscriptionSize of subscription "orders-7": not found: Cloud Monitoring has no points of the last 2m0s`)
		case 300:
			require.NoError(t, r.Err)
			require.Equal(t, 5.0, r.Reading.Value)
		default:
			require.NoError(t, r.Err)
			require.Equal(t, float64(i), r.Reading.Value)
		}
	}
	requests, _ := m.Requests()
	require.Len(t, requests, 8+1)

	for _, r := range scalerkit.ReadAll(t.Context(), scalers[1], scalers[2]) {
		require.NoError(t, r.Err)
	}
	requests, _ = m.Requests()
	require.Len(t, requests, 1)
	require.Contains(t, requests[0].Get("filter"), ` AND resource.labels.subscription_id = one_of("orders-1","orders-2")`)
}

func TestCredentialsMayBeRevoked(t *testing.T) {
	m := gcptest.NewMonitoring(t)
	m.Set(subscription("orders", at(time.Minute, 1)))
	s := opened(t, m, nil, values{"subscriptionName": "orders"})
	scalertest.WantValue(t, s, 1)
	m.Authority.Revoke()
	scalertest.WantError(t, s, scalerkit.ErrDenied, `read SubscriptionSize of subscription "orders": GET `+m.URL+`/v3/projects/shop-project/timeSeries: access denied: 401 Unauthorized: UNAUTHENTICATED: not with Bearer [redacted]`)
	scalertest.WantValue(t, s, 1)
}

func TestAnIdentitysProjectAndToken(t *testing.T) {
	m := gcptest.NewMonitoring(t)
	m.Authority.Machine(t)
	m.Set(subscription("orders", at(time.Minute, 1)))
	spec := m.Spec(t, values{"subscriptionName": "orders"})
	spec.Auth, spec.Identity = nil, scalerkit.Identity{Provider: "gcp"}
	s, err := gcptest.Listing(driver).Open(spec, scalerkit.Options{})
	require.NoError(t, err)
	defer s.Close()
	scalertest.WantValue(t, s, 1)

	_, err = driver.Open(spec, scalerkit.Options{})
	require.EqualError(t, err, `gcp-pubsub trigger "orders": gcpEndpoint: "`+m.URL[len("http://"):]+`" may not be sent the token of an identity: use *.googleapis.com, or let the administrator list it as an identity endpoint`)
}

func TestTheProgramsCredential(t *testing.T) {
	m := gcptest.NewMonitoring(t)
	m.Set(subscription("orders", at(time.Minute, 1)))
	scalertest.Borrowed(t, func(credential oauth2.TokenSource, o scalerkit.Options) (scalerkit.Scaler, error) {
		o.IdentityEndpoints = gcptest.Listed
		return gcppubsub.New(gcppubsub.Config{
			Access:           gcppubsub.Access{Endpoint: m.URL, Credential: credential},
			SubscriptionName: "projects/" + gcptest.Project + "/subscriptions/orders",
		}, o)
	}, m.Authority.Credential(), m.Authority.Credential())
}
