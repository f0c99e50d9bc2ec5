package mongodb_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/mongodb"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

type values = map[string]string

// source describes collections to the suite; spec is without one.
func source(spec scalerkit.Spec, prefix string, set func(ctx context.Context, collection string, level int) error) scalertest.Source {
	of := func(collection string) scalerkit.Spec {
		s := spec
		s.Type, s.Name = "mongodb", collection
		s.Metadata = values{"dbName": "shop", "collection": prefix + collection, "query": `{"state":"waiting"}`, "queryValue": "5"}
		for key, value := range spec.Metadata {
			s.Metadata[key] = value
		}
		return s
	}
	trigger := func(collection string) scalertest.Trigger {
		return scalertest.Trigger{Spec: of(collection), Set: func(ctx context.Context, level float64) error {
			return set(ctx, prefix+collection, int(level))
		}}
	}
	return scalertest.Source{
		Trigger: trigger("orders"), TargetKey: "queryValue", ActivationKey: "activationQueryValue",
		MaxConns: 8 + 1,
		Peers: func(n int) []scalertest.Trigger {
			peers := make([]scalertest.Trigger, n)
			for i := range peers {
				peers[i] = trigger(fmt.Sprint("peer-", i))
			}
			return peers
		},
	}
}

// account is a trigger's, without what it counts.
func account(t testing.TB, address, password string) scalerkit.Spec {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	return scalerkit.Spec{
		Metadata: values{"host": host, "port": port, "username": username},
		Auth:     scalerkit.Secrets(values{"password": password}),
	}
}

func TestSuiteOnFake(t *testing.T) {
	scalertest.Suite{Driver: mongodb.Driver(), New: scalertest.Typed(mongodb.New), Start: func(tb testing.TB) scalertest.Source {
		f := start(tb)
		set := func(_ context.Context, collection string, level int) error {
			f.set(collection, level)
			return nil
		}
		s := source(account(tb, f.address, password), "", set)
		const wrong = "not-the-password"
		denied := source(account(tb, f.address, wrong), "", set).Spec
		secure := source(account(tb, f.address, password), "", set).Spec
		secure.Auth = scalerkit.Secrets(values{"password": password, "tls": "enable"})
		s.Denied, s.Secure = &denied, &secure
		s.Secrets = []string{password, wrong}
		return s
	}}.Run(t)
}

func TestSuiteOnServer(t *testing.T) {
	client, address := server(t)
	var runs atomic.Int64 // checks run side by side
	runs.Store(time.Now().UnixNano())
	scalertest.Suite{Driver: mongodb.Driver(), Start: func(testing.TB) scalertest.Source {
		return source(at(address), fmt.Sprintf("c%d-", runs.Add(1)), func(ctx context.Context, collection string, level int) error {
			c := client.Database("shop").Collection(collection)
			if _, err := c.DeleteMany(ctx, bson.D{}); err != nil {
				return err
			}
			documents := []any{bson.D{{Key: "state", Value: "done"}}}
			for range level {
				documents = append(documents, bson.D{{Key: "state", Value: "waiting"}})
			}
			_, err := c.InsertMany(ctx, documents)
			return err
		})
	}}.Run(t)
}

// at is a trigger's connection to a server that lets everyone in.
func at(address string) scalerkit.Spec {
	return scalerkit.Spec{Metadata: values{"connectionString": "mongodb://" + address + "/"}}
}

// server returns the real server, and a client of it.
func server(t *testing.T) (*mongo.Client, string) {
	t.Helper()
	address := os.Getenv("SCALERKIT_TEST_MONGODB")
	if address == "" {
		t.Skip("SCALERKIT_TEST_MONGODB is not set: run make test")
	}
	client, err := mongo.Connect(options.Client().ApplyURI("mongodb://" + address + "/"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Disconnect(context.Background())) })
	return client, address
}
