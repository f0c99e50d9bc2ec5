package redis_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/redis"
)

func registry() *scalerkit.Registry {
	return scalerkit.NewRegistry(redis.Driver(), redis.ClusterDriver(), redis.SentinelDriver(),
		redis.StreamsDriver(), redis.ClusterStreamsDriver(), redis.SentinelStreamsDriver())
}

func open(t *testing.T, spec scalerkit.Spec) (scalerkit.Metric, error) {
	t.Helper()
	s, err := registry().Open(spec, scalerkit.Options{})
	if err != nil {
		return scalerkit.Metric{}, err
	}
	require.NoError(t, s.Close())
	return s.Metric(), nil
}

type values map[string]string

func (v values) with(more values) values {
	v = maps.Clone(v)
	maps.Copy(v, more)
	return v
}

func TestTriggersOpenAsTheyAreWritten(t *testing.T) {
	list := values{"address": "redis:6379", "listName": "orders"}
	stream := values{"addresses": "a:1,b:2", "stream": "orders"}
	group := stream.with(values{"consumerGroup": "workers"})
	env := scalerkit.Secrets(map[string]string{"HOST": "redis", "PORT": "6379"})
	perReplica := func(value float64) scalerkit.Target {
		return scalerkit.Target{Kind: scalerkit.PerReplica, Value: value}
	}

	for name, c := range map[string]struct {
		spec scalerkit.Spec
		want scalerkit.Metric
	}{
		"a list with defaults": {
			scalerkit.Spec{Type: "redis", Metadata: list},
			scalerkit.Metric{Name: "redis-orders", Target: perReplica(5)},
		},
		"a list with everything": {
			scalerkit.Spec{Type: "redis", MetricType: scalerkit.Total,
				Metadata: values{"hostFromEnv": "HOST", "portFromEnv": "PORT", "usernameFromEnv": "HOST", "passwordFromEnv": "HOST",
					"listName": "a/b.c:d%(e)", "listLength": "7", "activationListLength": "3", "databaseIndex": "2", "enableTLS": "true", "unsafeSsl": "true"},
				Env: env},
			scalerkit.Metric{Name: "redis-a-b-c-d--e-", Target: scalerkit.Target{Kind: scalerkit.Total, Value: 7}, Activation: 3},
		},
		"a list whose address and credentials come from the authentication": {
			scalerkit.Spec{Type: "redis-cluster", Metadata: values{"listName": "orders"},
				Auth: scalerkit.Secrets(values{"addresses": "a:1,b:2", "username": "u", "password": "p", "tls": "enable"})},
			scalerkit.Metric{Name: "redis-orders", Target: perReplica(5)},
		},
		"sentinels": {
			scalerkit.Spec{Type: "redis-sentinel", Metadata: list.with(values{"sentinelMaster": "mymaster", "sentinelUsername": "s"}),
				Auth: scalerkit.Secrets(values{"sentinelPassword": "p"})},
			scalerkit.Metric{Name: "redis-orders", Target: perReplica(5)},
		},
		"the length of a stream": {
			scalerkit.Spec{Type: "redis-cluster-streams", Metadata: stream.with(values{"streamLength": "9"})},
			scalerkit.Metric{Name: "redis-streams-orders", Target: perReplica(9), InFlight: true},
		},
		"pending entries": {
			scalerkit.Spec{Type: "redis-streams", Metadata: group.with(values{"pendingEntriesCount": "8", "activationLagCount": "2"})},
			scalerkit.Metric{Name: "redis-streams-orders", Target: perReplica(8), Activation: 2, InFlight: true},
		},
		"pending entries, since a lag count of zero asks for none": {
			scalerkit.Spec{Type: "redis-streams", Metadata: group.with(values{"lagCount": "0"})},
			scalerkit.Metric{Name: "redis-streams-orders", Target: perReplica(5), InFlight: true},
		},
		"the lag of a group": {
			scalerkit.Spec{Type: "redis-sentinel-streams", Metadata: group.with(values{"lagCount": "4", "sentinelMaster": "m"})},
			scalerkit.Metric{Name: "redis-streams-orders", Target: perReplica(4)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			metric, err := open(t, c.spec)
			require.NoError(t, err)
			require.Equal(t, c.want, metric)
		})
	}
}

func TestMistakesAreNamed(t *testing.T) {
	list := values{"address": "redis:6379", "listName": "orders"}
	stream := values{"address": "redis:6379", "stream": "orders"}

	for name, c := range map[string]struct {
		spec scalerkit.Spec
		want string
	}{
		"no address": {
			scalerkit.Spec{Type: "redis", Metadata: values{"listName": "orders"}},
			`redis trigger "t": address: is missing: give host:port in address, or host and port`,
		},
		"only hosts": {
			scalerkit.Spec{Type: "redis", Metadata: values{"listName": "orders", "host": "redis"}},
			`redis trigger "t": port: is missing: each host needs its port`,
		},
		"only ports": {
			scalerkit.Spec{Type: "redis", Metadata: values{"listName": "orders", "ports": "6379"}},
			`redis trigger "t": host: is missing: each port needs its host`,
		},
		"a URL": {
			scalerkit.Spec{Type: "redis", Metadata: list.with(values{"address": "redis://u:hunter2@h:6379"})},
			`redis trigger "t": address: is a URL: give host:port alone`,
		},
		"an address without port": {
			scalerkit.Spec{Type: "redis", Metadata: list.with(values{"address": "h"})},
			`redis trigger "t": address: has no port: want host:port`,
		},
		"one address without port": {
			scalerkit.Spec{Type: "redis-cluster", Metadata: values{"listName": "orders", "addresses": "a:1,h"}},
			`redis-cluster trigger "t": addresses: number 2 has no port: want host:port`,
		},
		"an IPv6 address without brackets": {
			scalerkit.Spec{Type: "redis", Metadata: list.with(values{"address": "::1"})},
			`redis trigger "t": address: is not host:port: an IPv6 address goes in brackets, as in [::1]:443`,
		},
		"a host that is more": {
			scalerkit.Spec{Type: "redis", Metadata: values{"listName": "orders", "host": "redis://h", "portFromEnv": "PORT"}, Env: scalerkit.Secrets(values{"PORT": "x"})},
			`redis trigger "t": host: is not the name or the IP address of a host alone` + "\n" +
				`redis trigger "t": portFromEnv: is no number from 1 to 65535`,
		},
		"hosts and ports that do not match": {
			scalerkit.Spec{Type: "redis-cluster", Metadata: values{"listName": "orders", "hosts": "a,b", "ports": "1"}},
			`redis-cluster trigger "t": hosts: are 2, but ports are 1: each host needs its port`,
		},
		"no list name": {
			scalerkit.Spec{Type: "redis", Metadata: values{"address": "redis:6379"}},
			`redis trigger "t": listName: is missing: set it in the metadata`,
		},
		"a list name with a typo": {
			scalerkit.Spec{Type: "redis", Metadata: values{"address": "redis:6379", "listname": "orders"}},
			`redis trigger "t": listname: is not a parameter of this trigger type; did you mean "listName"?` + "\n" +
				`redis trigger "t": listName: is missing: set it in the metadata`,
		},
		"a target of zero": {
			scalerkit.Spec{Type: "redis", Metadata: list.with(values{"listLength": "0"})},
			`redis trigger "t": listLength: "0" is less than 1`,
		},
		"a target that is no number": {
			scalerkit.Spec{Type: "redis-streams", Metadata: stream.with(values{"streamLength": "five"})},
			`redis-streams trigger "t": streamLength: "five" is not a whole number`,
		},
		"a lag without a group": {
			scalerkit.Spec{Type: "redis-streams", Metadata: stream.with(values{"lagCount": "5"})},
			`redis-streams trigger "t": consumerGroup: is missing: lagCount is about the lag of a consumer group`,
		},
		"sentinels without the name of the master": {
			scalerkit.Spec{Type: "redis-sentinel", Metadata: list},
			`redis-sentinel trigger "t": sentinelMaster: is missing: the name under which the sentinels know the master`,
		},
		"TLS asked for twice": {
			scalerkit.Spec{Type: "redis", Metadata: list.with(values{"enableTLS": "true"}), Auth: scalerkit.Secrets(values{"tls": "disable"})},
			`redis trigger "t": enableTLS: and tls are both set: keep one of the two`,
		},
		"a TLS mode that does not exist": {
			scalerkit.Spec{Type: "redis", Metadata: list, Auth: scalerkit.Secrets(values{"tls": "on"})},
			`redis trigger "t": tls: is not one of enable, disable`,
		},
		"enableTLS that is no bool": {
			scalerkit.Spec{Type: "redis", Metadata: list.with(values{"enableTLS": "yes"})},
			`redis trigger "t": enableTLS: "yes" is not true or false`,
		},
		"a certificate without its key": {
			scalerkit.Spec{Type: "redis", Metadata: list.with(values{"enableTLS": "true"}), Auth: scalerkit.Secrets(values{"Cert": "x"})},
			`redis trigger "t": key: is missing: the client certificate in Cert needs its private key`,
		},
		"a CA that is none": {
			scalerkit.Spec{Type: "redis", Metadata: list.with(values{"enableTLS": "true"}), Auth: scalerkit.Secrets(values{"ca": "x"})},
			`redis trigger "t": ca: has no PEM certificate`,
		},
		"a certificate in the metadata": {
			scalerkit.Spec{Type: "redis", Metadata: list.with(values{"ca": "x"})},
			`redis trigger "t": ca: cannot be given in the metadata: let the authentication deliver it`,
		},
		"an unknown trigger type": {
			scalerkit.Spec{Type: "redis-stream", Metadata: stream},
			`trigger "t": type: "redis-stream" is not a known type; did you mean "redis-streams"?`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.spec.Name = "t"
			_, err := open(t, c.spec)
			require.EqualError(t, err, c.want)
		})
	}
}

func TestWhatHasNoEffectWithoutTLSIsTold(t *testing.T) {
	var told []string
	s, err := registry().Open(
		scalerkit.Spec{Type: "redis", Name: "t", Metadata: values{"address": "h:1", "listName": "l"}, Auth: scalerkit.Secrets(values{"ca": "x", "key": "x"})},
		scalerkit.Options{Warn: func(e scalerkit.ConfigError) { told = append(told, e.Error()) }})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	const why = ": has no effect, since TLS is off: set enableTLS to true, or leave it out"
	require.Equal(t, []string{`redis trigger "t": ca` + why, `redis trigger "t": key` + why}, told)
}
