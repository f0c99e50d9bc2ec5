package mongodb_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/mongodb"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// BenchmarkRound counts 1,000 collections, beside a bare client that does the same
// over as many connections.
func BenchmarkRound(b *testing.B) {
	const n, atATime = 1000, 8
	f := start(b)
	uri := fmt.Sprintf("mongodb://%s:%s@%s/", username, password, f.address)
	bareClient, err := mongo.Connect(options.Client().ApplyURI(uri).SetMaxPoolSize(atATime))
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, bareClient.Disconnect(b.Context())) })
	pool := new(scalerkit.Pool)
	scalers := make([]scalerkit.Scaler, n)
	for i := range scalers {
		collection := fmt.Sprint("c-", i)
		f.set(collection, i)
		scalers[i], err = mongodb.Driver().Open(scalerkit.Spec{Metadata: with(values{"connectionString": uri, "collection": collection})}, scalerkit.Options{Pool: pool})
		require.NoError(b, err)
		b.Cleanup(func() { require.NoError(b, scalers[i].Close()) })
	}
	bare := func() {
		var wait sync.WaitGroup
		for first := range atATime {
			wait.Go(func() {
				for i := first; i < n; i += atATime {
					got, err := bareClient.Database("shop").Collection(fmt.Sprint("c-", i)).CountDocuments(b.Context(), bson.D{{Key: "state", Value: "waiting"}})
					if err != nil || got != int64(i) {
						b.Error(got, err)
					}
				}
			})
		}
		wait.Wait()
	}
	ours := func() {
		for i, r := range scalerkit.ReadAll(b.Context(), scalers...) {
			if r.Err != nil || r.Reading.Value != float64(i) {
				b.Error(r)
			}
		}
	}
	scalertest.Compare(b, bare, ours)
}
