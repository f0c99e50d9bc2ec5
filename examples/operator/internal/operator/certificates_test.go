package operator

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/internal/tlstest"
)

func TestAuthoritiesAreReadOnceASecond(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ca.crt")
	first, second := tlstest.NewPair(t, "first"), tlstest.NewPair(t, "second")
	write := func(text string) { require.NoError(t, os.WriteFile(path, []byte(text), 0o600)) }
	synctest.Test(t, func(t *testing.T) {
		authorities := authoritiesIn(path)
		require := require.New(t)
		requireAre := func(want *x509.CertPool) {
			t.Helper()
			is, err := authorities()
			require.NoError(err)
			require.True(is.Equal(want))
		}

		_, err := authorities()
		require.EqualError(err, "open "+path+": no such file or directory")

		time.Sleep(time.Second)
		write(first.Cert)
		requireAre(first.Pool())

		write(second.Cert)
		requireAre(first.Pool())
		time.Sleep(time.Second)
		requireAre(second.Pool())

		write("oops")
		requireAre(second.Pool())
		time.Sleep(time.Second)
		_, err = authorities()
		require.EqualError(err, path+": has no PEM certificate")
	})
}
