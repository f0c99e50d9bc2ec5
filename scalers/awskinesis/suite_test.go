package awskinesis_test

import (
	"context"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/aws/awsfake"
	"github.com/scalerkit/scalerkit/scalers/awskinesis"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
	"github.com/scalerkit/scalerkit/scalers/scalertest/httpkit"
)

const wrongSecret = "not-the-secret"

// source describes triggers on a Kinesis at an address to the suite. Their
// streams begin with prefix.
func source(url, prefix string, more map[string]string, set func(ctx context.Context, stream string, level float64) error) scalertest.Source {
	trigger := func(name string) scalertest.Trigger {
		metadata := map[string]string{"awsRegion": awsfake.Region, "awsEndpoint": url, "streamName": prefix + name}
		maps.Copy(metadata, more)
		return scalertest.Trigger{
			Spec: scalerkit.Spec{Type: "aws-kinesis-stream", Name: name, Metadata: metadata,
				Auth: scalerkit.Secrets(map[string]string{"awsAccessKeyID": keyID, "awsSecretAccessKey": secretKey})},
			Set: func(ctx context.Context, level float64) error { return set(ctx, prefix+name, level) },
		}
	}
	denied := trigger("a").Spec
	denied.Auth = scalerkit.Secrets(values{"awsAccessKeyID": keyID, "awsSecretAccessKey": wrongSecret})
	missing := trigger("missing").Spec
	secure := trigger("a").Spec
	secure.Metadata["awsEndpoint"] = "https://source.example"
	return scalertest.Source{
		Trigger:       trigger("a"),
		Secure:        &secure,
		TargetKey:     "shardCount",
		ActivationKey: "activationShardCount",
		Secrets:       []string{secretKey, wrongSecret},
		Denied:        &denied,
		Missing:       &missing,
		Peers: func(n int) []scalertest.Trigger {
			peers := make([]scalertest.Trigger, n)
			for i := range peers {
				peers[i] = trigger(fmt.Sprintf("peer-%d", i))
			}
			return peers
		},
	}
}

func TestSuiteOnFake(t *testing.T) {
	t.Run("OpenShards", func(t *testing.T) {
		t.Parallel()
		suite := scalertest.Suite{Driver: awskinesis.Driver(), New: scalertest.Typed(awskinesis.New), Start: func(tb testing.TB) scalertest.Source {
			f := newFake(tb)
			return source(f.URL, "", nil, func(_ context.Context, stream string, level float64) error {
				shards := []shard{{id: "closed", closed: true}}
				for i := range int(level) {
					shards = append(shards, shard{id: fmt.Sprintf("shard-%d", i)})
				}
				f.set(stream, shards...)
				return nil
			})
		}}
		suite.Run(t)
		httpkit.RunOn(t, suite)
	})
	t.Run("IteratorAge", func(t *testing.T) {
		t.Parallel()
		// An age is at rest only while the time is.
		now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		suite := scalertest.Suite{Driver: awskinesis.DriverAt(now), Start: func(tb testing.TB) scalertest.Source {
			f := newFake(tb)
			f.now = func() time.Time { return now }
			f.lease("consumer", [2]string{"shard-0", "0"})
			more := map[string]string{"mode": "iteratorAge", "iteratorAge": "60", "leaseTable": "consumer", "leaseTableEndpoint": f.URL}
			s := source(f.URL, "", more, func(_ context.Context, stream string, level float64) error {
				s := shard{id: "shard-0", records: []time.Duration{time.Hour}}
				if level > 0 {
					s.records = append(s.records, time.Duration(level*float64(time.Second)))
				}
				f.set(stream, s)
				return nil
			})
			s.TargetKey, s.ActivationKey = "iteratorAge", "activationIteratorAge"
			return s
		}}
		suite.Run(t)
		httpkit.RunOn(t, suite)
	})
}
