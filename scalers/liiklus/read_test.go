package liiklus_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/liiklus"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

func open(t *testing.T, metadata values, o scalerkit.Options) scalerkit.Scaler {
	t.Helper()
	for key, value := range map[string]string{"topic": "orders", "group": "workers"} {
		if metadata[key] == "" {
			metadata[key] = value
		}
	}
	s, err := liiklus.Driver().Open(scalerkit.Spec{Name: "orders", Metadata: metadata}, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestTheLag(t *testing.T) {
	for name, c := range map[string]struct {
		committed, ends string
		value           float64
		limit           int
		note            string
	}{
		"some":                  {`{"0":3,"1":4}`, `{"0":10,"1":4}`, 7, 2, ""},
		"nothing committed":     {`{}`, `{"0":10,"1":4}`, 14, 2, ""},
		"more than the limit":   {`{"0":0}`, `{"0":1000}`, 1000, 1, ""},
		"beyond the end":        {`{"0":11,"1":1}`, `{"0":10,"1":4}`, 3, 2, "what is committed is beyond the end in 1 of 2 partitions, which count as 0"},
		"a partition is gone":   {`{"0":3,"7":5}`, `{"0":10}`, 7, 1, ""},
		"no partitions":         {`{}`, `{}`, 0, 0, "the topic has no partitions"},
		"large and not rounded": {`{"0":9007199254740993}`, `{"0":9007199254740994}`, 1, 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			address := serve(t, func(_ context.Context, method, _ string) (string, error) {
				if method == "GetOffsets" {
					return `{"offsets":` + c.committed + `}`, nil
				}
				return `{"offsets":` + c.ends + `}`, nil
			})
			r, err := open(t, values{"address": address}, scalerkit.Options{}).Read(t.Context())
			require.NoError(t, err)
			require.Equal(t, c.value, r.Value)
			require.Equal(t, c.limit, r.Limit)
			require.Equal(t, c.note, r.Note)
		})
	}
}

func TestActivityGoesByAllOfTheLag(t *testing.T) {
	address := serve(t, func(_ context.Context, method, _ string) (string, error) {
		return map[string]string{"GetOffsets": `{}`, "GetEndOffsets": `{"offsets":{"0":100}}`}[method], nil
	})
	s := open(t, values{"address": address, "lagThreshold": "10", "activationLagThreshold": "50"}, scalerkit.Options{})
	scalertest.WantValue(t, s, 100) // KEDA caps it at 10, and is never active
}

// TestARound has four triggers: two groups and two versions of one, on two topics.
func TestARound(t *testing.T) {
	var mu sync.Mutex
	var asked []string
	address := serve(t, func(_ context.Context, method, request string) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, method+" "+request)
		if method == "GetOffsets" {
			return `{"offsets":{"0":1}}`, nil
		}
		return `{"offsets":{"0":8}}`, nil
	})
	o := scalerkit.Options{Pool: new(scalerkit.Pool)}
	for _, r := range scalerkit.ReadAll(t.Context(),
		open(t, values{"address": address}, o),
		open(t, values{"address": address, "groupVersion": "4294967295"}, o),
		open(t, values{"address": address, "group": "others"}, o),
		open(t, values{"address": address, "topic": "mails"}, o),
	) {
		require.NoError(t, r.Err)
		require.EqualValues(t, 7, r.Reading.Value)
	}
	require.ElementsMatch(t, []string{
		`GetOffsets {"topic":"orders","group":"workers"}`,
		`GetOffsets {"topic":"orders","group":"workers","groupVersion":4294967295}`,
		`GetOffsets {"topic":"orders","group":"others"}`,
		`GetOffsets {"topic":"mails","group":"workers"}`,
		`GetEndOffsets {"topic":"orders"}`,
		`GetEndOffsets {"topic":"mails"}`,
	}, asked)
	for i, call := range asked {
		require.Equal(t, i < 4, call[:len("GetOffsets ")] == "GetOffsets ", "ends are asked for last")
	}
}

func TestEitherCallMayFail(t *testing.T) {
	for _, broken := range []string{"GetOffsets", "GetEndOffsets"} {
		address := serve(t, func(_ context.Context, method, _ string) (string, error) {
			if method == broken {
				return "", status.Error(codes.Internal, "the store\nis down")
			}
			return `{}`, nil
		})
		scalertest.WantError(t, open(t, values{"address": address}, scalerkit.Options{}), nil,
			`read lag of group "workers" in topic "orders": `+broken+`: Internal: the store is down`)
	}
}

func TestTheMetric(t *testing.T) {
	require.Equal(t, scalerkit.Metric{
		Name: "liiklus-orders-eu", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 10},
	}, open(t, values{"address": "liiklus:6565", "topic": "orders.eu"}, scalerkit.Options{}).Metric())
}

func TestMistakesAreNamed(t *testing.T) {
	for want, metadata := range map[string]values{
		`address: has no port: want host:port`:                  {"address": "liiklus"},
		`lagThreshold: "0" is not greater than 0`:               {"lagThreshold": "0"},
		`groupVersion: "4294967296" is greater than 4294967295`: {"groupVersion": "4294967296"},
		`groupVersion: "-1" is less than 0`:                     {"groupVersion": "-1"},
		`group: is missing: set it in the metadata`:             {"group": ""},
	} {
		all := values{"address": "liiklus:6565", "topic": "orders", "group": "workers"}
		for k, v := range metadata {
			all[k] = v
		}
		_, err := liiklus.Driver().Open(scalerkit.Spec{Name: "orders", Metadata: all}, scalerkit.Options{})
		require.EqualError(t, err, `liiklus trigger "orders": `+want)
	}
}

// A program that links Liiklus' own messages registers them under these names.
func TestNothingIsRegisteredUnderLiiklusNames(t *testing.T) {
	_, err := protoregistry.GlobalFiles.FindDescriptorByName("com.github.bsideup.liiklus.GetOffsetsRequest")
	require.ErrorIs(t, err, protoregistry.NotFound)
}
