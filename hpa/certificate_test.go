package hpa_test

import (
	"bytes"
	"crypto/x509"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/hpa"
)

func TestACertificateInMemory(t *testing.T) {
	a := newAuthority(t, "serving")
	var c hpa.Certificate
	_, err := c.Get(nil)
	require.EqualError(t, err, "there is no serving certificate yet")
	require.NoError(t, c.Set(a.issue(t, "first")))
	first, err := c.Get(nil)
	require.NoError(t, err)
	assert.Equal(t, "first", first.Leaf.Subject.CommonName)

	certificate, _ := a.issue(t, "second")
	_, key := a.issue(t, "third")
	require.EqualError(t, c.Set(certificate, key), "tls: private key does not match public key")
	again, err := c.Get(nil)
	require.NoError(t, err)
	assert.Same(t, first, again)
}

func TestACertificateInFiles(t *testing.T) {
	directory := t.TempDir()
	a := newAuthority(t, "serving")
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		files := hpa.CertificateFiles{
			Certificate: filepath.Join(directory, "tls.crt"),
			Key:         filepath.Join(directory, "tls.key"),
			Logger:      slog.New(slog.NewTextHandler(&log, nil)),
		}
		news := func() string {
			defer log.Reset()
			return strings.ReplaceAll(log.String(), directory, "")
		}
		later := func(c *x509.Certificate) { c.NotBefore = time.Time{} }
		first, firstKey := a.issue(t, "first", later)
		second, secondKey := a.issue(t, "second", later)

		_, err := files.Get(nil)
		require.ErrorIs(t, err, os.ErrNotExist)
		const none = `time=2000-01-01T00:00:00.000Z level=WARN msg="serving certificate not loaded" error="open /tls.crt: no such file or directory"` + "\n"
		assert.Equal(t, none, news())

		write(t, files.Certificate, first)
		write(t, files.Key, firstKey)
		_, err = files.Get(nil)
		require.ErrorIs(t, err, os.ErrNotExist, "a second is not over")
		time.Sleep(time.Second)
		assert.Equal(t, "first", name(t, &files))

		write(t, files.Certificate, second)
		assert.Equal(t, "first", name(t, &files))
		for range 3 {
			time.Sleep(time.Second)
			assert.Equal(t, "first", name(t, &files), "the key is not the second's")
		}
		const mismatch = `time=2000-01-01T00:00:02.000Z level=WARN msg="serving certificate not loaded" error="/tls.crt and /tls.key: tls: private key does not match public key"` + "\n"
		assert.Equal(t, mismatch, news(), "once")

		write(t, files.Key, secondKey)
		time.Sleep(time.Second)
		assert.Equal(t, "second", name(t, &files))

		require.NoError(t, os.Remove(files.Key))
		time.Sleep(time.Second)
		assert.Equal(t, "second", name(t, &files))
		write(t, files.Key, secondKey)
		time.Sleep(time.Second)
		assert.Equal(t, "second", name(t, &files))
		same, err := files.Get(nil)
		require.NoError(t, err)
		time.Sleep(time.Second)
		again, err := files.Get(nil)
		require.NoError(t, err)
		assert.Same(t, same, again, "nothing has changed")
	})
}

// name returns that of the certificate in use.
func name(t *testing.T, files *hpa.CertificateFiles) string {
	t.Helper()
	c, err := files.Get(nil)
	require.NoError(t, err)
	return c.Leaf.Subject.CommonName
}
