package kafka_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/tlshint/tlshinttest"
	"github.com/scalerkit/scalerkit/scalers/kafka"
)

func TestWhoSpeaksTLSIsNamed(t *testing.T) {
	for _, c := range []struct{ mode, answer, want string }{
		{"disable", tlshinttest.Alert, "the server speaks TLS on this port, and was spoken to without TLS"},
		{"disable", "", "the broker closed the connection: the server hung up without a word, as one does that expects TLS"},
		{"enable", "\x00\x00\x00\x04", "the server does not speak TLS on this port, and was spoken to with TLS"},
		{"enable", "", "the server hung up in the TLS handshake without a word, as one does that does not expect TLS"},
	} {
		address := tlshinttest.Serve(t, c.answer)
		wantError(t, opened(t)(kafka.Driver().Open(scalerkit.Spec{Metadata: lag.with(values{"bootstrapServers": address, "tls": c.mode})}, scalerkit.Options{})), nil,
			fmt.Sprintf(`read lag of group "workers" in topic "orders": broker %s: %s`, address, c.want))
	}
}

func TestWhoSpeaksTLSIsNamedOnServer(t *testing.T) {
	for _, variable := range []string{"SCALERKIT_TEST_KAFKA", "SCALERKIT_TEST_KAFKA_SASL"} {
		address := os.Getenv(variable)
		if address == "" {
			t.Skip(variable + " is not set: run make test")
		}
		wantError(t, opened(t)(kafka.Driver().Open(scalerkit.Spec{Metadata: lag.with(values{"bootstrapServers": address, "tls": "enable"})}, scalerkit.Options{})), nil,
			fmt.Sprintf(`read lag of group "workers" in topic "orders": broker %s: the server hung up in the TLS handshake without a word, as one does that does not expect TLS`, address))
	}
}
