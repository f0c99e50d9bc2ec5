package azureservicebus_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus/admin"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// sdk returns the official client for the fake.
func sdk(tb testing.TB, f *fake) *admin.Client {
	tb.Helper()
	transport := f.https.Client() // which trusts the fake
	client, err := admin.NewClientFromConnectionString(
		f.connection("SharedAccessKeyName="+keyName+";SharedAccessKey="+key),
		&admin.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: transport, Retry: policy.RetryOptions{MaxRetries: -1}}})
	require.NoError(tb, err)
	tb.Cleanup(transport.CloseIdleConnections)
	return client
}

// The driver does not use the official client, so that client has to agree:
// it takes the fake for the service, and reads the same from it.
func TestTheOfficialClientReadsTheSame(t *testing.T) {
	ctx := context.Background()
	f := newFake(t)
	for i := range 130 {
		f.set(name(i), counts{i, 1, 2, 3, 4})
		f.set("events/subscriptions/"+name(i), counts{active: i, deadLetter: 2, transfer: 3, transferDeadLetter: 4})
	}
	client := sdk(t, f)

	q, err := client.GetQueueRuntimeProperties(ctx, name(42), nil)
	require.NoError(t, err)
	require.Equal(t, []int32{42, 1, 2, 3, 4}, []int32{q.ActiveMessageCount, q.ScheduledMessageCount, q.DeadLetterMessageCount, q.TransferMessageCount, q.TransferDeadLetterMessageCount})
	s, err := client.GetSubscriptionRuntimeProperties(ctx, "events", name(42), nil)
	require.NoError(t, err)
	require.Equal(t, []int32{42, 2, 3, 4}, []int32{s.ActiveMessageCount, s.DeadLetterMessageCount, s.TransferMessageCount, s.TransferDeadLetterMessageCount})
	scalertest.WantValue(t, of(t, f, queue(name(42)), nil), 42)
	scalertest.WantValue(t, of(t, f, values{"topicName": "events", "subscriptionName": name(42)}, nil), 42)

	var sum float64
	queues := client.NewListQueuesRuntimePropertiesPager(nil)
	for queues.More() {
		page, err := queues.NextPage(ctx)
		require.NoError(t, err)
		for _, q := range page.QueueRuntimeProperties {
			sum += float64(q.ActiveMessageCount)
		}
	}
	scalertest.WantValue(t, of(t, f, regex(".*", "sum"), nil), sum)
	require.Equal(t, 130*129/2, int(sum))

	f.change(func() { f.status[name(42)] = string(admin.EntityStatusReceiveDisabled) })
	disabled, err := client.GetQueue(ctx, name(42), nil)
	require.NoError(t, err)
	require.Equal(t, admin.EntityStatusReceiveDisabled, *disabled.Status)
	scalertest.WantValue(t, of(t, f, queue(name(42)), nil), 0)

	missing, err := client.GetQueueRuntimeProperties(ctx, "none", nil)
	require.NoError(t, err)
	require.Nil(t, missing)
}

// Why the driver does not use the official client.
func TestTheOfficialClientTakesNothingForZero(t *testing.T) {
	f := newFake(t)
	client := sdk(t, f)
	f.say(func(w http.ResponseWriter, _ *http.Request) bool {
		_, _ = fmt.Fprint(w, `<entry><title>orders</title><content type="application/xml"><QueueDescription><CreatedAt>2026-01-02T03:04:05Z</CreatedAt><UpdatedAt>2026-01-02T03:04:05Z</UpdatedAt><AccessedAt>2026-01-02T03:04:05Z</AccessedAt><CountDetails/></QueueDescription></content></entry>`)
		return true
	})
	q, err := client.GetQueueRuntimeProperties(context.Background(), "orders", nil)
	require.NoError(t, err)
	require.Zero(t, q.ActiveMessageCount)
	_ = wantError(t, of(t, f, queue("orders"), nil), `messages of queue "orders": the answer does not say how many messages are in state active`)

	f.say(func(w http.ResponseWriter, _ *http.Request) bool {
		_, _ = fmt.Fprint(w, `<entry><title>w</title><content type="application/xml"><SubscriptionDescription><MessageCount>1</MessageCount><CountDetails/></SubscriptionDescription></content></entry>`)
		return true
	})
	subscription := values{"topicName": "events", "subscriptionName": "w"}
	require.Panics(t, func() { _, _ = client.GetSubscriptionRuntimeProperties(context.Background(), "events", "w", nil) })
	_ = wantError(t, of(t, f, subscription, nil), `messages of subscription "w" of topic "events": the answer does not say how many messages are in state active`)

	f.say(nil)
	f.set("a", counts{active: 1})
	f.set("b", counts{active: 2})
	f.change(func() { f.bare["b"] = true })
	_, err = client.NewListQueuesRuntimePropertiesPager(nil).NextPage(context.Background())
	require.EqualError(t, err, "invalid queue runtime properties: no CountDetails element")
	scalertest.WantValue(t, of(t, f, regex("a", "sum"), nil), 1)

	page, err := client.NewListSubscriptionsRuntimePropertiesPager("none", nil).NextPage(context.Background())
	require.NoError(t, err)
	require.Empty(t, page.SubscriptionRuntimeProperties)
	_ = wantError(t, of(t, f, values{"topicName": "none", "subscriptionName": ".*", "useRegex": "true"}, nil),
		`messages of subscriptions that match ".*" of topic "none": not found: there is no such topic`)
}

// BenchmarkRound reads the 1,000 queues of one namespace in turn by the
// official client, in as few requests as it can, and by as many triggers, and
// reports the ratio of the two.
func BenchmarkRound(b *testing.B) {
	azuretest.NeedTrust(b)
	const queues = 1000
	ctx := context.Background()
	f := newFake(b)
	client := sdk(b, f)
	pool := new(scalerkit.Pool)
	spec := withConnection(f.connection("SharedAccessKeyName=" + keyName + ";SharedAccessKey=" + key))
	scalers := make([]scalerkit.Scaler, queues)
	for i := range scalers {
		f.set(name(i), counts{active: i})
		scalers[i] = opened(b, spec, queue(name(i)), pool)
	}

	bare := func() {
		n := 0
		pager := client.NewListQueuesRuntimePropertiesPager(&admin.ListQueuesRuntimePropertiesOptions{MaxPageSize: 100})
		for pager.More() {
			page, err := pager.NextPage(ctx)
			if err != nil {
				b.Fatal(err)
			}
			n += len(page.QueueRuntimeProperties)
		}
		if n != queues {
			b.Fatal(n)
		}
	}
	ours := func() {
		for i, r := range scalerkit.ReadAll(ctx, scalers...) {
			if r.Err != nil || r.Reading.Value != float64(i) {
				b.Fatal(i, r)
			}
		}
	}
	bare()
	ours()
	var bareTime, oursTime time.Duration
	var bareRequests, oursRequests int
	f.asked()
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		bare()
		bareTime += time.Since(start)
		bareRequests += len(f.asked())
		start = time.Now()
		ours()
		oursTime += time.Since(start)
		oursRequests += len(f.asked())
	}
	b.ReportMetric(float64(bareTime.Microseconds())/float64(b.N)/1000, "bare-ms/round")
	b.ReportMetric(float64(oursTime.Microseconds())/float64(b.N)/1000, "ours-ms/round")
	b.ReportMetric(float64(bareRequests)/float64(b.N), "bare-requests/round")
	b.ReportMetric(float64(oursRequests)/float64(b.N), "ours-requests/round")
	b.ReportMetric(float64(oursTime)/float64(bareTime), "ratio")
}
