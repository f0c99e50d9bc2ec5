package kafka_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/youmark/pkcs8"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/tlstest"
	"github.com/scalerkit/scalerkit/scalers/kafka"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// bearers makes the fake take bearer tokens: accept says what it has to say to
// the message of a client, and nothing if that is welcome.
func (f *fake) bearers(accept func(message string) (challenge string, code int16)) {
	f.offerBearer()
	f.on(kmsg.NewPtrSASLAuthenticateRequest(), func(r kmsg.Request) (kmsg.Response, error, bool) {
		answer := r.ResponseKind().(*kmsg.SASLAuthenticateResponse)
		challenge, code := accept(string(r.(*kmsg.SASLAuthenticateRequest).SASLAuthBytes))
		answer.SASLAuthBytes, answer.ErrorCode = []byte(challenge), code
		return answer, nil, true
	})
}

// offerBearer makes the fake offer OAUTHBEARER, and PLAIN in vain.
func (f *fake) offerBearer() {
	f.limit(kmsg.NewPtrOffsetFetchRequest(), 8)
	f.on(kmsg.NewPtrSASLHandshakeRequest(), func(r kmsg.Request) (kmsg.Response, error, bool) {
		if r.GetVersion() == 0 {
			return nil, errors.New("goodbye"), true
		}
		answer := r.ResponseKind().(*kmsg.SASLHandshakeResponse)
		answer.SupportedMechanisms = []string{"PLAIN", "OAUTHBEARER"}
		if r.(*kmsg.SASLHandshakeRequest).Mechanism != "OAUTHBEARER" {
			answer.ErrorCode = kerr.UnsupportedSaslMechanism.Code
		}
		return answer, nil, true
	})
}

func TestBearerTokensComeFromTheTokenEndpoint(t *testing.T) {
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		user, secret, _ := r.BasicAuth()
		if user != username || secret != password {
			w.WriteHeader(http.StatusUnauthorized)
			_ = json.NewEncoder(w).Encode(map[string]any{"error": "invalid_client", "error_description": secret + r.FormValue("client_secret")})
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "the-token-for-" + r.FormValue("scope"), "expires_in": 60})
	}))
	defer endpoint.Close()
	f := newOpenFake(t)
	f.create(t, "a", 1)
	var refuses atomic.Bool
	f.bearers(func(message string) (string, int16) {
		if message != "n,,\x01auth=Bearer the-token-for-a b\x01x=1\x01y=2\x01\x01" {
			return "unexpected: " + message, 0
		}
		if refuses.Load() {
			return `{"status":"invalid_token"}`, 0
		}
		return "", 0
	})
	open := func(secret string) scalerkit.Scaler {
		return opened(t)(kafka.Driver().Open(scalerkit.Spec{Type: "kafka", Metadata: values{
			"bootstrapServers": f.ListenAddrs()[0], "consumerGroup": group, "topic": "a", "sasl": "oauthbearer",
		}, Auth: scalerkit.Secrets(values{
			"username": username, "password": secret, "oauthTokenEndpointUri": endpoint.URL, "scopes": "a, b", "oauthExtensions": "y=2,x=1",
		})}, scalerkit.Options{}))
	}
	read := `read lag of group "workers" in topic "a": broker ` + f.ListenAddrs()[0] + `: `
	wantValue(t, open(password), 1)
	wantError(t, open("wrong"), scalerkit.ErrDenied, read+`get a token: POST `+endpoint.URL+`: access denied: 401 Unauthorized: {"error":"invalid_client","error_description":"[redacted]"}`)

	refuses.Store(true)
	s := open(password)
	wantError(t, s, scalerkit.ErrDenied, read+`access denied: the token is refused: {"status":"invalid_token"}`)
	refuses.Store(false)
	wantValue(t, s, 1)

	address := endpoint.Listener.Addr().String()
	endpoint.Close()
	wantError(t, open(password), nil, read+`get a token: POST http://`+address+`: no answer: dial tcp `+address+`: connect: connection refused`)
}

func TestARefusedBearerTokenIsNotUsedAgain(t *testing.T) {
	var fetched, accepted atomic.Int64
	accepted.Store(1)
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": fmt.Sprintf("token-%d", fetched.Add(1)), "expires_in": 3600})
	}))
	defer endpoint.Close()
	f := newFake(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "a"))
	f.bearers(func(message string) (string, int16) {
		if message != fmt.Sprintf("n,,\x01auth=Bearer token-%d\x01\x01", accepted.Load()) {
			return "", kerr.SaslAuthenticationFailed.Code
		}
		return "", 0
	})
	var open []net.Conn
	config := kafka.Config{}
	config.BootstrapServers, config.ConsumerGroup, config.Topics = f.ListenAddrs(), group, []string{"a"}
	config.SASL, config.Username, config.Password, config.OAuth.TokenURL = "oauthbearer", username, scalerkit.NewSecret(password), endpoint.URL
	s := opened(t)(kafka.New(config, scalerkit.Options{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		open = append(open, conn)
		return conn, err
	}}))
	hangUp := func() {
		for _, conn := range open {
			_ = conn.Close() // some are closed already
		}
	}
	wantValue(t, s, 1)
	hangUp()
	wantValue(t, s, 1)
	require.EqualValues(t, 1, fetched.Load(), "one token is for all connections")

	accepted.Store(2)
	hangUp()
	wantError(t, s, scalerkit.ErrDenied, `read lag of group "workers" in topic "a": broker `+f.address()+`: access denied: [58] SASL Authentication Failed: SASL Authentication failed`)
	wantValue(t, s, 1)
	require.EqualValues(t, 2, fetched.Load())
}

func TestCredentialsThatAreRevokedAndRenewed(t *testing.T) {
	var revoked atomic.Bool
	f := newFake(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "a"), kfake.EnableSASL(), kfake.Superuser("PLAIN", username, password))
	f.on(kmsg.NewPtrSASLAuthenticateRequest(), func(r kmsg.Request) (kmsg.Response, error, bool) {
		answer := r.ResponseKind().(*kmsg.SASLAuthenticateResponse)
		answer.ErrorCode = kerr.SaslAuthenticationFailed.Code
		return answer, nil, revoked.Load()
	})
	config := kafka.Config{}
	config.BootstrapServers, config.ConsumerGroup, config.Topics = f.ListenAddrs(), group, []string{"a"}
	config.SASL, config.Username, config.Password = "plaintext", username, scalerkit.NewSecret(password)
	var open net.Conn
	s := opened(t)(kafka.New(config, scalerkit.Options{Dial: func(ctx context.Context, network, address string) (_ net.Conn, err error) {
		open, err = new(net.Dialer).DialContext(ctx, network, address)
		return open, err
	}}))
	wantValue(t, s, 1)
	revoked.Store(true)
	wantValue(t, s, 1) // for who is in already, as with Kafka
	require.NoError(t, open.Close())
	for range 2 {
		wantError(t, s, scalerkit.ErrDenied, `read lag of group "workers" in topic "a": broker `+f.address()+`: access denied: [58] SASL Authentication Failed: SASL Authentication failed`)
	}
	revoked.Store(false)
	wantValue(t, s, 1)
}

func TestAClientCertificateGoesWithAnEncryptedKey(t *testing.T) {
	pair := tlstest.NewPair(t, "client")
	encrypted, err := pkcs8.MarshalPrivateKey(pair.PrivateKey, []byte(password), nil)
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(nil) // for its certificate
	server.StartTLS()
	defer server.Close()
	f := newFake(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "a"),
		kfake.ListenFn(listener(&tls.Config{Certificates: server.TLS.Certificates, ClientAuth: tls.RequireAnyClientCert})))
	open := func(auth values) scalerkit.Scaler {
		return opened(t)(kafka.Driver().Open(scalerkit.Spec{Type: "kafka", Auth: scalerkit.Secrets(values{"ca": certificate(server), "tls": "enable"}.with(auth)), Metadata: values{
			"bootstrapServers": f.address(), "consumerGroup": group, "topic": "a",
		}}, scalerkit.Options{}))
	}
	wantValue(t, open(values{
		"cert":        pair.Cert,
		"key":         string(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: encrypted})),
		"keyPassword": password,
	}), 1)
	_, err = open(nil).Read(context.Background())
	require.ErrorContains(t, err, "tls: certificate required")
}

// certificate returns the certificate of a server in PEM.
func certificate(server *httptest.Server) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}

func TestTLSTrustsTheCAAndNobodyElse(t *testing.T) {
	server := httptest.NewUnstartedServer(nil)
	server.StartTLS()
	defer server.Close()
	f := newFake(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "a"),
		kfake.ListenFn(listener(&tls.Config{Certificates: server.TLS.Certificates})))
	read := func(auth, metadata values) error {
		s := opened(t)(kafka.Driver().Open(scalerkit.Spec{Type: "kafka", Auth: scalerkit.Secrets(auth), Metadata: values{
			"bootstrapServers": f.address(), "consumerGroup": group, "topic": "a",
		}.with(metadata)}, scalerkit.Options{}))
		_, err := s.Read(context.Background())
		return err
	}
	require.NoError(t, read(values{"ca": certificate(server), "tls": "enable"}, nil))
	require.NoError(t, read(nil, values{"tls": "enable", "unsafeSsl": "true"}))
	var unknown x509.UnknownAuthorityError
	require.ErrorAs(t, read(nil, values{"tls": "enable"}), &unknown)
	require.Error(t, read(nil, nil))
}

func TestAMechanismThatIsNotOfferedIsNamedWithThoseThatAre(t *testing.T) {
	f := newOpenFake(t)
	f.bearers(func(string) (string, int16) { return "", 0 })
	config := kafka.Config{}
	config.BootstrapServers, config.ConsumerGroup, config.Topics = f.ListenAddrs()[:1], group, []string{"a"}
	config.SASL, config.Username, config.Password = "scram_sha256", username, scalerkit.NewSecret(password)
	wantError(t, opened(t)(kafka.New(config, scalerkit.Options{})), nil, fmt.Sprintf(
		`read lag of group "workers" in topic "a": broker %s: it does not offer SASL SCRAM-SHA-256, but PLAIN, OAUTHBEARER`, f.ListenAddrs()[0]))
}

func TestAConnectionIsRenewedBeforeItsAuthenticationExpires(t *testing.T) {
	for _, lifetime := range []int64{0, 1} { // milliseconds; 0 is for ever
		f := newFake(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "a"))
		f.limit(kmsg.NewPtrOffsetFetchRequest(), 8)
		f.on(kmsg.NewPtrSASLHandshakeRequest(), func(r kmsg.Request) (kmsg.Response, error, bool) {
			if r.GetVersion() == 0 {
				return nil, errors.New("goodbye"), true
			}
			return r.ResponseKind(), nil, true
		})
		f.on(kmsg.NewPtrSASLAuthenticateRequest(), func(r kmsg.Request) (kmsg.Response, error, bool) {
			answer := r.ResponseKind().(*kmsg.SASLAuthenticateResponse)
			answer.SessionLifetimeMillis = lifetime
			return answer, nil, true
		})
		var dialled atomic.Int64
		config := kafka.Config{}
		config.BootstrapServers, config.ConsumerGroup, config.Topics = f.ListenAddrs(), group, []string{"a"}
		config.SASL, config.Username, config.Password = "plaintext", username, scalerkit.NewSecret(password)
		s := opened(t)(kafka.New(config, scalerkit.Options{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			dialled.Add(1)
			return new(net.Dialer).DialContext(ctx, network, address)
		}}))
		wantValue(t, s, 1)
		wantValue(t, s, 1)
		if lifetime == 0 {
			require.EqualValues(t, 1, dialled.Load())
			continue
		}
		require.Eventually(t, func() bool {
			wantValue(t, s, 1)
			return dialled.Load() > 2
		}, 10*time.Second, time.Millisecond)
	}
}

func TestABrokerThatHangsUpMayMeanAnything(t *testing.T) {
	f := newFake(t, kfake.NumBrokers(1), kfake.EnableSASL(), kfake.Superuser("PLAIN", username, password))
	config := kafka.Config{}
	config.BootstrapServers, config.ConsumerGroup, config.Topics = f.ListenAddrs(), group, []string{"a"}
	config.SASL, config.Username, config.Password = "plaintext", username, scalerkit.NewSecret("wrong")
	wantError(t, opened(t)(kafka.New(config, scalerkit.Options{})), nil, fmt.Sprintf(
		`read lag of group "workers" in topic "a": broker %s: the broker closed the connection: EOF, which is how some refuse credentials`, f.address()))
}

func TestTheProgramsOwnCredential(t *testing.T) {
	f := newFake(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "a"), kfake.EnableSASL(), kfake.Superuser("PLAIN", username, password))
	config := kafka.Config{}
	config.BootstrapServers, config.ConsumerGroup, config.Topics = f.ListenAddrs(), group, []string{"a"}
	config.SASL = "oauthbearer" // which does not count, and so lacks nothing
	scalertest.Borrowed[sasl.Mechanism](t, func(own sasl.Mechanism, o scalerkit.Options) (scalerkit.Scaler, error) {
		config.Credential = own
		return kafka.New(config, o)
	}, &plain.Mechanism{Username: username, Password: password}, &plain.Mechanism{Username: username, Password: password})
	config.Credential = plain.Mechanism{Username: username, Password: "wrong"}
	s := opened(t)(kafka.New(config, scalerkit.Options{}))
	_, err := s.Read(t.Context())
	require.Error(t, err)
}
