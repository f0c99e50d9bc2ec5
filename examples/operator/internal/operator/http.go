package operator

import (
	"crypto/tls"
	"strconv"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
)

// http returns what KEDA's variables say about requests to event sources.
func (e *environment) http() scalerkit.HTTP {
	return scalerkit.HTTP{
		Timeout:           e.milliseconds("KEDA_HTTP_DEFAULT_TIMEOUT"),
		DisableKeepAlives: e.boolean("KEDA_HTTP_DISABLE_KEEP_ALIVE"),
	}
}

// tls returns what KEDA's variables say about TLS with event sources, nil if
// that is nothing.
func (e *environment) tls() *tls.Config {
	const version, ciphers = "KEDA_HTTP_MIN_TLS_VERSION", "KEDA_HTTP_TLS_CIPHER_LIST"
	if e.getenv(version) == "" && e.getenv(ciphers) == "" {
		return nil
	}
	return &tls.Config{MinVersion: e.version(version), CipherSuites: e.ciphers(ciphers)}
}

// milliseconds returns 0 if the variable is not set.
func (e *environment) milliseconds(name string) time.Duration {
	text := e.getenv(name)
	if text == "" {
		return 0
	}
	const most = 24 * time.Hour // so that no number overflows
	value, err := strconv.Atoi(text)
	if err != nil || value < 1 || value > int(most/time.Millisecond) {
		e.problem(name, "%q is not a number of milliseconds, from 1 to %d", text, most/time.Millisecond)
		return 0
	}
	return time.Duration(value) * time.Millisecond
}

// version returns a version of TLS, 1.2 if the variable is not set.
func (e *environment) version(name string) uint16 {
	switch text := e.getenv(name); text {
	case "TLS10":
		return tls.VersionTLS10
	case "TLS11":
		return tls.VersionTLS11
	case "TLS13":
		return tls.VersionTLS13
	default:
		e.problem(name, "%q is not one of TLS10, TLS11, TLS12, TLS13", text)
		fallthrough
	case "", "TLS12":
		return tls.VersionTLS12
	}
}

// ciphers returns the suites whose names are in the variable, with colons or
// commas between them. They are for TLS 1.2 and older: those of TLS 1.3 are all
// in use.
func (e *environment) ciphers(name string) []uint16 {
	known := make(map[string]uint16)
	var names []string
	for _, suite := range tls.CipherSuites() {
		known[suite.Name] = suite.ID
		names = append(names, suite.Name)
	}
	var ids []uint16
	for text := range strings.FieldsFuncSeq(e.getenv(name), func(r rune) bool { return r == ':' || r == ',' }) {
		id, ok := known[strings.TrimSpace(text)]
		if !ok {
			e.problem(name, "%q is not one of %s", strings.TrimSpace(text), strings.Join(names, ", "))
			continue
		}
		ids = append(ids, id)
	}
	return ids
}
