package awskinesis_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/awskinesis"
)

type values map[string]string

func (v values) with(more values) values {
	v = maps.Clone(v)
	maps.Copy(v, more)
	return v
}

var (
	stream    = values{"streamName": "orders/eu", "awsRegion": "eu-west-1"}
	consumer  = stream.with(values{"mode": "iteratorAge", "iteratorAge": "60", "leaseTable": "app"})
	accessKey = values{"awsAccessKeyID": keyID, "awsSecretAccessKey": secretKey}
)

func open(t *testing.T, spec scalerkit.Spec) (scalerkit.Metric, error) {
	t.Helper()
	s, err := awskinesis.Driver().Open(spec, scalerkit.Options{})
	if err != nil {
		return scalerkit.Metric{}, err
	}
	require.NoError(t, s.Close())
	return s.Metric(), nil
}

func TestTriggersOpenAsTheyAreWritten(t *testing.T) {
	metric := func(kind scalerkit.TargetKind, target, activation float64, inFlight bool) scalerkit.Metric {
		return scalerkit.Metric{Name: "aws-kinesis-orders-eu", Target: scalerkit.Target{Kind: kind, Value: target}, Activation: activation, InFlight: inFlight}
	}

	for name, c := range map[string]struct {
		spec scalerkit.Spec
		want scalerkit.Metric
	}{
		"a stream with defaults": {
			scalerkit.Spec{Metadata: stream, Auth: scalerkit.Secrets(accessKey)}, metric(scalerkit.PerReplica, 2, 0, false),
		},
		"the documented trigger": {
			scalerkit.Spec{Auth: scalerkit.Secrets(accessKey), Metadata: stream.with(values{
				"shardCount": "2", "activationShardCount": "5", "awsEndpoint": "", "identityOwner": "pod"})},
			metric(scalerkit.PerReplica, 2, 5, false),
		},
		"a stream with everything": {
			scalerkit.Spec{MetricType: scalerkit.Total, Identity: scalerkit.Identity{Provider: "aws", RoleARN: "r", ExternalID: "x"},
				Metadata: stream.with(values{"mode": "openShards", "shardCount": "7", "activationShardCount": "1", "awsEndpoint": "http://localhost:4566"})},
			metric(scalerkit.Total, 7, 1, false),
		},
		"the operator's identity": {
			scalerkit.Spec{Metadata: stream.with(values{"identityOwner": "operator"})}, metric(scalerkit.PerReplica, 2, 0, false),
		},
		"the age of a consumer": {
			scalerkit.Spec{Metadata: consumer, Auth: scalerkit.Secrets(accessKey)}, metric(scalerkit.PerReplica, 60, 0, true),
		},
		"the age of a consumer with everything": {
			scalerkit.Spec{Metadata: consumer.with(values{"activationIteratorAge": "5.5", "leaseTableEndpoint": "http://localhost:8000"}), Auth: scalerkit.Secrets(accessKey)},
			metric(scalerkit.PerReplica, 60, 5.5, true),
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
	say := func(key, problem string) string { return `aws-kinesis-stream trigger "t": ` + key + ": " + problem }

	for name, c := range map[string]struct {
		metadata values
		want     string
	}{
		"no stream": {values{"awsRegion": "eu-west-1"}, say("streamName", "is missing: set it in the metadata")},
		"no region": {values{"streamName": "orders"}, say("awsRegion", "is missing: set it in the metadata, or let the authentication deliver it")},
		"a target of zero": {
			stream.with(values{"shardCount": "0"}), say("shardCount", `"0" is less than 1`),
		},
		"a target of less than zero": {
			stream.with(values{"shardCount": "-2"}), say("shardCount", `"-2" is less than 1`),
		},
		"a mode that does not exist": {
			stream.with(values{"mode": "lag"}), say("mode", `"lag" is not one of openShards, iteratorAge`),
		},
		"the age of nobody": {
			stream.with(values{"mode": "iteratorAge"}),
			say("iteratorAge", "is missing: it is the target of mode iteratorAge, in seconds per replica") + "\n" +
				say("leaseTable", "is missing: mode iteratorAge reads in it how far the consumer is"),
		},
		"an age without its mode": {
			stream.with(values{"iteratorAge": "60", "activationIteratorAge": "5", "leaseTable": "app", "leaseTableEndpoint": "http://localhost:8000"}),
			say("iteratorAge", "is for mode iteratorAge: set mode to that, or leave this out") + "\n" +
				say("activationIteratorAge", "is for mode iteratorAge: set mode to that, or leave this out") + "\n" +
				say("leaseTable", "is for mode iteratorAge: set mode to that, or leave this out") + "\n" +
				say("leaseTableEndpoint", "is for mode iteratorAge: set mode to that, or leave this out"),
		},
		"an activation for the other mode": {
			consumer.with(values{"activationShardCount": "1"}),
			say("activationShardCount", "is for mode openShards: mode iteratorAge has activationIteratorAge"),
		},
		"an endpoint that is no URL": {
			consumer.with(values{"leaseTableEndpoint": "localhost:8000"}),
			say("leaseTableEndpoint", "is not a URL: want http:// or https://, and a host"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := open(t, scalerkit.Spec{Name: "t", Metadata: c.metadata, Auth: scalerkit.Secrets(accessKey)})
			require.EqualError(t, err, c.want)
		})
	}
}
