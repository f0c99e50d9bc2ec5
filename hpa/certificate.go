package hpa

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
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
	return nil, errors.New("there is no certificate yet")
}

// CertificateFiles is the certificate of a server in two PEM files, which may
// be replaced at any time: at a handshake they are read again, but at most
// once a second. While they cannot be used, such as a certificate that is
// written and a key that is not yet, the last that could is.
type CertificateFiles struct {
	Certificate, Key string       // paths
	Logger           *slog.Logger // is told once of files that cannot be used; if nil, nobody is

	mu    sync.Mutex
	read  time.Time // when
	last  [2][]byte // what was read
	err   error     // what came of it
	inUse Certificate
}

// Get returns the certificate, for [tls.Config.GetCertificate].
func (c *CertificateFiles) Get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.read) >= time.Second || c.read.IsZero() {
		c.read = now
		c.reload()
	}
	if c.inUse.current.Load() == nil {
		return nil, c.err
	}
	return c.inUse.Get(hello)
}

// reload reads the files. The caller holds the mutex.
func (c *CertificateFiles) reload() {
	var contents [2][]byte
	var err error
	for i, path := range []string{c.Certificate, c.Key} {
		if contents[i], err = os.ReadFile(path); err != nil {
			break
		}
	}
	if err == nil {
		if c.err == nil && bytes.Equal(contents[0], c.last[0]) && bytes.Equal(contents[1], c.last[1]) {
			return
		}
		c.last = contents
		if err = c.inUse.Set(contents[0], contents[1]); err != nil {
			err = fmt.Errorf("%s, %s: %w", c.Certificate, c.Key, err)
		}
	}
	if err != nil && c.Logger != nil && (c.err == nil || c.err.Error() != err.Error()) {
		c.Logger.Warn("serving certificate not reloaded", "error", err)
	}
	c.err = err
}
