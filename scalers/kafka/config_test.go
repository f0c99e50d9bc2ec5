package kafka_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/kafka"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

type values map[string]string

func (v values) with(more values) values {
	v = maps.Clone(v)
	if v == nil {
		v = values{}
	}
	maps.Copy(v, more)
	return v
}

func open(t *testing.T, spec scalerkit.Spec) (scalerkit.Metric, error) {
	t.Helper()
	s, err := scalerkit.NewRegistry(kafka.Driver(), kafka.ApacheDriver()).Open(spec, scalerkit.Options{})
	if err != nil {
		return scalerkit.Metric{}, err
	}
	require.NoError(t, s.Close())
	return s.Metric(), nil
}

var (
	lag = values{"bootstrapServers": "kafka:9092", "consumerGroup": "workers", "topic": "orders"}
	all = values{"bootstrapServers": "kafka:9092", "consumerGroup": "workers"}
)

func TestTriggersOpenAsTheyAreWritten(t *testing.T) {
	env := scalerkit.Secrets(map[string]string{"BROKERS": "a:1,b:2", "GROUP": "g", "TOPIC": "t", "ID": "key", "SECRET": "secret"})
	ten := scalerkit.Target{Kind: scalerkit.PerReplica, Value: 10}
	for name, c := range map[string]struct {
		spec scalerkit.Spec
		want scalerkit.Metric
	}{
		"with defaults": {
			scalerkit.Spec{Type: "kafka", Metadata: lag},
			scalerkit.Metric{Name: "kafka-orders", Target: ten, InFlight: true},
		},
		"with everything": {
			scalerkit.Spec{Type: "kafka", MetricType: scalerkit.Total, Env: env, Metadata: values{
				"bootstrapServersFromEnv": "BROKERS", "consumerGroupFromEnv": "GROUP", "topicFromEnv": "TOPIC",
				"partitionLimitation": "1, 2,10-20", "lagThreshold": "7", "activationLagThreshold": "3", "offsetResetPolicy": "earliest",
				"allowIdleConsumers": "true", "excludePersistentLag": "true", "scaleToZeroOnInvalidOffset": "true",
				"fullMetadata": "false", "version": "2.5.0", "tls": "enable", "unsafeSsl": "true", "sasl": "scram_sha512",
			}, Auth: scalerkit.Secrets(values{"username": "u", "password": "p"})},
			scalerkit.Metric{Name: "kafka-t", Target: scalerkit.Target{Kind: scalerkit.Total, Value: 7}, Activation: 3, InFlight: true},
		},
		"as KEDA documents it": {
			scalerkit.Spec{Type: "kafka", Metadata: values{
				"bootstrapServers": "kafka.svc:9092", "consumerGroup": "my-group", "topic": "test-topic", "lagThreshold": "5",
				"activationLagThreshold": "3", "offsetResetPolicy": "latest", "allowIdleConsumers": "false",
				"scaleToZeroOnInvalidOffset": "false", "excludePersistentLag": "false", "limitToPartitionsWithLag": "false",
				"version": "1.0.0", "partitionLimitation": "1,2,10-20,31", "sasl": "plaintext", "tls": "enable", "unsafeSsl": "false",
			}, Auth: scalerkit.Secrets(values{"username": "admin", "password": "admin", "ca": ""})},
			scalerkit.Metric{Name: "kafka-test-topic", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 5}, Activation: 3, InFlight: true},
		},
		"as KEDA documents OAUTHBEARER": {
			scalerkit.Spec{Type: "kafka", Metadata: lag, Auth: scalerkit.Secrets(values{
				"sasl": "oauthbearer", "username": "admin", "password": "admin", "tls": "enable", "scopes": "a,b",
				"oauthTokenEndpointUri": "https://tokenendpoint.com/token", "oauthExtensions": "extension_foo=bar",
			})},
			scalerkit.Metric{Name: "kafka-orders", Target: ten, InFlight: true},
		},
		"with MSK IAM and an access key": {
			scalerkit.Spec{Type: "kafka", Metadata: lag.with(values{"sasl": "oauthbearer", "saslTokenProvider": "aws_msk_iam", "awsRegion": "eu-west-1", "tls": "enable"}),
				Auth: scalerkit.Secrets(values{"awsAccessKeyID": "key", "awsSecretAccessKey": "secret", "awsSessionToken": "token"})},
			scalerkit.Metric{Name: "kafka-orders", Target: ten, InFlight: true},
		},
		"without a topic": {
			scalerkit.Spec{Type: "kafka", Metadata: all},
			scalerkit.Metric{Name: "kafka-workers-topics", Target: ten, InFlight: true},
		},
		"apache-kafka as KEDA documents it": {
			scalerkit.Spec{Type: "apache-kafka", Metadata: values{
				"bootstrapServers": "kafka.svc:9092", "consumerGroup": "my-group", "topic": "a/b,c.d", "lagThreshold": "5",
				"activationLagThreshold": "3", "offsetResetPolicy": "latest", "allowIdleConsumers": "false",
				"scaleToZeroOnInvalidOffset": "false", "excludePersistentLag": "false", "limitToPartitionsWithLag": "true",
				"ensureEvenDistributionOfPartitions": "true", "partitionLimitation": "1,2,10-20,31", "sasl": "none", "tls": "disable",
			}},
			scalerkit.Metric{Name: "kafka-a-b,c-d", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 5}, Activation: 3, InFlight: true},
		},
		"apache-kafka with MSK IAM and an access key from the environment": {
			scalerkit.Spec{Type: "apache-kafka", Env: env, Metadata: lag.with(values{"sasl": "aws_msk_iam", "awsRegion": "eu-west-1", "tls": "enable",
				"awsAccessKeyIDFromEnv": "ID", "awsSecretAccessKeyFromEnv": "SECRET"})},
			scalerkit.Metric{Name: "kafka-orders", Target: ten, InFlight: true},
		},
		"apache-kafka evenly without a topic": {
			scalerkit.Spec{Type: "apache-kafka", Metadata: all.with(values{"ensureEvenDistributionOfPartitions": "true"})},
			scalerkit.Metric{Name: "kafka-workers-topics", Target: ten, InFlight: true},
		},
		"with TLS settings that are not used": {
			scalerkit.Spec{Type: "kafka", Metadata: lag.with(values{"tls": "disable", "unsafeSsl": "true"}), Auth: scalerkit.Secrets(values{"ca": "not PEM"})},
			scalerkit.Metric{Name: "kafka-orders", Target: ten, InFlight: true},
		},
		"with an identity that is not used": {
			scalerkit.Spec{Type: "kafka", Metadata: lag, Identity: scalerkit.Identity{Provider: "aws"}},
			scalerkit.Metric{Name: "kafka-orders", Target: ten, InFlight: true},
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
	msk := lag.with(values{"sasl": "oauthbearer", "saslTokenProvider": "aws_msk_iam", "awsRegion": "eu-west-1", "tls": "enable"})
	for name, c := range map[string]struct {
		spec scalerkit.Spec
		want string
	}{
		"nothing": {
			scalerkit.Spec{Type: "kafka"},
			`kafka trigger "t": bootstrapServers: is missing: set it in the metadata, or name an environment variable in bootstrapServersFromEnv` + "\n" +
				`kafka trigger "t": consumerGroup: is missing: set it in the metadata, or name an environment variable in consumerGroupFromEnv`,
		},
		"a server without a port": {
			scalerkit.Spec{Type: "kafka", Metadata: lag.with(values{"bootstrapServers": "a:1,b"})},
			`kafka trigger "t": bootstrapServers: number 2 has no port: want host:port`,
		},
		"a server that is a URL": {
			scalerkit.Spec{Type: "kafka", Metadata: lag.with(values{"bootstrapServers": "SASL_SSL://u:hunter2@h:9093"})},
			`kafka trigger "t": bootstrapServers: is a URL: give host:port alone`,
		},
		"servers of which two are wrong": {
			scalerkit.Spec{Type: "apache-kafka", Metadata: lag.with(values{"bootstrapServers": "h:kafka,a:1,::1"})},
			`apache-kafka trigger "t": bootstrapServers: number 1 has a port that is no number from 1 to 65535; number 3 is not host:port: an IPv6 address goes in brackets, as in [::1]:443`,
		},
		"mistakes of several kinds": {
			scalerkit.Spec{Type: "kafka", Metadata: lag.with(values{"lagThreshold": "0", "tls": "enable", "bootstrapServers": "h", "partitionLimitation": "x", "sasl": "scram_sha256"}),
				Auth: scalerkit.Secrets(values{"ca": "x", "username": "u", "password": "p\u0007w"})},
			`kafka trigger "t": bootstrapServers: has no port: want host:port` + "\n" +
				`kafka trigger "t": lagThreshold: "0" is less than 1` + "\n" +
				`kafka trigger "t": ca: has no PEM certificate` + "\n" +
				`kafka trigger "t": password: or username has a character that SCRAM does not allow` + "\n" +
				`kafka trigger "t": partitionLimitation: "x" is not a number or a range such as 10-20`,
		},
		"a threshold of zero": {
			scalerkit.Spec{Type: "kafka", Metadata: lag.with(values{"lagThreshold": "0"})},
			`kafka trigger "t": lagThreshold: "0" is less than 1`,
		},
		"a negative activation": {
			scalerkit.Spec{Type: "kafka", Metadata: lag.with(values{"activationLagThreshold": "-1"})},
			`kafka trigger "t": activationLagThreshold: "-1" is less than 0`,
		},
		"two policies": {
			scalerkit.Spec{Type: "kafka", Metadata: lag.with(values{"offsetResetPolicy": "latest,earliest"})},
			`kafka trigger "t": offsetResetPolicy: "latest,earliest" is not one of latest, earliest`,
		},
		"an isolation level with a typo": {
			scalerkit.Spec{Type: "kafka", Metadata: lag.with(values{"isolationLevel": "read_commited"})},
			`kafka trigger "t": isolationLevel: "read_commited" is not one of read_uncommitted, read_committed; did you mean "read_committed"?`,
		},
		"a partition that is no number": {
			scalerkit.Spec{Type: "kafka", Metadata: lag.with(values{"partitionLimitation": "1,two"})},
			`kafka trigger "t": partitionLimitation: "two" is not a number or a range such as 10-20`,
		},
		"a range with three ends": {
			scalerkit.Spec{Type: "apache-kafka", Metadata: lag.with(values{"partitionLimitation": "1-2-3"})},
			`apache-kafka trigger "t": partitionLimitation: "1-2-3" is not a number or a range such as 10-20`,
		},
		"a range that runs backwards": {
			scalerkit.Spec{Type: "kafka", Metadata: lag.with(values{"partitionLimitation": "5-3"})},
			`kafka trigger "t": partitionLimitation: "5-3" runs backwards`,
		},
		"a limit that is lifted": {
			scalerkit.Spec{Type: "kafka", Metadata: lag.with(values{"limitToPartitionsWithLag": "true", "allowIdleConsumers": "true"})},
			`kafka trigger "t": limitToPartitionsWithLag: and allowIdleConsumers are both set: the one sets a limit that the other lifts`,
		},
		"two limits": {
			scalerkit.Spec{Type: "kafka", Metadata: lag.with(values{"limitToPartitionsWithLag": "true", "ensureEvenDistributionOfPartitions": "true"})},
			`kafka trigger "t": ensureEvenDistributionOfPartitions: and limitToPartitionsWithLag are both set: keep one of the two`,
		},
		"what needs a topic": {
			scalerkit.Spec{Type: "kafka", Metadata: all.with(values{"limitToPartitionsWithLag": "true", "ensureEvenDistributionOfPartitions": "true", "fullMetadata": "false"})},
			`kafka trigger "t": limitToPartitionsWithLag: needs a topic` + "\n" +
				`kafka trigger "t": ensureEvenDistributionOfPartitions: needs a topic` + "\n" +
				`kafka trigger "t": fullMetadata: is false, which needs a topic`,
		},
		"a version that is none": {
			scalerkit.Spec{Type: "kafka", Metadata: lag.with(values{"version": "2.5"})},
			`kafka trigger "t": version: "2.5" is not a version such as 2.5.0`,
		},
		"credentials that are missing": {
			scalerkit.Spec{Type: "kafka", Metadata: lag.with(values{"sasl": "plaintext"})},
			`kafka trigger "t": username: is missing: sasl plaintext needs it` + "\n" +
				`kafka trigger "t": password: is missing: sasl plaintext needs it`,
		},
		"SCRAM without a password": {
			scalerkit.Spec{Type: "apache-kafka", Metadata: lag.with(values{"sasl": "scram_sha256"}), Auth: scalerkit.Secrets(values{"username": "u"})},
			`apache-kafka trigger "t": password: is missing: sasl scram_sha256 needs it`,
		},
		"a password that SCRAM does not allow": {
			scalerkit.Spec{Type: "kafka", Metadata: lag.with(values{"sasl": "scram_sha256"}), Auth: scalerkit.Secrets(values{"username": "u", "password": "p\u0007w"})},
			`kafka trigger "t": password: or username has a character that SCRAM does not allow`,
		},
		"a password in the metadata": {
			scalerkit.Spec{Type: "kafka", Metadata: lag.with(values{"sasl": "plaintext", "password": "p"}), Auth: scalerkit.Secrets(values{"username": "u"})},
			`kafka trigger "t": password: cannot be given in the metadata: let the authentication deliver it` + "\n" +
				`kafka trigger "t": password: is missing: sasl plaintext needs it`,
		},
		"OAUTHBEARER without a token endpoint": {
			scalerkit.Spec{Type: "kafka", Metadata: lag.with(values{"sasl": "oauthbearer"}), Auth: scalerkit.Secrets(values{"username": "u", "password": "p"})},
			`kafka trigger "t": oauthTokenEndpointUri: is missing: sasl oauthbearer needs it`,
		},
		"an extension that is no pair": {
			scalerkit.Spec{Type: "kafka", Metadata: lag, Auth: scalerkit.Secrets(values{"oauthExtensions": "a=1=2"})},
			`kafka trigger "t": oauthExtensions: is not a list of pairs such as "a=1,b=2"`,
		},
		"MSK IAM without anything": {
			scalerkit.Spec{Type: "apache-kafka", Metadata: lag.with(values{"sasl": "aws_msk_iam"})},
			`apache-kafka trigger "t": tls: has to be enable for aws_msk_iam` + "\n" +
				`apache-kafka trigger "t": awsRegion: is missing: aws_msk_iam needs it` + "\n" +
				`apache-kafka trigger "t": awsAccessKeyID: is missing: say who asks for aws_msk_iam, with awsAccessKeyID and awsSecretAccessKey, with awsRoleArn, or with a podIdentity of provider aws`,
		},
		"MSK IAM with half an access key": {
			scalerkit.Spec{Type: "kafka", Metadata: msk, Auth: scalerkit.Secrets(values{"awsAccessKeyID": "key"})},
			`kafka trigger "t": awsSecretAccessKey: is missing: it goes with awsAccessKeyID`,
		},
		"MSK IAM with the other half": {
			scalerkit.Spec{Type: "kafka", Metadata: msk, Auth: scalerkit.Secrets(values{"awsSecretAccessKey": "secret"})},
			`kafka trigger "t": awsAccessKeyID: is missing: it goes with awsSecretAccessKey`,
		},
		"MSK IAM with a role": {
			scalerkit.Spec{Type: "kafka", Metadata: msk, Auth: scalerkit.Secrets(values{"awsRoleArn": "arn:aws:iam::1:role/r"})},
			`kafka trigger "t": awsRoleArn: takes the AWS SDK, which this program does not link: open the trigger with package scalers/kafka/mskiam, or give awsAccessKeyID and awsSecretAccessKey`,
		},
		"MSK IAM with an identity": {
			scalerkit.Spec{Type: "apache-kafka", Metadata: lag.with(values{"sasl": "aws_msk_iam", "awsRegion": "eu-west-1", "tls": "enable"}), Identity: scalerkit.Identity{Provider: "aws"}},
			`apache-kafka trigger "t": podIdentity: takes the AWS SDK, which this program does not link: open the trigger with package scalers/kafka/mskiam, or give awsAccessKeyID and awsSecretAccessKey`,
		},
		"MSK IAM as the operator": {
			scalerkit.Spec{Type: "kafka", Metadata: msk.with(values{"identityOwner": "operator"})},
			`kafka trigger "t": identityOwner: takes the AWS SDK, which this program does not link: open the trigger with package scalers/kafka/mskiam, or give awsAccessKeyID and awsSecretAccessKey`,
		},
		"an unknown mechanism": {
			scalerkit.Spec{Type: "apache-kafka", Metadata: lag.with(values{"sasl": "digest_md5"})},
			`apache-kafka trigger "t": sasl: "digest_md5" is not one of none, plaintext, scram_sha256, scram_sha512, oauthbearer, aws_msk_iam, gssapi`,
		},
		"sasl given twice": {
			scalerkit.Spec{Type: "apache-kafka", Metadata: lag.with(values{"sasl": "none"}), Auth: scalerkit.Secrets(values{"sasl": "plaintext"})},
			`apache-kafka trigger "t": sasl: is given with another value in the metadata already: keep one of the two`,
		},
		"a certificate without its key": {
			scalerkit.Spec{Type: "kafka", Metadata: lag.with(values{"tls": "enable"}), Auth: scalerkit.Secrets(values{"cert": "x"})},
			`kafka trigger "t": key: is missing: the client certificate in cert needs its private key`,
		},
		"a CA that is none": {
			scalerkit.Spec{Type: "kafka", Metadata: lag.with(values{"tls": "enable"}), Auth: scalerkit.Secrets(values{"ca": "x"})},
			`kafka trigger "t": ca: has no PEM certificate`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.spec.Name = "t"
			_, err := open(t, c.spec)
			require.EqualError(t, err, c.want)
		})
	}
}

func TestTriggersThatDifferInTheirUserShareNothing(t *testing.T) {
	f := newOpenFake(t)
	pool := new(scalerkit.Pool)
	open := func(user string) scalerkit.Scaler {
		config := kafka.Config{}
		config.BootstrapServers, config.ConsumerGroup = f.ListenAddrs(), group
		config.SASL, config.Username, config.Password = "plaintext", user, scalerkit.NewSecret("p")
		return opened(t)(kafka.New(config, scalerkit.Options{Pool: pool}))
	}
	a := open("a")
	require.True(t, scalertest.Together(a, open("a")))
	require.False(t, scalertest.Together(a, open("b")))
}

// Of two answers to whether and how credentials travel, the wrong one may send
// them in clear, whoever tolerates what.
func TestTLSAndSASLAgreeInAllPlaces(t *testing.T) {
	registry := scalerkit.NewRegistry(kafka.Driver(), kafka.ApacheDriver())
	for _, typ := range []string{"kafka", "apache-kafka"} {
		for key, c := range map[string]struct{ metadata, auth string }{"tls": {"disable", "enable"}, "sasl": {"plaintext", "scram_sha512"}} {
			_, err := registry.Open(scalerkit.Spec{
				Type: typ, Name: "t", Metadata: lag.with(values{key: c.metadata}),
				Auth: scalerkit.Secrets(values{key: c.auth, "username": "u", "password": "p"}),
			}, scalerkit.Options{Warn: func(e scalerkit.ConfigError) { t.Error(e) }})
			require.EqualError(t, err, typ+` trigger "t": `+key+`: is given with another value in the metadata already: keep one of the two`)
		}
		s, err := registry.Open(scalerkit.Spec{Type: typ, Metadata: lag.with(values{"tls": "enable"}), Auth: scalerkit.Secrets(values{"tls": "enable"})}, scalerkit.Options{})
		require.NoError(t, err)
		require.NoError(t, s.Close())
	}
}

func TestWhatHasNoEffectWithoutTLSIsTold(t *testing.T) {
	var told []string
	s, err := kafka.Driver().Open(scalerkit.Spec{Name: "t", Metadata: lag.with(values{"unsafeSsl": "true"}), Auth: scalerkit.Secrets(values{"ca": "x", "cert": "x", "keyPassword": "x"})},
		scalerkit.Options{Warn: func(e scalerkit.ConfigError) { told = append(told, e.Error()) }})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	const why = ": has no effect, since TLS is off: set tls to enable, or leave it out"
	require.Equal(t, []string{
		`kafka trigger "t": ca` + why, `kafka trigger "t": cert` + why, `kafka trigger "t": keyPassword` + why, `kafka trigger "t": unsafeSsl` + why,
	}, told)
}

func TestMistakesInATypedConfigAreNamedAsInGo(t *testing.T) {
	config := kafka.ApacheConfig{}
	config.BootstrapServers, config.ConsumerGroup, config.SASL = []string{"h:1"}, group, "aws_msk_iam"
	config.LimitToPartitionsWithLag, config.AllowIdleConsumers = true, true
	_, err := kafka.NewApache(config, scalerkit.Options{})
	require.EqualError(t, err, `apache-kafka trigger: TLSMode: has to be enable for aws_msk_iam`+"\n"+
		`apache-kafka trigger: AWS.Region: is missing: aws_msk_iam needs it`+"\n"+
		`apache-kafka trigger: AWS.AccessKeyID: is missing: say who asks for aws_msk_iam, with AWS.AccessKeyID and AWS.SecretAccessKey, with AWS.RoleARN, or with a podIdentity of provider aws`+"\n"+
		`apache-kafka trigger: LimitToPartitionsWithLag: and AllowIdleConsumers are both set: the one sets a limit that the other lifts`)
}

func TestOneAnswerIsReadByTheRulesOfEachTrigger(t *testing.T) {
	f := newOpenFake(t)
	f.create(t, "a", 5, 5)
	require.NoError(t, f.commit(t.Context(), group, "a", 1, 5))
	pool := new(scalerkit.Pool)
	plain := f.shared(t, pool, kafka.Driver(), values{"topic": "a", "partitionLimitation": "0-1"})
	limited := f.shared(t, pool, kafka.ApacheDriver(), values{"topic": "a", "partitionLimitation": "0 - 1", "limitToPartitionsWithLag": "true", "activationLagThreshold": "4"})
	results := scalerkit.ReadAll(t.Context(), plain, limited)
	require.NoError(t, results[0].Err)
	require.NoError(t, results[1].Err)
	require.Equal(t, 4.0, results[0].Reading.Value)
	require.Equal(t, 2, results[0].Reading.Limit)
	require.True(t, results[0].Reading.IsActive(plain.Metric()))
	require.Equal(t, 4.0, results[1].Reading.Value)
	require.Equal(t, 1, results[1].Reading.Limit)
	require.False(t, results[1].Reading.IsActive(limited.Metric()))
}
