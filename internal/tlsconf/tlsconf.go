// Package tlsconf makes a crypto/tls configuration of a trigger's parameters.
package tlsconf

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

// New returns the client configuration that t describes, on the basis of the
// program's, which may be nil. The roots are those of the program, or else the
// system's, and t.CA. The errors are scalerkit.ConfigErrors.
func New(t scalerkit.TLS, program *tls.Config) (*tls.Config, error) {
	config := program.Clone()
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if t.Insecure {
		config.InsecureSkipVerify = true // the trigger asks for it
	}
	if t.CA != "" {
		roots := rootsOf(config)
		if !roots.AppendCertsFromPEM([]byte(t.CA)) {
			return nil, scalerkit.Problem("ca", "has no PEM certificate")
		}
		config.RootCAs = roots
	}
	if t.Cert != "" {
		certificate, err := keyPair(t)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{certificate}
	}
	return config, nil
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

// keyPair reads the client certificate. Its errors do not pass on those of the
// parsers, lest they quote the key.
func keyPair(t scalerkit.TLS) (tls.Certificate, error) {
	key := []byte(t.Key.Reveal())
	if t.KeyPassword.IsSet() {
		var err error
		if key, err = decrypt(key, t.KeyPassword); err != nil {
			return tls.Certificate{}, scalerkit.Problem("keyPassword", "does not open the private key: want PKCS#8 in PEM, encrypted with this passphrase")
		}
	}
	certificate, err := tls.X509KeyPair([]byte(t.Cert), key)
	if err != nil {
		return tls.Certificate{}, scalerkit.Problem("cert", "and key are not a PEM certificate and the private key that belongs to it")
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
