package kafka_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/kafka"
)

func matching(t *testing.T, address, group, pattern string, options scalerkit.Options) scalerkit.Scaler {
	t.Helper()
	return opened(t)(kafka.Driver().Open(scalerkit.Spec{Metadata: values{
		"bootstrapServers": address, "consumerGroup": group, "topic": pattern, "useRegex": "true", "offsetResetPolicy": "earliest",
	}}, options))
}

func TestTopicsByARegularExpression(t *testing.T) {
	f := newOpenFake(t)
	testRegex(t, f.admin, f.address(), "a")
}

func TestTopicsByARegularExpressionOnServer(t *testing.T) {
	a, address := server(t, "SCALERKIT_TEST_KAFKA")
	testRegex(t, a, address, fmt.Sprintf("regex-%d", time.Now().UnixNano()))
}

// testRegex has topics of which the names begin with prefix.
func testRegex(t *testing.T, a admin, address, prefix string) {
	a.create(t, prefix+"-orders-eu", 3, 4)
	a.create(t, prefix+"-orders-us", 10)
	a.create(t, prefix+"-mails", 100)
	require.NoError(t, a.commit(t.Context(), prefix, prefix+"-orders-eu", 1, 4))
	for pattern, value := range map[string]float64{
		prefix + "-orders-.*":                      12, // without a committed offset, all of a topic counts
		prefix + "-orders-[a-z]{1,2}":              12,
		prefix + "-orders-us":                      10,
		prefix + "-orders-eu|" + prefix + "-mails": 102,
	} {
		r := wantValue(t, matching(t, address, prefix, pattern, scalerkit.Options{}), value)
		require.Equal(t, scalerkit.Active, r.Activity)
	}
	for _, pattern := range []string{prefix + "-orders", "orders", "__consumer_offsets"} { // which is not a whole name, or one of the broker's own
		wantError(t, matching(t, address, prefix, pattern, scalerkit.Options{}), scalerkit.ErrNotFound,
			fmt.Sprintf("read lag of group %q in topics that match %q: not found: there is no such topic that this user may see", prefix, pattern))
	}
	s := matching(t, address, prefix, prefix+"-new.*", scalerkit.Options{})
	_, err := s.Read(t.Context())
	require.ErrorIs(t, err, scalerkit.ErrNotFound)
	a.create(t, prefix+"-new-one", 5)
	wantValue(t, s, 5)
}

// A round asks for the names once, whatever expressions there are.
func TestARoundWithRegularExpressions(t *testing.T) {
	f := newOpenFake(t)
	f.create(t, "orders", 3)
	f.create(t, "mails", 5)
	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	all := []scalerkit.Scaler{
		matching(t, f.address(), "a", "orders", options), matching(t, f.address(), "b", "or.*", options), matching(t, f.address(), "a", "m.*|x", options),
		opened(t)(kafka.Driver().Open(scalerkit.Spec{Metadata: values{
			"bootstrapServers": f.address(), "consumerGroup": "a", "topic": "or.*",
		}}, options)),
	}
	scalerkit.ReadAll(t.Context(), all...) // finds the brokers
	f.record()
	results := scalerkit.ReadAll(t.Context(), all...)
	for i, want := range []float64{3, 3, 5} {
		require.NoError(t, results[i].Err)
		require.Equal(t, want, results[i].Reading.Value)
	}
	require.ErrorIs(t, results[3].Err, scalerkit.ErrNotFound, "a name is no expression")
	metadata := 0
	for _, name := range f.requests() {
		if name == "Metadata" {
			metadata++
		}
	}
	require.Equal(t, 2, metadata, "one for the names, one for the partitions")
}

func TestRegularExpressionsThatAreNone(t *testing.T) {
	for topic, want := range map[string]string{
		"":      `kafka trigger "t": topic: is missing: useRegex needs it`,
		"a[":    `kafka trigger "t": topic: is not a regular expression: missing closing ]`,
		"a)|(b": `kafka trigger "t": topic: is not a regular expression: unexpected )`,
	} {
		_, err := kafka.Driver().Open(scalerkit.Spec{Name: "t", Metadata: values{
			"bootstrapServers": "kafka:9092", "consumerGroup": "g", "topic": topic, "useRegex": "true",
		}}, scalerkit.Options{})
		require.EqualError(t, err, want)
	}
	require.Equal(t, "kafka-g-topics", matching(t, "kafka:9092", "g", "a.*", scalerkit.Options{}).Metric().Name)
}
