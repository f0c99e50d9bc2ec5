package hpa

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"

	"github.com/scalerkit/scalerkit/internal/reread"
)

// A Certificate is the certificate of a server, with its key, and can be
// replaced at any time. The zero value has none yet.
type Certificate struct {
	current atomic.Pointer[tls.Certificate]
}

// Set makes the certificate the one of the handshakes from now on. Both
// arguments are PEM. After an error the old one stays.
func (c *Certificate) Set(certificate, key []byte) error {
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return err
	}
	c.current.Store(&pair)
	return nil
}

// Get returns the certificate, for [tls.Config.GetCertificate].
func (c *Certificate) Get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	if pair := c.current.Load(); pair != nil {
		return pair, nil
	}
	return nil, errors.New("there is no serving certificate yet")
}

// CertificateFiles is the certificate of a server in two PEM files, which may
// be replaced at any time: at a handshake they are read again, but not within
// a second. If they cannot be used, such as a new certificate beside a key that
// is still the old one, the last that could be used stays.
type CertificateFiles struct {
	Certificate, Key string // paths

	// Logger is told of files that cannot be used, once of each reason. If nil,
	// nobody is told.
	Logger *slog.Logger

	current reread.Value[*tls.Certificate]
	content [2][]byte // of the files in use
	inUse   Certificate
	err     error // what came of the last reading
}

// Get returns the certificate, for [tls.Config.GetCertificate].
func (c *CertificateFiles) Get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	return c.current.Get(func() (*tls.Certificate, error) {
		err := c.load()
		if err != nil && c.Logger != nil && (c.err == nil || c.err.Error() != err.Error()) {
			c.Logger.Warn("serving certificate not loaded", "error", err)
		}
		c.err = err
		if c.content[0] == nil {
			return nil, err
		}
		return c.inUse.Get(hello)
	})
}

// load takes the files into use if they have changed.
func (c *CertificateFiles) load() error {
	certificate, err := os.ReadFile(c.Certificate)
	if err != nil {
		return err
	}
	key, err := os.ReadFile(c.Key)
	if err != nil {
		return err
	}
	if bytes.Equal(certificate, c.content[0]) && bytes.Equal(key, c.content[1]) {
		return nil
	}
	if err := c.inUse.Set(certificate, key); err != nil {
		return fmt.Errorf("%s and %s: %w", c.Certificate, c.Key, err)
	}
	c.content = [2][]byte{certificate, key}
	return nil
}
