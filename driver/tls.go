package driver

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net"
	"time"

	"github.com/youmark/pkcs8"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/tlshint"
)

// TLS is the part of a trigger's parameters that concerns transport security.
// Drivers have it in the connection part of their Config. It is comparable.
type TLS struct {
	CA          string           `scaler:"ca" from:"auth" doc:"PEM certificates to trust besides the system's"`
	Cert        string           `scaler:"cert|Cert" from:"auth" doc:"PEM client certificate"`
	Key         scalerkit.Secret `scaler:"key" from:"auth" doc:"PEM private key of the client certificate"`
	KeyPassword scalerkit.Secret `scaler:"keyPassword" from:"auth" doc:"passphrase of the private key, if it is encrypted"`
	Insecure    bool             `scaler:"unsafeSsl" from:"metadata,auth" doc:"accept any server certificate"`

	on bool // of an OptionalTLS
}

// Parse implements [Parser].
func (t *TLS) Parse(p *Problems) {
	switch {
	case t.Cert != "" && !t.Key.IsSet():
		p.Add(&t.Key, "is missing: the client certificate in %s needs its private key", p.Name(&t.Cert))
	case t.Cert == "" && t.Key.IsSet():
		p.Add(&t.Cert, "is missing: the private key in %s needs its certificate", p.Name(&t.Key))
	case t.Cert != "":
		t.parseKeyPair(p)
	}
	if t.CA != "" && !x509.NewCertPool().AppendCertsFromPEM([]byte(t.CA)) {
		p.Add(&t.CA, "has no PEM certificate")
	}
}

func (t *TLS) parseKeyPair(p *Problems) {
	switch _, err := t.keyPair(); {
	case errors.Is(err, errPassphrase):
		p.Add(&t.KeyPassword, "does not open the private key: want PKCS#8 in PEM, encrypted with this passphrase")
	case err != nil:
		p.Add(&t.Cert, "and %s are not a PEM certificate and the private key that belongs to it", p.Name(&t.Key))
	}
}

// Config returns the client configuration that t describes, on the basis of
// that of the program, see [scalerkit.Options.TLSConfig]. It fails only where
// Parse would have found a problem.
func (t TLS) Config(options scalerkit.Options) (*tls.Config, error) {
	config := options.TLSConfig.Clone()
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if t.Insecure {
		config.InsecureSkipVerify = true // the trigger asks for it
	}
	if t.CA != "" {
		roots := rootsOf(config)
		if !roots.AppendCertsFromPEM([]byte(t.CA)) {
			return nil, errors.New("the CA has no PEM certificate")
		}
		config.RootCAs = roots
	}
	if t.Cert != "" {
		certificate, err := t.keyPair()
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{certificate}
	}
	return config, nil
}

// An OptionalTLS is the TLS of a source that is spoken to without it, too. The
// Config that has it says in its Parse whether it is on, by a call of Use.
type OptionalTLS TLS

// Use checks the settings if TLS is on, as those of a TLS always are. While it
// is off they have no effect: they are cleared, and that is told together with
// how to turn TLS on, such as "set enableTLS to true" (see [Problems.Warn]).
func (t *OptionalTLS) Use(p *Problems, on bool, how string) {
	if on {
		(*TLS)(t).Parse(p)
		t.on = true
		return
	}
	for _, setting := range []struct {
		field any
		given bool
	}{
		{&t.CA, t.CA != ""}, {&t.Cert, t.Cert != ""}, {&t.Key, t.Key.IsSet()}, {&t.KeyPassword, t.KeyPassword.IsSet()}, {&t.Insecure, t.Insecure},
	} {
		if setting.given {
			p.Warn(setting.field, "has no effect, since TLS is off: %s, or leave it out", how)
		}
	}
	*t = OptionalTLS{}
}

// Config is like [TLS.Config]. It returns nil while TLS is off, with which [Dial]
// speaks none.
func (t OptionalTLS) Config(options scalerkit.Options) (*tls.Config, error) {
	if !t.on {
		return nil, nil
	}
	return TLS(t).Config(options)
}

// Dial returns what opens network connections as the program says, with TLS while
// it is on: see [Dial].
func (t OptionalTLS) Dial(options scalerkit.Options, timeout time.Duration) (DialFunc, error) {
	config, err := t.Config(options)
	return Dial(options.Dial, config, timeout), err
}

// rootsOf returns a copy of the roots that config trusts.
func rootsOf(config *tls.Config) *x509.CertPool {
	if config.RootCAs != nil {
		return config.RootCAs.Clone()
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		return x509.NewCertPool()
	}
	return roots
}

var (
	errPassphrase = errors.New("the passphrase does not open the private key")
	errKeyPair    = errors.New("this is not a PEM certificate and the private key that belongs to it")
)

// keyPair reads the client certificate. Its errors do not pass on those of the
// parsers, lest they quote the key.
func (t TLS) keyPair() (tls.Certificate, error) {
	key := []byte(t.Key.Reveal())
	if t.KeyPassword.IsSet() {
		var err error
		if key, err = decrypt(key, t.KeyPassword); err != nil {
			return tls.Certificate{}, errPassphrase
		}
	}
	certificate, err := tls.X509KeyPair([]byte(t.Cert), key)
	if err != nil {
		return tls.Certificate{}, errKeyPair
	}
	return certificate, nil
}

// decrypt returns an encrypted PKCS#8 key as plain PEM.
func decrypt(key []byte, password scalerkit.Secret) ([]byte, error) {
	block, _ := pem.Decode(key)
	if block == nil {
		return nil, errors.New("no PEM block")
	}
	plain, err := pkcs8.ParsePKCS8PrivateKey(block.Bytes, []byte(password.Reveal()))
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(plain)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// A DialFunc opens network connections, as scalerkit.Options.Dial does.
type DialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// Dial returns a DialFunc that speaks TLS over the connections that dial
// opens, and gives up after timeout. If config is nil, there is no TLS; if
// dial is nil, a net.Dialer takes its place. Connections to a server that does
// not agree on TLS fail with an error that says so.
func Dial(dial DialFunc, config *tls.Config, timeout time.Duration) DialFunc {
	dial = tlshint.Dial(dial)
	return func(caller context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(caller, timeout)
		defer cancel()
		conn, err := dial(ctx, network, address)
		if err != nil || config == nil {
			return conn, err
		}
		secured := config.Clone()
		if secured.ServerName == "" {
			if secured.ServerName, _, err = net.SplitHostPort(address); err != nil {
				secured.ServerName = address
			}
		}
		client := tls.Client(conn, secured)
		if err := client.HandshakeContext(ctx); err != nil {
			_ = conn.Close() // the handshake's error says more
			if ctx.Err() != nil && caller.Err() == nil {
				err = tlshint.Silent(err)
			}
			return nil, err
		}
		return client, nil
	}
}
