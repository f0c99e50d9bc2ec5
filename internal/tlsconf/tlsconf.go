// Package tlsconf makes a crypto/tls configuration of a trigger's parameters.
package tlsconf

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"

	"github.com/youmark/pkcs8"

	"github.com/scalerkit/scalerkit"
)

// New returns the client configuration that t describes. The roots are the
// system's and t.CA. The errors are scalerkit.ConfigErrors.
func New(t scalerkit.TLS) (*tls.Config, error) {
	config := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: t.Insecure, //nolint:gosec // the trigger asks for it
	}
	if t.CA != "" {
		roots, err := x509.SystemCertPool()
		if err != nil {
			roots = x509.NewCertPool()
		}
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
