package redis_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/tlshint/tlshinttest"
)

const (
	expectsTLS  = "the server speaks TLS on this port, and was spoken to without TLS"
	expectsNone = "the server does not speak TLS on this port, and was spoken to with TLS"
	hungUp      = "the server hung up without a word, as one does that expects TLS"
	hungUpOnTLS = "the server hung up in the TLS handshake without a word, as one does that does not expect TLS"
	silentOnTLS = "the TLS handshake came to no end, as with a server that does not expect TLS: context deadline exceeded"
)

// readAt reads a list at the address once and returns the error.
func readAt(t *testing.T, typ, address, enableTLS string) error {
	metadata := values{"listName": "orders", "address": address, "enableTLS": enableTLS, "unsafeSsl": "true"}
	if typ == "redis-sentinel" {
		metadata["sentinelMaster"] = "scalerkit"
	}
	s := opened(t)(registry().Open(scalerkit.Spec{Type: typ, Metadata: metadata}, scalerkit.Options{}))
	_, err := s.Read(t.Context())
	return err
}

func TestWhoSpeaksTLSIsNamed(t *testing.T) {
	for name, c := range map[string]struct{ answer, enableTLS, want string }{
		"TLS needed":              {tlshinttest.Alert, "false", expectsTLS},
		"TLS needed, perhaps":     {"", "false", hungUp},
		"TLS not spoken":          {"-ERR unknown command\r\n", "true", expectsNone},
		"TLS not spoken, perhaps": {"", "true", hungUpOnTLS},
	} {
		t.Run(name, func(t *testing.T) {
			address := tlshinttest.Serve(t, c.answer)
			require.EqualError(t, readAt(t, "redis", address, c.enableTLS), `read size of "orders": `+c.want)
			require.EqualError(t, readAt(t, "redis-cluster", address, c.enableTLS), `read size of "orders": `+c.want)
			require.EqualError(t, readAt(t, "redis-sentinel", address, c.enableTLS),
				`read size of "orders": redis: all sentinels specified in configuration are unreachable: `+c.want)
		})
	}
}

func TestWhoSpeaksTLSIsNamedOnServer(t *testing.T) {
	plain, secured := os.Getenv("SCALERKIT_TEST_REDIS"), os.Getenv("SCALERKIT_TEST_REDIS_TLS")
	if plain == "" || secured == "" {
		t.Skip("SCALERKIT_TEST_REDIS is not set: run make test")
	}
	require.EqualError(t, readAt(t, "redis", secured, "false"), `read size of "orders": `+hungUp)
	// The server takes the handshake for a command that may or may not have ended.
	require.Contains(t, []string{
		`read size of "orders": ` + expectsNone, `read size of "orders": ` + hungUpOnTLS, `read size of "orders": ` + silentOnTLS,
	}, readAt(t, "redis", plain, "true").Error())
}
