package driver_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/youmark/pkcs8"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/tlshint/tlshinttest"
	"github.com/scalerkit/scalerkit/internal/tlstest"
)

const passphrase = "hunter2"

// A pair also has its key encrypted.
type pair struct {
	tlstest.Pair
	encrypted string
}

// newPair returns the certificate of a client.
func newPair(t *testing.T) pair {
	plain := tlstest.NewPair(t, "client")
	encrypted, err := pkcs8.MarshalPrivateKey(plain.PrivateKey, []byte(passphrase), nil)
	require.NoError(t, err)
	return pair{plain, string(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: encrypted}))}
}

// newServer returns a server that wants a certificate of its clients and says
// whose it got. The second result is its own.
func newServer(t *testing.T) (address, ca string) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.TLS.PeerCertificates[0].Subject.CommonName)
	}))
	server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String(), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}

func TestClientCertificates(t *testing.T) {
	address, ca := newServer(t)
	p := newPair(t)
	for name, settings := range map[string]driver.TLS{
		"with a key":                              {CA: ca, Cert: p.Cert, Key: scalerkit.NewSecret(p.Key)},
		"with an encrypted key":                   {CA: ca, Cert: p.Cert, Key: scalerkit.NewSecret(p.encrypted), KeyPassword: scalerkit.NewSecret(passphrase)},
		"whoever the server is":                   {Insecure: true, Cert: p.Cert, Key: scalerkit.NewSecret(p.Key)},
		"with more than one certificate to trust": {CA: p.Cert + ca, Cert: p.Cert, Key: scalerkit.NewSecret(p.Key)},
	} {
		t.Run(name, func(t *testing.T) {
			config, err := settings.Config(scalerkit.Options{})
			require.NoError(t, err)
			client := &http.Client{Transport: &http.Transport{TLSClientConfig: config}}
			defer client.CloseIdleConnections()
			response, err := client.Get("https://" + address) //nolint:noctx // the server is in this process
			require.NoError(t, err)
			defer response.Body.Close()
			who, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			require.Equal(t, "client", string(who))
		})
	}
}

func TestMistakesAreNamed(t *testing.T) {
	p, other := newPair(t), newPair(t)
	const (
		noPair   = "trigger: TLS.Cert: and TLS.Key are not a PEM certificate and the private key that belongs to it"
		notOpens = "trigger: TLS.KeyPassword: does not open the private key: want PKCS#8 in PEM, encrypted with this passphrase"
	)
	for name, c := range map[string]struct {
		settings driver.TLS
		want     string
	}{
		"a CA that is none":          {driver.TLS{CA: "x"}, "trigger: TLS.CA: has no PEM certificate"},
		"a certificate that is none": {driver.TLS{Cert: "x", Key: scalerkit.NewSecret(p.Key)}, noPair},
		"the key of another":         {driver.TLS{Cert: p.Cert, Key: scalerkit.NewSecret(other.Key)}, noPair},
		"an encrypted key alone":     {driver.TLS{Cert: p.Cert, Key: scalerkit.NewSecret(p.encrypted)}, noPair},
		"a wrong passphrase":         {driver.TLS{Cert: p.Cert, Key: scalerkit.NewSecret(p.encrypted), KeyPassword: scalerkit.NewSecret("wrong")}, notOpens},
		"a passphrase for nothing":   {driver.TLS{Cert: p.Cert, Key: scalerkit.NewSecret("x"), KeyPassword: scalerkit.NewSecret(passphrase)}, notOpens},
	} {
		t.Run(name, func(t *testing.T) {
			config := struct{ TLS driver.TLS }{c.settings}
			require.EqualError(t, driver.Check("", &config), c.want)
			_, err := c.settings.Config(scalerkit.Options{})
			require.Error(t, err)
		})
	}
}

func TestDial(t *testing.T) {
	address, ca := newServer(t)
	p := newPair(t)
	config, err := driver.TLS{CA: ca, Cert: p.Cert, Key: scalerkit.NewSecret(p.Key)}.Config(scalerkit.Options{})
	require.NoError(t, err)

	conn, err := driver.Dial(nil, config, time.Minute)(t.Context(), "tcp", address)
	require.NoError(t, err)
	require.IsType(t, new(tls.Conn), conn)
	require.NoError(t, conn.Close())

	conn, err = driver.Dial(nil, nil, time.Minute)(t.Context(), "tcp", address)
	require.NoError(t, err)
	require.NotImplements(t, (*interface{ ConnectionState() tls.ConnectionState })(nil), conn)
	require.NoError(t, conn.Close())

	here, there := net.Pipe() // where nobody shakes hands
	defer there.Close()
	silent := func(context.Context, string, string) (net.Conn, error) { return here, nil }
	_, err = driver.Dial(silent, config, time.Millisecond)(t.Context(), "tcp", address)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.EqualError(t, err, "the TLS handshake came to no end, as with a server that does not expect TLS: context deadline exceeded")
	_, err = here.Write([]byte("x"))
	require.ErrorIs(t, err, io.ErrClosedPipe, "the connection is closed")
}

func TestWhoSpeaksTLSIsNamed(t *testing.T) {
	for _, c := range []struct {
		config       *tls.Config
		answer, want string
	}{
		{nil, tlshinttest.Alert, "the server speaks TLS on this port, and was spoken to without TLS"},
		{new(tls.Config), "hello\r\n", "the server does not speak TLS on this port, and was spoken to with TLS"},
	} {
		conn, err := driver.Dial(nil, c.config, time.Minute)(t.Context(), "tcp", tlshinttest.Serve(t, c.answer))
		if err == nil {
			defer conn.Close()
			_, err = io.WriteString(conn, "hello")
			require.NoError(t, err)
			_, err = conn.Read(make([]byte, 1))
		}
		require.EqualError(t, err, c.want)
	}
}

// A mixedConfig is of a source that is spoken to with and without TLS.
type mixedConfig struct {
	Secure bool `scaler:"secure"`
	TLS    driver.OptionalTLS
}

func (c *mixedConfig) Parse(p *driver.Problems) {
	c.TLS.Use(p, c.Secure, "set "+p.Name(&c.Secure)+" to true")
}

func TestSettingsOfOptionalTLSCountWhileItIsOn(t *testing.T) {
	var told []string
	options := scalerkit.Options{Warn: func(e scalerkit.ConfigError) { told = append(told, e.Error()) }}
	var got mixedConfig
	mixed := driver.Type[mixedConfig]{Name: "mixed", Open: func(c *mixedConfig, _ scalerkit.Options) (scalerkit.Scaler, error) {
		got = *c
		return new(level), nil
	}}
	auth := scalerkit.Secrets(values{"ca": "x", "Cert": "x", "key": passphrase, "keyPassword": passphrase})

	_, err := mixed.Driver().Open(scalerkit.Spec{Metadata: values{"unsafeSsl": "true"}, Auth: auth}, options)
	require.NoError(t, err)
	const why = ": has no effect, since TLS is off: set secure to true, or leave it out"
	require.Equal(t, []string{
		"mixed trigger: ca" + why, "mixed trigger: Cert" + why, "mixed trigger: key" + why, "mixed trigger: keyPassword" + why, "mixed trigger: unsafeSsl" + why,
	}, told)
	require.Equal(t, mixedConfig{}, got, "what does not count separates no triggers")
	config, err := got.TLS.Config(options)
	require.NoError(t, err)
	require.Nil(t, config)

	told = nil
	_, err = mixed.New(mixedConfig{TLS: driver.OptionalTLS{CA: "x"}}, options)
	require.NoError(t, err)
	require.Equal(t, []string{"mixed trigger: TLS.CA: has no effect, since TLS is off: set Secure to true, or leave it out"}, told)

	told = nil
	_, err = mixed.Driver().Open(scalerkit.Spec{Metadata: values{"secure": "true"}, Auth: scalerkit.Secrets(values{"ca": "x", "key": passphrase})}, options)
	require.EqualError(t, err, "mixed trigger: cert: is missing: the private key in key needs its certificate\n"+
		"mixed trigger: ca: has no PEM certificate")
	_, err = mixed.Driver().Open(scalerkit.Spec{Metadata: values{"secure": "true", "unsafeSsl": "true"}}, options)
	require.NoError(t, err)
	require.Empty(t, told)
	config, err = got.TLS.Config(options)
	require.NoError(t, err)
	require.True(t, config.InsecureSkipVerify)
}

func TestATriggersSettingsAreAddedToTheProgramsConfiguration(t *testing.T) {
	p, other := newPair(t), newPair(t)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM([]byte(p.Cert)))
	program := &tls.Config{MinVersion: tls.VersionTLS13, CipherSuites: []uint16{tls.TLS_AES_128_GCM_SHA256}, RootCAs: roots}

	config, err := driver.TLS{}.Config(scalerkit.Options{TLSConfig: program})
	require.NoError(t, err)
	require.Equal(t, program, config)
	require.NotSame(t, program, config)

	config, err = driver.TLS{CA: other.Cert, Cert: p.Cert, Key: scalerkit.NewSecret(p.Key), Insecure: true}.Config(scalerkit.Options{TLSConfig: program})
	require.NoError(t, err)
	require.EqualValues(t, tls.VersionTLS13, config.MinVersion)
	require.Equal(t, program.CipherSuites, config.CipherSuites)
	require.True(t, config.InsecureSkipVerify)
	require.Len(t, config.Certificates, 1)
	both := roots.Clone()
	require.True(t, both.AppendCertsFromPEM([]byte(other.Cert)))
	require.True(t, both.Equal(config.RootCAs))
	require.False(t, both.Equal(roots), "the program's roots are as they were")
	require.False(t, program.InsecureSkipVerify)
}
