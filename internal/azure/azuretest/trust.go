package azuretest

import (
	"runtime"
	"testing"
)

// NeedTrust skips a test where what Setup does has no effect on TLS.
func NeedTrust(tb testing.TB) {
	if runtime.GOOS != "linux" {
		tb.Skip("only Linux takes trusted certificates from SSL_CERT_FILE")
	}
}
