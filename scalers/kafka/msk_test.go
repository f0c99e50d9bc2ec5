package kafka_test

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"maps"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/aws/awsfake"
	"github.com/scalerkit/scalerkit/scalers/kafka"
	"github.com/scalerkit/scalerkit/scalers/kafka/mskiam"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

const (
	workloadRole = "arn:aws:iam::123456789012:role/workload"
	sharedRole   = "arn:aws:iam::123456789012:role/shared"
	podRole      = "arn:aws:iam::123456789012:role/pod"
)

// An mskFake is a cluster that lets in whoever signs a token with a key of
// Amazon's, as Amazon MSK does.
type mskFake struct {
	*fake
	sts      *awsfake.STS
	ca       string
	lifetime int64    // milliseconds that a token lets anybody in for; 0 is for ever
	let      []string // owners of the keys of those who were let in, since the last time
}

func newMSK(tb testing.TB, sts *awsfake.STS, options ...kfake.Opt) *mskFake {
	server := httptest.NewUnstartedServer(nil) // for its certificate
	server.StartTLS()
	tb.Cleanup(server.Close)
	config := &tls.Config{Certificates: server.TLS.Certificates}
	f := &mskFake{fake: newFake(tb, append(options, kfake.ListenFn(listener(config)))...), sts: sts, ca: certificate(server)}
	f.offerBearer()
	f.on(kmsg.NewPtrSASLAuthenticateRequest(), func(r kmsg.Request) (kmsg.Response, error, bool) {
		f.mu.Lock()
		defer f.mu.Unlock()
		answer := r.ResponseKind().(*kmsg.SASLAuthenticateResponse)
		answer.SessionLifetimeMillis = f.lifetime
		owner, refusal := f.owner(string(r.(*kmsg.SASLAuthenticateRequest).SASLAuthBytes))
		if refusal != nil {
			answer.ErrorCode, answer.ErrorMessage = kerr.SaslAuthenticationFailed.Code, &refusal.Message
			return answer, nil, true
		}
		f.let = append(f.let, owner)
		return answer, nil, true
	})
	f.admin = newAdmin(tb, f.address(), kgo.DialTLSConfig(&tls.Config{InsecureSkipVerify: true}))
	return f
}

// owner returns whose key signed the token in a message.
func (f *mskFake) owner(message string) (string, *awsfake.Refusal) {
	token, ok := strings.CutPrefix(message, "n,,\x01auth=Bearer ")
	token, end := strings.CutSuffix(token, "\x01\x01")
	address, err := base64.RawURLEncoding.DecodeString(token)
	u, parseErr := url.Parse(string(address))
	if !ok || !end || err != nil || parseErr != nil || u.Scheme != "https" || u.Host != "kafka.eu-west-1.amazonaws.com" || u.Path != "/" ||
		u.Query().Get("Action") != "kafka-cluster:Connect" {
		return "", &awsfake.Refusal{Message: "this is no token: " + message}
	}
	key, refusal := f.sts.Keys.CheckPresigned(u, "kafka-cluster", "User-Agent")
	return key.Owner, refusal
}

// admitted returns the owners of the keys of those who were let in, since the
// last time.
func (f *mskFake) admitted() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	let := f.let
	f.let = nil
	return let
}

func (f *mskFake) spec(who scalerkit.Spec) scalerkit.Spec {
	who.Type, who.Name = "kafka", "t"
	who.Metadata = values{
		"bootstrapServers": f.address(), "consumerGroup": group, "topic": "a",
		"sasl": "oauthbearer", "saslTokenProvider": "aws_msk_iam", "tls": "enable", "awsRegion": awsfake.Region,
	}.with(who.Metadata)
	auth := scalerkit.Secrets(values{"ca": f.ca})
	maps.Copy(auth, who.Auth)
	who.Auth = auth
	return who
}

// listed are the options of a program that lists the fakes as identity
// endpoints.
var listed = scalerkit.Options{IdentityEndpoints: []string{"127.0.0.1"}}

// newSTS returns an STS at which the environment of the process points, and
// which knows the key of a trigger.
func newSTS(t *testing.T) *awsfake.STS {
	s := awsfake.NewSTS(t)
	s.Process(t)
	s.Keys.Add(awsfake.Key{ID: "AKIATRIGGER", Secret: "trigger-secret", Token: "trigger/token+=", Owner: "trigger"})
	return s
}

var triggerKey = values{"awsAccessKeyID": "AKIATRIGGER", "awsSecretAccessKey": "trigger-secret", "awsSessionToken": "trigger/token+="}

func TestMSKLetsInWhoeverAsks(t *testing.T) {
	pod := scalerkit.Identity{Provider: "aws"}
	for name, c := range map[string]struct {
		spec     scalerkit.Spec
		platform func(*testing.T, *awsfake.STS) // makes the process somebody else than the operator
		want     string
	}{
		"an access key":              {scalerkit.Spec{Auth: scalerkit.Secrets(triggerKey)}, nil, "trigger"},
		"a role, by the operator":    {scalerkit.Spec{Auth: scalerkit.Secrets(triggerKey.with(values{"awsRoleArn": workloadRole}))}, nil, workloadRole + " as scalerkit"},
		"the operator":               {scalerkit.Spec{Auth: scalerkit.Secrets(triggerKey), Metadata: values{"identityOwner": "operator"}}, nil, "operator"},
		"the pod identity":           {scalerkit.Spec{Identity: pod}, nil, "operator"},
		"the pod identity as a role": {scalerkit.Spec{Identity: scalerkit.Identity{Provider: "aws", RoleARN: sharedRole, ExternalID: "x1"}}, nil, sharedRole + " as scalerkit"},
		"the workload":               {scalerkit.Spec{Identity: scalerkit.Identity{Provider: "aws", Owner: "workload", RoleARN: workloadRole}}, nil, workloadRole + " as scalerkit"},
		"the older pod identity":     {scalerkit.Spec{Identity: scalerkit.Identity{Provider: "aws-eks", RoleARN: workloadRole}}, nil, workloadRole + " as scalerkit"},
		"a role, by the pod identity": {
			scalerkit.Spec{Identity: pod, Auth: scalerkit.Secrets(values{"awsRoleArn": workloadRole})}, nil, workloadRole + " as scalerkit",
		},
		"IRSA": {
			scalerkit.Spec{Identity: pod}, func(t *testing.T, _ *awsfake.STS) { awsfake.WebIdentity(t, podRole, "jwt") }, podRole + " as pod",
		},
		"a role, by IRSA": {
			scalerkit.Spec{Identity: scalerkit.Identity{Provider: "aws", RoleARN: podRole}},
			func(t *testing.T, _ *awsfake.STS) { awsfake.WebIdentity(t, podRole, "jwt") }, podRole + " as scalerkit",
		},
		"EKS pod identity": {
			scalerkit.Spec{Identity: pod}, func(t *testing.T, s *awsfake.STS) {
				key := awsfake.Key{ID: "ASIAPOD", Secret: "pod-secret", Token: "pod-session", Owner: "pod"}
				s.Keys.Add(key)
				awsfake.PodIdentity(t, key)
			}, "pod",
		},
	} {
		t.Run(name, func(t *testing.T) {
			sts := newSTS(t)
			sts.Trust(workloadRole, awsfake.Operator)
			sts.Trust(sharedRole, awsfake.Operator+" x1")
			sts.Trust(podRole, "token:jwt")
			if c.platform != nil {
				awsfake.SetKey(t, awsfake.Key{})
				c.platform(t, sts)
			}
			f := newMSK(t, sts)
			f.create(t, "a", 1)
			wantValue(t, opened(t)(mskiam.Driver().Open(f.spec(c.spec), listed)), 1)
			require.Equal(t, []string{c.want}, slices.Compact(f.admitted()))

			apache := f.spec(c.spec)
			apache.Type, apache.Metadata = "apache-kafka", values(apache.Metadata).with(values{"sasl": "aws_msk_iam"})
			delete(apache.Metadata, "saslTokenProvider")
			wantValue(t, opened(t)(mskiam.ApacheDriver().Open(apache, listed)), 1)
			require.Equal(t, []string{c.want}, slices.Compact(f.admitted()))
		})
	}
}

func TestMSKTriggersOpenAsTheyAreWritten(t *testing.T) {
	env := scalerkit.Secrets(values{"ID": "ID-value", "SECRET": "SECRET-value"})
	where := values{"bootstrapServers": "b-1.orders.kafka.eu-west-1.amazonaws.com:9098", "consumerGroup": "my-group", "topic": "test-topic", "lagThreshold": "50", "awsRegion": "eu-west-1"}
	for name, spec := range map[string]scalerkit.Spec{
		"kafka with pod identity": {
			Type: "kafka", Metadata: where.with(values{"tls": "enable", "sasl": "oauthbearer", "saslTokenProvider": "aws_msk_iam"}), Identity: scalerkit.Identity{Provider: "aws"},
		},
		"kafka with all that an authentication may deliver": {
			Type: "kafka", Metadata: where, Auth: scalerkit.Secrets(values{"tls": "enable", "sasl": "oauthbearer", "saslTokenProvider": "aws_msk_iam", "awsRoleArn": workloadRole}),
		},
		"kafka with an access key of the workload": {
			Type: "kafka", Env: env, Metadata: where.with(values{"tls": "enable", "sasl": "oauthbearer", "saslTokenProvider": "aws_msk_iam",
				"awsAccessKeyIDFromEnv": "ID", "awsSecretAccessKeyFromEnv": "SECRET"}),
		},
		"apache-kafka with the role of the workload": {
			Type: "apache-kafka", Metadata: where.with(values{"tls": "enable", "sasl": "aws_msk_iam"}), Identity: scalerkit.Identity{Provider: "aws", Owner: "workload", RoleARN: workloadRole},
		},
		"apache-kafka as the operator": {
			Type: "apache-kafka", Metadata: where.with(values{"tls": "enable", "sasl": "aws_msk_iam", "identityOwner": "operator"}),
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := opened(t)(scalerkit.NewRegistry(mskiam.Driver(), mskiam.ApacheDriver()).Open(spec, scalerkit.Options{}))
			require.Equal(t, scalerkit.Metric{
				Name: "kafka-test-topic", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 50}, InFlight: true,
			}, s.Metric())
		})
	}
}

func TestTriggersThatDifferInTheirRoleShareNothing(t *testing.T) {
	sts := newSTS(t)
	f := newMSK(t, sts, kfake.NumBrokers(1))
	pool := new(scalerkit.Pool)
	open := func(role string) scalerkit.Scaler {
		return opened(t)(mskiam.Driver().Open(f.spec(scalerkit.Spec{Identity: scalerkit.Identity{Provider: "aws", RoleARN: role}}), scalerkit.Options{Pool: pool, IdentityEndpoints: listed.IdentityEndpoints}))
	}
	a := open(workloadRole)
	require.True(t, scalertest.Together(a, open(workloadRole)))
	require.False(t, scalertest.Together(a, open(sharedRole)))
}

func TestAnAccessKeyNeedsNoSDK(t *testing.T) {
	f := newMSK(t, newSTS(t))
	f.create(t, "a", 1)
	wantValue(t, opened(t)(kafka.Driver().Open(f.spec(scalerkit.Spec{Auth: scalerkit.Secrets(triggerKey)}), scalerkit.Options{})), 1)
	require.Equal(t, []string{"trigger"}, slices.Compact(f.admitted()))
	require.Empty(t, f.sts.Calls())
}

func TestWhomMSKDoesNotLetIn(t *testing.T) {
	sts := newSTS(t)
	f := newMSK(t, sts)
	for name, c := range map[string]struct {
		who  scalerkit.Spec
		want string
	}{
		"an access key that does not exist": {
			scalerkit.Spec{Auth: scalerkit.Secrets(values{"awsAccessKeyID": "AKIANOBODY", "awsSecretAccessKey": "s"})},
			`access denied: [58] SASL Authentication Failed: SASL Authentication failed`,
		},
		"a role that nobody may have": {
			scalerkit.Spec{Identity: scalerkit.Identity{Provider: "aws", RoleARN: sharedRole}},
			`get a token: no credentials: STS AssumeRole: access denied: AccessDenied: User: operator is not authorized to perform: sts:AssumeRole on resource: ` + sharedRole,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := opened(t)(mskiam.Driver().Open(f.spec(c.who), listed))
			wantError(t, s, scalerkit.ErrDenied, `read lag of group "workers" in topic "a": broker `+f.ListenAddrs()[0]+`: `+c.want)
			require.Empty(t, f.admitted())
		})
	}
}

func TestMistakesAboutIdentitiesAreNamed(t *testing.T) {
	msk := lag.with(values{"bootstrapServers": "b-1.orders.kafka.eu-west-1.amazonaws.com:9098", "sasl": "oauthbearer", "saslTokenProvider": "aws_msk_iam", "awsRegion": "eu-west-1", "tls": "enable"})
	for name, c := range map[string]struct {
		spec scalerkit.Spec
		want string
	}{
		"an identity of somebody else": {
			scalerkit.Spec{Identity: scalerkit.Identity{Provider: "gcp"}},
			`podIdentity: "gcp" is not an identity of AWS: use the provider aws`,
		},
		"the identity of a workload that has none": {
			scalerkit.Spec{Identity: scalerkit.Identity{Provider: "aws", Owner: "workload"}},
			`podIdentity: is that of the workload, but its service account has no role: annotate that with eks.amazonaws.com/role-arn`,
		},
		"an older identity without a role": {
			scalerkit.Spec{Identity: scalerkit.Identity{Provider: "aws-eks"}},
			`awsAccessKeyID: is missing: say who asks for aws_msk_iam, with awsAccessKeyID and awsSecretAccessKey, with awsRoleArn, or with a podIdentity of provider aws`,
		},
		"several at once": {
			scalerkit.Spec{Identity: scalerkit.Identity{Provider: "gcp"}, Metadata: values{"bootstrapServers": "a.kafka.eu-west-2.amazonaws.com:9098,b.example.com:9098"}},
			`podIdentity: "gcp" is not an identity of AWS: use the provider aws` + "\n" +
				`kafka trigger "t": bootstrapServers: "a.kafka.eu-west-2.amazonaws.com:9098" may not be sent the token of an identity: use *.kafka.eu-west-1.amazonaws.com, *.kafka-serverless.eu-west-1.amazonaws.com, or let the administrator list it as an identity endpoint; ` +
				`"b.example.com:9098" may not be sent the token of an identity: use *.kafka.eu-west-1.amazonaws.com, *.kafka-serverless.eu-west-1.amazonaws.com, or let the administrator list it as an identity endpoint`,
		},
		"an owner who is neither": {
			scalerkit.Spec{Metadata: msk.with(values{"identityOwner": "keda"}), Auth: scalerkit.Secrets(triggerKey)},
			`identityOwner: "keda" is not one of pod, operator`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.spec.Name, c.spec.Metadata = "t", msk.with(c.spec.Metadata)
			_, err := mskiam.Driver().Open(c.spec, scalerkit.Options{})
			require.EqualError(t, err, `kafka trigger "t": `+c.want)
		})
	}
}

func TestARoleIsAssumedAnewWhenItsCredentialsExpireOrAreRevoked(t *testing.T) {
	sts := newSTS(t)
	sts.Trust(workloadRole, awsfake.Operator)
	f := newMSK(t, sts, kfake.NumBrokers(1))
	f.create(t, "a", 1)
	f.lifetime = 1 // so that each reading opens a connection
	role := scalerkit.Spec{Auth: scalerkit.Secrets(values{"awsRoleArn": workloadRole})}
	s := opened(t)(mskiam.Driver().Open(f.spec(role), listed))
	wantValue(t, s, 1)
	require.Equal(t, []string{"AssumeRole"}, sts.Calls())

	sts.Keys.Revoke("ASIA1")
	require.Eventually(t, func() bool { // as soon as the connection is over
		_, err := s.Read(context.Background())
		return errors.Is(err, scalerkit.ErrDenied)
	}, 10*time.Second, time.Millisecond)
	wantValue(t, s, 1)
	require.Equal(t, []string{"AssumeRole"}, sts.Calls())

	sts.Lifetime = -1 // they have expired when they come
	s = opened(t)(mskiam.Driver().Open(f.spec(role), listed))
	f.admitted()
	wantValue(t, s, 1)
	require.Len(t, sts.Calls(), len(f.admitted()), "roles assumed, for each connection")
}

// A listing is a driver in a program that lists the fakes as identity endpoints.
type listing struct{ scalerkit.Driver }

func (l listing) Open(spec scalerkit.Spec, options scalerkit.Options) (scalerkit.Scaler, error) {
	options.IdentityEndpoints = listed.IdentityEndpoints
	return l.Driver.Open(spec, options)
}

func TestSuiteOnMSK(t *testing.T) {
	sts := newSTS(t)
	sts.Trust(workloadRole, awsfake.Operator)
	driver := listing{mskiam.Driver()}
	scalertest.Suite{Driver: driver, Start: func(tb testing.TB) scalertest.Source {
		f := newMSK(tb, sts)
		f.create(tb, "orders", filled...)
		auth := values{"awsRoleArn": workloadRole, "ca": f.ca}
		v := variant{driver: driver, metadata: f.spec(scalerkit.Spec{}).Metadata, auth: auth}
		for _, key := range []string{"consumerGroup", "topic"} {
			delete(v.metadata, key)
		}
		s := source(v, f.admin, f.address(), "orders", "", brokers+1) // one to STS
		denied := s.Spec
		denied.Auth = scalerkit.Secrets(v.auth.with(values{"awsRoleArn": sharedRole}))
		s.Denied, s.Secrets = &denied, []string{"operator-secret", "issued-secret-1", "issued-token-1"}
		return s
	}}.Run(t)
}
