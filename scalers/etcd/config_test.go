package etcd_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/etcd"
)

// with returns the metadata of a trigger that is complete, and more.
func with(more values) values {
	metadata := values{"endpoints": "localhost:2379", "watchKey": "backlog", "value": "5"}
	for key, value := range more {
		metadata[key] = value
	}
	return metadata
}

func TestMetric(t *testing.T) {
	s, err := etcd.Driver().Open(scalerkit.Spec{MetricType: scalerkit.Total, Metadata: with(values{"watchKey": "/shop/backlog", "value": "5.5", "activationValue": "1.5"})}, scalerkit.Options{})
	require.NoError(t, err)
	require.Equal(t, scalerkit.Metric{
		Name: "etcd--shop-backlog", Target: scalerkit.Target{Kind: scalerkit.Total, Value: 5.5}, Activation: 1.5,
	}, s.Metric())
	require.NoError(t, s.Close())
}

func TestProblemsAreNamed(t *testing.T) {
	const trigger = `etcd trigger "orders": `
	for _, c := range []struct {
		metadata, auth values
		want           string
	}{
		{values{}, nil, trigger + "watchKey: is missing: set it in the metadata\n" + trigger + "value: is missing: set it in the metadata\n" +
			trigger + "endpoints: is missing: host:port of each server of the cluster"},
		{with(values{"endpoints": "localhost"}), nil, trigger + `endpoints: "localhost" has no port: want host:port`},
		{with(values{"endpoints": "a:1,unix:///run/etcd.sock"}), nil, trigger + `endpoints: "unix:///run/etcd.sock" is a URL: give host:port alone`},
		{with(values{"watchProgressNotifyInterval": "0", "value": "0"}), nil, trigger + `value: "0" is not greater than 0` + "\n" + trigger + `watchProgressNotifyInterval: "0" is not greater than 0`},
		{with(nil), values{"username": "u"}, trigger + "password: is missing: it goes with username"},
		{with(nil), values{"password": "hunter2"}, trigger + "username: is missing: it goes with password"},
		{with(nil), values{"tls": "enable", "cert": "x"}, trigger + "key: is missing: the client certificate in cert needs its private key"},
	} {
		_, err := etcd.Driver().Open(scalerkit.Spec{Name: "orders", Metadata: c.metadata, Auth: scalerkit.Secrets(c.auth)}, scalerkit.Options{})
		require.EqualError(t, err, c.want)
	}
}
