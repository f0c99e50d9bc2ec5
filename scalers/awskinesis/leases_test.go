package awskinesis

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPositions(t *testing.T) {
	// a was split into b and c, which were merged into d.
	parents := map[string][]string{"a": nil, "b": {"a"}, "c": {"a"}, "d": {"b", "c"}}
	begin := func(shard string) position { return position{shard: shard} }

	for name, c := range map[string]struct {
		checkpoints map[string]string
		want        []position
	}{
		"a consumer that has not begun": {
			nil, []position{begin("a"), begin("b"), begin("c"), begin("d")},
		},
		"a consumer in the middle of the first shard": {
			map[string]string{"a": "7"}, []position{{"a", "7"}, begin("b"), begin("c"), begin("d")},
		},
		"a consumer that is done with the first shard": {
			map[string]string{"a": shardEnd}, []position{begin("b"), begin("c"), begin("d")},
		},
		"a consumer whose lease of the first shard was removed": {
			map[string]string{"b": "8", "c": shardEnd}, []position{{"b", "8"}, begin("d")},
		},
		"a consumer that began with the last shard": {
			map[string]string{"d": "9"}, []position{{"d", "9"}},
		},
		"a consumer that began at the tip": {
			map[string]string{"d": latest}, []position{{"d", latest}},
		},
		"a consumer that is to begin with the oldest record, or at some time": {
			map[string]string{"a": shardEnd, "b": trimHorizon, "c": atTimestamp}, []position{begin("b"), begin("c"), begin("d")},
		},
		"leases of shards that are no more": {
			map[string]string{"d": "9", "z": "1"}, []position{{"d", "9"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.ElementsMatch(t, c.want, positions(parents, c.checkpoints))
		})
	}
}

func TestShardOf(t *testing.T) {
	for key, want := range map[string]string{
		"shardId-000000000001":                                  "shardId-000000000001",
		"123456789012:orders:1700000000:shardId-000000000002":   "shardId-000000000002",
		"123456789012:invoices:1700000000:shardId-000000000003": "",
	} {
		shard, ok := shardOf(key, "orders")
		require.Equal(t, want != "", ok, key)
		if ok {
			require.Equal(t, want, shard)
		}
	}
}
