package rabbitmq_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/rabbitmq"
)

// login is what the authentication delivers for the user of the fakes.
var login = values{"username": username, "password": password}

// opened opens a trigger on queue "orders", unless the metadata name another,
// until the test ends.
func opened(tb testing.TB, options scalerkit.Options, metadata, auth values) scalerkit.Scaler {
	tb.Helper()
	s, err := rabbitmq.Driver().Open(scalerkit.Spec{
		Type: "rabbitmq", Metadata: values{"queueName": "orders"}.with(metadata), Auth: scalerkit.Secrets(auth),
	}, options)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, s.Close()) })
	return s
}

// read reads once, with a time limit.
func read(s scalerkit.Scaler) (scalerkit.Reading, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return s.Read(ctx)
}

// requireValue fails the test unless the trigger reads the value.
func requireValue(tb testing.TB, want float64, s scalerkit.Scaler) {
	tb.Helper()
	r, err := read(s)
	require.NoError(tb, err)
	require.InDelta(tb, want, r.Value, 1e-9)
}

func TestModes(t *testing.T) {
	for name, c := range map[string]struct {
		mode       string
		activation string
		stats      stats
		want       float64
		active     bool
	}{
		"waiting and unacknowledged messages": {mode: "QueueLength", stats: stats{ready: 2, unacked: 3}, want: 5, active: true},
		"no messages":                         {mode: "QueueLength", want: 0},
		"as many messages as the activation":  {mode: "QueueLength", activation: "5", stats: stats{ready: 5}, want: 5},

		"messages are published":                     {mode: "MessageRate", stats: stats{published: 2.5}, want: 2.5, active: true},
		"messages wait, none is published":           {mode: "MessageRate", stats: stats{ready: 3}, want: 0, active: true},
		"few messages wait, none is published":       {mode: "MessageRate", activation: "3", stats: stats{ready: 3}, want: 0},
		"a rate below zero, as after a restart":      {mode: "MessageRate", stats: stats{published: -4}, want: 0},
		"messages are delivered":                     {mode: "DeliverGetRate", stats: stats{delivered: 2.5}, want: 2.5, active: true},
		"messages wait, none is delivered":           {mode: "DeliverGetRate", activation: "9", stats: stats{ready: 1}, want: 0, active: true},
		"slow delivery, below the activation":        {mode: "DeliverGetRate", activation: "9", stats: stats{ready: 1, delivered: 2}, want: 2},
		"no messages, none delivered":                {mode: "DeliverGetRate", want: 0},
		"published faster than delivered":            {mode: "PublishedToDeliveredRatio", stats: stats{published: 6, delivered: 4, ready: 100}, want: 1.5, active: true},
		"delivered, none published":                  {mode: "PublishedToDeliveredRatio", stats: stats{delivered: 4, ready: 100}, want: 0},
		"published, none delivered":                  {mode: "PublishedToDeliveredRatio", activation: "99", stats: stats{published: 6, ready: 2}, want: 30, active: true},
		"published, none delivered, many wait":       {mode: "PublishedToDeliveredRatio", activation: "999", stats: stats{published: 6, ready: 100}, want: 100, active: true},
		"none published, none delivered, many wait":  {mode: "PublishedToDeliveredRatio", activation: "999", stats: stats{ready: 100}, want: 100, active: true},
		"none published, none delivered, none waits": {mode: "PublishedToDeliveredRatio", want: 0},

		"time for what waits and comes":         {mode: "ExpectedQueueConsumptionTime", stats: stats{published: 6, delivered: 4, ready: 100}, want: 25.5, active: true},
		"time for what waits, with none coming": {mode: "ExpectedQueueConsumptionTime", stats: stats{delivered: 4, ready: 100}, want: 24, active: true},
		"time below zero":                       {mode: "ExpectedQueueConsumptionTime", stats: stats{delivered: 4, ready: 1}, want: 0},
		"time for nothing":                      {mode: "ExpectedQueueConsumptionTime", stats: stats{published: 6, delivered: 4}, want: 0},
		"time without delivery":                 {mode: "ExpectedQueueConsumptionTime", activation: "9999", stats: stats{published: 6, ready: 100}, want: 529, active: true},
		"time for nothing without delivery":     {mode: "ExpectedQueueConsumptionTime", stats: stats{published: 6}, want: 0},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			f.set("/", "orders", c.stats)
			s := opened(t, scalerkit.Options{}, values{
				"host": "http://" + f.serveHTTP(t, nil), "mode": c.mode, "value": "5", "activationValue": c.activation,
			}, login)
			r, err := read(s)
			require.NoError(t, err)
			require.InDelta(t, c.want, r.Value, 1e-9)
			require.Equal(t, c.active, r.IsActive(s.Metric()))
		})
	}
}

// What stands still must not call for fewer replicas than what moves slowly,
// nor for fewer than its messages do.
func TestStalledConsumersCallForNoFewerReplicas(t *testing.T) {
	f := newFake()
	host := "http://" + f.serveHTTP(t, nil)
	for _, mode := range []string{"PublishedToDeliveredRatio", "ExpectedQueueConsumptionTime"} {
		s := opened(t, scalerkit.Options{}, values{"host": host, "mode": mode, "value": "2"}, login)
		last := 0.0
		for _, delivered := range []float64{100, 10, 1, 0.2, 0} {
			f.set("/", "orders", stats{ready: 50, published: 3, delivered: delivered})
			r, err := read(s)
			require.NoError(t, err)
			require.GreaterOrEqual(t, r.Value, last, "%s with %v delivered a second", mode, delivered)
			last = r.Value
		}
		require.GreaterOrEqual(t, last, 50.0, mode)
	}
}

func TestExcludeUnacknowledged(t *testing.T) {
	f := newFake()
	f.set("/", "orders", stats{ready: 2, unacked: 3})
	s := opened(t, scalerkit.Options{}, values{"host": "http://" + f.serveHTTP(t, nil), "excludeUnacknowledged": "true"}, login)
	requireValue(t, 2, s)
}

func TestSeveralQueues(t *testing.T) {
	f := newFake()
	f.set("/", "orders-1", stats{ready: 1, published: 8, delivered: 1})
	f.set("/", "orders-2", stats{ready: 4, published: 2, delivered: 3})
	f.set("/", "orders-3", stats{isNew: true})
	f.set("/", "other", stats{ready: 100})
	host := "http://" + f.serveHTTP(t, nil)
	for name, c := range map[string]struct {
		metadata values
		want     float64
	}{
		"sum by default": {nil, 5},
		"average":        {values{"operation": "avg"}, 2.5},
		"maximum":        {values{"operation": "max"}, 4},
		"ratio of sums":  {values{"mode": "PublishedToDeliveredRatio", "value": "2"}, 2.5},
		"ratio of maxima": {values{"mode": "PublishedToDeliveredRatio", "value": "2", "operation": "max"},
			8.0 / 3},
		"page by page": {values{"pageSize": "1"}, 5},
		"no match":     {values{"queueName": "^nothing$"}, 0},
		"no match that could be averaged": {values{"queueName": "^nothing$", "operation": "avg"},
			0},
		"one match": {values{"queueName": "-2$"}, 4},
	} {
		t.Run(name, func(t *testing.T) {
			s := opened(t, scalerkit.Options{}, values{"host": host, "queueName": "^orders-", "useRegex": "true"}.with(c.metadata), login)
			requireValue(t, c.want, s)
		})
	}
}

// Numbers that the server does not tell are errors and not zeros.
func TestUnknownNumbersAreErrors(t *testing.T) {
	const noStatistics = "the server has no statistics yet: the first come seconds after a queue was declared, unless they are disabled"
	for name, c := range map[string]struct {
		queues   map[string]stats
		metadata values
		want     string
	}{
		"a new queue": {map[string]stats{"orders": {isNew: true}}, nil,
			`read queue "orders": ` + noStatistics},
		"only new queues": {map[string]stats{"a": {isNew: true}, "b": {isNew: true}}, values{"queueName": ".", "useRegex": "true"},
			`read queues that match ".": ` + noStatistics},
		"a queue whose node is down": {map[string]stats{"orders": {state: "down"}}, nil,
			`read queue "orders": the server does not know the number of messages, the state of the queue is "down"`},
		"a queue among others whose node is down": {map[string]stats{"a": {}, "b": {state: "down"}}, values{"queueName": ".", "useRegex": "true"},
			`read queues that match ".": "b": the server does not know the number of messages, the state of the queue is "down"`},
		"no rates": {map[string]stats{"orders": {published: 5, noRates: true}}, values{"mode": "MessageRate", "value": "5"},
			`read queue "orders": the server has no message rates, which management.rates_mode = none disables`},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			for queue, s := range c.queues {
				f.set("/", queue, s)
			}
			_, err := read(opened(t, scalerkit.Options{}, values{"host": "http://" + f.serveHTTP(t, nil)}.with(c.metadata), login))
			require.EqualError(t, err, c.want)
		})
	}
}
