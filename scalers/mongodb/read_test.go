package mongodb_test

import (
	"fmt"
	"net"
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

func open(t *testing.T, metadata, auth values) scalerkit.Scaler {
	t.Helper()
	s, err := mongodb.Driver().Open(scalerkit.Spec{Metadata: metadata, Auth: scalerkit.Secrets(auth)}, scalerkit.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestTheServerIsAskedWhatTheTriggerSays(t *testing.T) {
	f := start(t)
	f.set("orders", 7)
	host, port, err := net.SplitHostPort(f.address)
	require.NoError(t, err)
	s := open(t, with(values{"host": host, "port": port, "username": username, "query": `{"n":{"$gt":5},"state":{"$in":["a","b"]}}`}), values{"password": password})
	scalertest.WantValue(t, s, 7)
	require.Equal(t, []string{"shop"}, f.sources, "the user is one of the database")
	require.Len(t, f.asked, 1)
	require.Equal(t, "shop", f.asked[0].Lookup("$db").StringValue())
	require.JSONEq(t, `[{"$match":{"n":{"$gt":{"$numberInt":"5"}},"state":{"$in":["a","b"]}}},
		{"$group":{"_id":{"$numberInt":"1"},"n":{"$sum":{"$numberInt":"1"}}}}]`, f.asked[0].Lookup("pipeline").String())

	// A connection string says by itself of which database the user is.
	other := open(t, with(values{"connectionString": fmt.Sprintf("mongodb://%s:%s@%s/?authSource=people", username, password, f.address)}), nil)
	scalertest.WantValue(t, other, 7)
	require.Equal(t, []string{"shop", "people"}, f.sources)
}

func TestErrorsOfTheServer(t *testing.T) {
	f := start(t)
	s := open(t, with(values{"connectionString": fmt.Sprintf("mongodb://%s:%s@%s/", username, password, f.address)}), nil)
	for _, c := range []struct {
		code          int
		name, message string
		kind          error
		want          string
	}{
		{13, "Unauthorized", "not authorized on shop", scalerkit.ErrDenied, "access denied: (Unauthorized) not authorized on shop"},
		{8000, "AtlasError", "user is not allowed to do action", scalerkit.ErrDenied, "access denied: (AtlasError) user is not allowed to do action"},
		{2, "BadValue", "unknown operator: $lte1", nil, "(BadValue) unknown operator: $lte1"},
	} {
		f.fail(append(refusal(c.code, c.message), bson.E{Key: "codeName", Value: c.name}))
		scalertest.WantError(t, s, c.kind, `read documents in "shop.orders": `+c.want)
	}
	f.fail(nil)
	scalertest.WantValue(t, s, 0)
}

// Nobody waits for the election of a server when none answers.
func TestAnOutageIsToldWithItsReason(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	s := open(t, with(values{"connectionString": "mongodb://" + address + "/"}), nil)
	refused := fmt.Sprintf("read documents in \"shop.orders\": %s: dial tcp %s: connect: connection refused", address, address)
	scalertest.WantError(t, s, nil, refused)
	scalertest.WantError(t, s, nil, refused)
}

func TestAClientOfTheProgramsOwn(t *testing.T) {
	f := start(t)
	f.set("orders", 7)
	connect := func() *mongo.Client {
		c, err := mongo.Connect(options.Client().ApplyURI(fmt.Sprintf("mongodb://%s:%s@%s/", username, password, f.address)))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, c.Disconnect(t.Context())) })
		return c
	}
	scalertest.Borrowed(t, func(c *mongo.Client, o scalerkit.Options) (scalerkit.Scaler, error) {
		return mongodb.New(mongodb.Config{
			Server: mongodb.Server{Client: c}, Database: "shop", Collection: "orders", Query: `{"state":"waiting"}`, Value: 1,
		}, o)
	}, connect(), connect())
}

func TestOnTheServerQueriesCountWhatMatches(t *testing.T) {
	client, address := server(t)
	collection := fmt.Sprint("orders-", time.Now().UnixNano())
	_, err := client.Database("shop").Collection(collection).InsertMany(t.Context(), []any{
		bson.D{{Key: "state", Value: "waiting"}, {Key: "attempts", Value: 1}},
		bson.D{{Key: "state", Value: "waiting"}, {Key: "attempts", Value: 7}},
		bson.D{{Key: "state", Value: "done"}, {Key: "attempts", Value: 2}},
	})
	require.NoError(t, err)
	for query, want := range map[string]float64{
		`{"state":"waiting"}`:                                   2,
		`{"state":"waiting","attempts":{"$lt":5}}`:              1,
		`{"attempts":{"$gte":{"$numberInt":"2"}}}`:              2,
		`{"$or":[{"state":"done"},{"attempts":{"$in":[7,9]}}]}`: 2,
		`{}`:               3,
		`{"state":"none"}`: 0,
	} {
		scalertest.WantValue(t, open(t, with(values{"connectionString": "mongodb://" + address, "collection": collection, "query": query}), nil), want)
	}
	scalertest.WantValue(t, open(t, with(values{"connectionString": "mongodb://" + address, "collection": "none"}), nil), 0)
}
