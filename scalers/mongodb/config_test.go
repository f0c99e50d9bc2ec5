package mongodb_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/mongodb"
)

// with returns the metadata of a trigger that is complete but for its server.
func with(more values) values {
	metadata := values{"dbName": "shop", "collection": "orders", "query": `{"state":"waiting"}`, "queryValue": "5"}
	for key, value := range more {
		metadata[key] = value
	}
	return metadata
}

func TestMetric(t *testing.T) {
	s, err := mongodb.Driver().Open(scalerkit.Spec{Metadata: with(values{
		"connectionString": "mongodb://localhost/", "collection": "shop.orders", "queryValue": "2.5", "activationQueryValue": "4",
	})}, scalerkit.Options{})
	require.NoError(t, err)
	require.Equal(t, scalerkit.Metric{
		Name: "mongodb-shop-orders", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 2.5}, Activation: 4,
	}, s.Metric())
	require.NoError(t, s.Close())
}

func TestProblemsAreNamed(t *testing.T) {
	const (
		trigger  = `mongodb trigger "orders": `
		noString = trigger + "connectionString: is not a connection string such as mongodb://user:password@host:27017/database"
		noFile   = ", which is a file of this program: give certificates as ca, cert and key"
		noSocket = trigger + "connectionString: has the path of a Unix socket: want hosts"
		noIdea   = trigger + "connectionString: has an authMechanism that is not one of MONGODB-X509, PLAIN, SCRAM-SHA-1, SCRAM-SHA-256"
	)
	for _, c := range []struct {
		metadata, auth values
		want           string
	}{
		{values{"host": "a"}, nil, trigger + "dbName: is missing: let the authentication deliver it, or set it in the metadata\n" + trigger + "collection: is missing: set it in the metadata\n" +
			trigger + "query: is missing: set it in the metadata\n" + trigger + "queryValue: is missing: set it in the metadata\n" +
			trigger + "username: is missing: without a connectionString, there is a user\n" + trigger + "port: is missing: it, or a connectionString, says where the server is"},
		{with(values{"scheme": "mongodb+srv", "username": "u"}), nil, trigger + "host: is missing: it, or a connectionString, says where the server is"},
		{with(values{"scheme": "http", "host": "a", "port": "1", "username": "u"}), nil, trigger + `scheme: "http" is not one of mongodb, mongodb+srv`},
		{with(values{"connectionString": "mongodb://localhost/", "query": "state=1"}), nil, trigger + `query: is not a filter in extended JSON, such as {"state":"waiting"}`},

		// What is wrong with a connection string may be a part of a password.
		{with(nil), values{"connectionString": "hunter2"}, noString},
		{with(nil), values{"connectionString": "http://u:hunter2@localhost"}, noString},
		{with(nil), values{"connectionString": "mongodb://u:hunter2%zz@localhost"}, noString},
		{with(nil), values{"connectionString": "mongodb://u:hunter2@localhost:x/"}, noString},
		{with(nil), values{"connectionString": "mongodb://u:hunter2@localhost/?authMechanism=PLAIN&authSource=%zz"}, noString},
		{with(nil), values{"connectionString": "mongodb://localhost/?maxPoolSize=many"}, noString},

		// A trigger does not get at what is this program's.
		{with(nil), values{"connectionString": "mongodb://localhost/?tls=true&tlsCAFile=/etc/passwd"}, trigger + "connectionString: has the option tlscafile" + noFile},
		{with(nil), values{"connectionString": "mongodb+srv://localhost/?TLS%43ertificateKeyFile=%2Fkey"}, trigger + "connectionString: has the option tlscertificatekeyfile" + noFile},
		{with(nil), values{"connectionString": "mongodb://%2Frun%2Fmongodb.sock/"}, noSocket},
		{with(nil), values{"connectionString": "mongodb:///run/mongodb.sock"}, noString},
		{with(nil), values{"connectionString": "mongodb://localhost/?authMechanism=MONGODB-AWS"}, noIdea},
		{with(nil), values{"connectionString": "mongodb+srv://localhost/?authMechanism=MONGODB-OIDC&authMechanismProperties=ENVIRONMENT:k8s"}, noIdea},
		{with(nil), values{"connectionString": "mongodb://localhost/?authMechanism=GSSAPI"}, noIdea},
		{with(nil), values{"connectionString": "mongodb://u:p@localhost/?authMechanism=PLAIN;authmechanism=mongodb-aws"}, noIdea},
	} {
		s, err := mongodb.Driver().Open(scalerkit.Spec{Name: "orders", Metadata: c.metadata, Auth: scalerkit.Secrets(c.auth)}, scalerkit.Options{})
		require.Nil(t, s, c.want)
		require.EqualError(t, err, c.want)
	}
}

func TestWhatOpens(t *testing.T) {
	for _, c := range []struct{ metadata, auth, env values }{
		{with(values{"connectionStringFromEnv": "MONGO_URL", "query": `{"region":"eu-1","state":"running","plan":"planA"}`}), nil,
			values{"MONGO_URL": "mongodb+srv://u:p%40@cluster0.example.mongodb.net/?retryWrites=true&w=majority&appName=x"}},
		{with(values{"host": "a", "port": "1", "username": "u@x", "passwordFromEnv": "PASSWORD", "scheme": "mongodb"}), nil, values{"PASSWORD": "a/b:c@d?"}},
		{with(values{"host": "a", "username": "u", "scheme": "mongodb+srv"}), values{"password": "p"}, nil},
		{with(values{"connectionString": "mongodb://a:1,b:2,c/?replicaSet=x"}), nil, nil},
		{with(values{"connectionString": "mongodb://[::1]:1/"}), values{"tls": "enable"}, nil},
		{with(values{"connectionString": "mongodb://u:p@localhost/?authMechanism=scram-sha-1", "query": "{}"}), nil, nil},
		{with(values{"connectionString": "mongodb://localhost/", "query": `{"n":{"$gt":{"$numberInt":"5"}},"at":{"$date":"2026-01-01T00:00:00Z"}}`}), nil, nil},
	} {
		s, err := mongodb.Driver().Open(scalerkit.Spec{Metadata: c.metadata, Auth: scalerkit.Secrets(c.auth), Env: scalerkit.Secrets(c.env)}, scalerkit.Options{})
		require.NoError(t, err)
		require.NoError(t, s.Close())
	}
}
