package rabbitmq_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/rabbitmq"
)

func open(t *testing.T, spec scalerkit.Spec) (scalerkit.Metric, error) {
	t.Helper()
	spec.Type = "rabbitmq"
	s, err := scalerkit.NewRegistry(rabbitmq.Driver()).Open(spec, scalerkit.Options{})
	if err != nil {
		return scalerkit.Metric{}, err
	}
	require.NoError(t, s.Close())
	return s.Metric(), nil
}

func TestTriggersOpenAsTheyAreWritten(t *testing.T) {
	amqp := values{"host": "amqp://localhost:5672/vhost"}
	http := values{"host": "http://guest:password@localhost:15672/path/vhost"}
	perReplica := func(value float64) scalerkit.Target {
		return scalerkit.Target{Kind: scalerkit.PerReplica, Value: value}
	}
	env := scalerkit.Secrets(map[string]string{
		"RABBITMQ_HOST": "amqps://rabbitmq:5671/vhost", "RABBITMQ_USER": "shop", "RABBITMQ_PASSWORD": "hunter2",
	})
	certs := newCA(t).client("client")

	for name, c := range map[string]struct {
		spec scalerkit.Spec
		want scalerkit.Metric
	}{
		"only the queue": {
			scalerkit.Spec{Metadata: amqp.with(values{"queueName": "orders"})},
			scalerkit.Metric{Name: "rabbitmq-orders", Target: perReplica(20)},
		},
		"all that concerns a number of messages": {
			scalerkit.Spec{Metadata: amqp.with(values{
				"protocol": "auto", "mode": "QueueLength", "value": "100.50", "activationValue": "10.5",
				"queueName": "testqueue", "unsafeSsl": "true",
			})},
			scalerkit.Metric{Name: "rabbitmq-testqueue", Target: perReplica(100.5), Activation: 10.5},
		},
		"the deprecated target": {
			scalerkit.Spec{Metadata: amqp.with(values{"queueName": "orders", "queueLength": "7"})},
			scalerkit.Metric{Name: "rabbitmq-orders", Target: perReplica(7)},
		},
		"host and user from the environment": {
			scalerkit.Spec{Env: env, Metadata: values{
				"hostFromEnv": "RABBITMQ_HOST", "usernameFromEnv": "RABBITMQ_USER", "passwordFromEnv": "RABBITMQ_PASSWORD",
				"protocol": "amqp", "mode": "QueueLength", "value": "20", "queueName": "hello",
			}},
			scalerkit.Metric{Name: "rabbitmq-hello", Target: perReplica(20)},
		},
		"host, virtual host and protocol from the authentication": {
			scalerkit.Spec{
				Metadata: values{"queueName": "testqueue", "mode": "QueueLength", "value": "20"},
				Auth:     scalerkit.Secrets(http.with(values{"protocol": "http", "vhostName": "other", "username": "u", "password": "p"})),
			},
			scalerkit.Metric{Name: "rabbitmq-testqueue", Target: perReplica(20), InFlight: true},
		},
		"certificates": {
			scalerkit.Spec{
				Metadata: values{"queueName": "testqueue"},
				Auth:     scalerkit.Secrets(values{"host": "amqps://rabbitmq/vhost", "tls": "enable", "ca": certs.CA, "cert": certs.Cert, "key": certs.Key.Reveal()}),
			},
			scalerkit.Metric{Name: "rabbitmq-testqueue", Target: perReplica(20)},
		},
		"a total rate over http": {
			scalerkit.Spec{MetricType: scalerkit.Total, Metadata: http.with(values{
				"protocol": "http", "mode": "MessageRate", "value": "200", "queueName": "testqueue", "timeout": "1000",
			})},
			scalerkit.Metric{Name: "rabbitmq-testqueue", Target: scalerkit.Target{Kind: scalerkit.Total, Value: 200}},
		},
		"only messages that wait": {
			scalerkit.Spec{Metadata: http.with(values{"queueName": "testqueue", "excludeUnacknowledged": "true"})},
			scalerkit.Metric{Name: "rabbitmq-testqueue", Target: perReplica(20)},
		},
		"all queues that match": {
			scalerkit.Spec{Metadata: http.with(values{
				"queueName": "^.*incoming/(a|b):%$", "mode": "QueueLength", "value": "20",
				"useRegex": "true", "pageSize": "500", "operation": "max",
			})},
			scalerkit.Metric{Name: "rabbitmq--5E--2Aincoming-2F-28a-7Cb-29-3A-25-24", Target: perReplica(20), InFlight: true},
		},
		"OAuth2": {
			scalerkit.Spec{
				Metadata: values{"host": "https://rabbitmq:15671/", "queueName": "orders", "vhostName": "shop"},
				Auth: scalerkit.Secrets(values{
					"oauthTokenURI": "https://login.example.com/token", "clientID": "keda", "clientSecret": "hunter2",
					"scope": "rabbitmq.read:*/*, rabbitmq.tag:monitoring", "endpointParams": "audience=rabbitmq",
				}),
			},
			scalerkit.Metric{Name: "rabbitmq-orders", Target: perReplica(20), InFlight: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			metric, err := open(t, c.spec)
			require.NoError(t, err)
			require.Equal(t, c.want, metric)
		})
	}
}

func TestWrongTriggersSayWhatIsWrong(t *testing.T) {
	amqp := values{"host": "amqp://u:hunter2@rabbitmq/", "queueName": "orders"}
	http := values{"host": "http://u:hunter2@rabbitmq/", "queueName": "orders"}
	oauth := values{"oauthTokenURI": "https://example.com/token", "clientID": "keda", "clientSecret": "hunter2"}
	const notAURL = "host: is not a URL such as amqp://user:password@rabbitmq:5672/vhost; special characters in user and password have to be escaped, or these be given as username and password"

	for name, c := range map[string]struct {
		metadata, auth values
		want           string
	}{
		"nothing": {want: "rabbitmq trigger: host: is missing: set it in the metadata, or let the authentication deliver it, or name an environment variable in hostFromEnv\n" +
			"rabbitmq trigger: queueName: is missing: set it in the metadata"},
		"no scheme":           {metadata: amqp.with(values{"host": "rabbitmq:5672"}), want: "rabbitmq trigger: " + notAURL},
		"a special character": {metadata: amqp.with(values{"host": "amqp://u:hunter2%zz@rabbitmq/"}), want: "rabbitmq trigger: " + notAURL},
		"another scheme": {metadata: amqp.with(values{"host": "redis://rabbitmq/"}),
			want: "rabbitmq trigger: host: does not begin with amqp://, amqps://, http:// or https://"},
		"amqp with a host for http": {metadata: http.with(values{"protocol": "amqp"}),
			want: "rabbitmq trigger: host: does not begin with amqp:// or amqps://, which protocol amqp needs"},
		"http with a host for amqp": {metadata: amqp.with(values{"protocol": "http"}),
			want: "rabbitmq trigger: host: does not begin with http:// or https://, which protocol http needs"},
		"a protocol that there is not": {metadata: amqp.with(values{"protocol": "amqps"}),
			want: `rabbitmq trigger: protocol: "amqps" is not one of auto, amqp, http; did you mean "amqp"?`},
		"a mode that there is not": {metadata: http.with(values{"mode": "queueLength", "value": "5"}),
			want: `rabbitmq trigger: mode: "queueLength" is not one of QueueLength, MessageRate, DeliverGetRate, PublishedToDeliveredRatio, ExpectedQueueConsumptionTime; did you mean "QueueLength"?`},
		"two modes at a time": {metadata: http.with(values{"mode": "QueueLength,MessageRate", "value": "5"}),
			want: `rabbitmq trigger: mode: "QueueLength,MessageRate" is not one of QueueLength, MessageRate, DeliverGetRate, PublishedToDeliveredRatio, ExpectedQueueConsumptionTime`},
		"a mode without value": {metadata: http.with(values{"mode": "MessageRate"}),
			want: "rabbitmq trigger: value: is missing: it is the target for mode MessageRate"},
		"a value without mode": {metadata: http.with(values{"value": "5"}),
			want: "rabbitmq trigger: mode: is missing: it says what the value is about"},
		"a value of zero": {metadata: http.with(values{"mode": "MessageRate", "value": "0"}),
			want: `rabbitmq trigger: value: "0" is not greater than 0`},
		"a negative value": {metadata: http.with(values{"mode": "MessageRate", "value": "-1"}),
			want: `rabbitmq trigger: value: "-1" is not greater than 0`},
		"old and new target": {metadata: amqp.with(values{"queueLength": "5", "mode": "QueueLength", "value": "5"}),
			want: "rabbitmq trigger: queueLength: is the old form of mode QueueLength and its value: keep either it or mode and value"},
		"too many at a time": {metadata: http.with(values{"useRegex": "true", "pageSize": "501"}),
			want: `rabbitmq trigger: pageSize: "501" is greater than 500`},
		"too few at a time": {metadata: http.with(values{"useRegex": "true", "pageSize": "0"}),
			want: `rabbitmq trigger: pageSize: "0" is less than 1`},
		"a regular expression that is none": {metadata: http.with(values{"useRegex": "true", "queueName": "orders-("}),
			want: "rabbitmq trigger: queueName: is not a regular expression: missing closing )"},
		"a regular expression that repeats nothing": {metadata: http.with(values{"useRegex": "true", "queueName": "*orders"}),
			want: "rabbitmq trigger: queueName: is not a regular expression: missing argument to repetition operator"},
		"a port that is none": {metadata: http.with(values{"host": "http://u:hunter2@rabbitmq:65536/"}),
			want: "rabbitmq trigger: host: has a port that is no number from 1 to 65535"},
		"an operation that there is not": {metadata: http.with(values{"useRegex": "true", "operation": "mean"}),
			want: `rabbitmq trigger: operation: "mean" is not one of sum, avg, max; did you mean "max"?`},
		"what only http can do": {
			metadata: amqp.with(values{"mode": "MessageRate", "value": "5", "useRegex": "true", "excludeUnacknowledged": "true"}),
			want: "rabbitmq trigger: mode: MessageRate needs protocol http: over amqp there is only QueueLength\n" +
				"rabbitmq trigger: useRegex: needs protocol http: amqp cannot list queues\n" +
				"rabbitmq trigger: excludeUnacknowledged: is for protocol http: over amqp, unacknowledged messages are not counted anyway"},
		"a time limit for amqp, with the mode left out": {metadata: amqp.with(values{"timeout": "5s"}),
			want: "rabbitmq trigger: timeout: needs protocol http: over amqp, time limits are fixed"},
		"a user without password": {metadata: amqp, auth: values{"username": "u"},
			want: "rabbitmq trigger: password: is missing: it goes with username"},
		"a password without user": {metadata: amqp, auth: values{"password": "hunter2"},
			want: "rabbitmq trigger: username: is missing: it goes with password"},
		"a certificate without key": {metadata: amqp.with(values{"host": "amqps://rabbitmq/"}), auth: values{"cert": "x"},
			want: "rabbitmq trigger: key: is missing: the client certificate in cert needs its private key"},
		"a key without certificate": {metadata: amqp.with(values{"host": "amqps://rabbitmq/"}), auth: values{"key": "hunter2"},
			want: "rabbitmq trigger: cert: is missing: the private key in key needs its certificate"},
		"a root that is none": {metadata: amqp.with(values{"host": "amqps://rabbitmq/"}), auth: values{"ca": "x"},
			want: "rabbitmq trigger: ca: has no PEM certificate"},
		"TLS that is neither on nor off": {metadata: amqp, auth: values{"tls": "true"},
			want: "rabbitmq trigger: tls: is not one of enable, disable"},
		"TLS over amqp": {metadata: amqp, auth: values{"tls": "enable"},
			want: "rabbitmq trigger: tls: is enabled, but the URL in host begins with amqp://: change that to amqps://"},
		"OAuth2 in part": {metadata: http, auth: values{"clientID": "keda"},
			want: "rabbitmq trigger: oauthTokenURI: is missing: OAuth2 needs oauthTokenURI, clientID and clientSecret\n" +
				"rabbitmq trigger: clientSecret: is missing: OAuth2 needs oauthTokenURI, clientID and clientSecret"},
		"OAuth2 from nowhere": {metadata: http, auth: oauth.with(values{"oauthTokenURI": "example.com/token"}),
			want: "rabbitmq trigger: oauthTokenURI: is not a URL: want http:// or https://, and a host"},
		"OAuth2 over amqp": {metadata: amqp, auth: oauth,
			want: "rabbitmq trigger: oauthTokenURI: needs protocol http: over amqp, use username and password or a client certificate"},
		"OAuth2 and a user": {metadata: http, auth: oauth.with(values{"username": "u", "password": "hunter2"}),
			want: "rabbitmq trigger: oauthTokenURI: and username with password are two ways to authenticate: keep one of the two"},
		"workload identity over amqp": {metadata: amqp, auth: values{"workloadIdentityResource": "api://rabbitmq"},
			want: "rabbitmq trigger: workloadIdentityResource: needs protocol http: over amqp, use username and password or a client certificate"},
		"workload identity and OAuth2": {metadata: http, auth: oauth.with(values{"workloadIdentityResource": "api://rabbitmq"}),
			want: "rabbitmq trigger: workloadIdentityResource: and oauthTokenURI with clientID and clientSecret are two ways to authenticate: keep one of the two"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := open(t, scalerkit.Spec{Metadata: c.metadata, Auth: scalerkit.Secrets(c.auth)})
			require.EqualError(t, err, c.want)
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
}

// What PCRE has and package regexp has not is for the server to judge.
func TestRegularExpressionsOfTheServerOpen(t *testing.T) {
	for _, pattern := range []string{"(?=a)b", "(*UTF8)a", `a*+`, `[a-\d]`, `(?#x()a`, `[]a]`} {
		_, err := open(t, scalerkit.Spec{Metadata: values{"host": "http://rabbitmq/", "useRegex": "true", "queueName": pattern}})
		require.NoError(t, err, pattern)
	}
}

func TestWhatHasNoEffectWithoutTLSIsTold(t *testing.T) {
	for _, scheme := range []string{"amqp", "http"} {
		var told []string
		s, err := rabbitmq.Driver().Open(
			scalerkit.Spec{Name: "t", Metadata: values{"host": scheme + "://rabbitmq/", "queueName": "q"}, Auth: scalerkit.Secrets(values{"ca": "x", "key": "x"})},
			scalerkit.Options{Warn: func(e scalerkit.ConfigError) { told = append(told, e.Error()) }})
		require.NoError(t, err)
		require.NoError(t, s.Close())
		const why = ": has no effect, since TLS is off: let host begin with amqps:// or https://, or leave it out"
		require.Equal(t, []string{`rabbitmq trigger "t": ca` + why, `rabbitmq trigger "t": key` + why}, told)
	}
}
