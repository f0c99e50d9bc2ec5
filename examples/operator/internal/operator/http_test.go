package operator

import (
	"bytes"
	"crypto/tls"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
)

func TestHTTP(t *testing.T) {
	for name, c := range map[string]struct {
		variables map[string]string
		http      scalerkit.HTTP
		tls       *tls.Config
	}{
		"nothing": {},
		"all": {
			variables: map[string]string{
				"KEDA_HTTP_DEFAULT_TIMEOUT":    "1500",
				"KEDA_HTTP_DISABLE_KEEP_ALIVE": "true",
				"KEDA_HTTP_MIN_TLS_VERSION":    "TLS13",
				"KEDA_HTTP_TLS_CIPHER_LIST":    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256:TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, TLS_AES_128_GCM_SHA256",
			},
			http: scalerkit.HTTP{Timeout: 1500 * time.Millisecond, DisableKeepAlives: true},
			tls: &tls.Config{MinVersion: tls.VersionTLS13, CipherSuites: []uint16{
				tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, tls.TLS_AES_128_GCM_SHA256,
			}},
		},
		"TLS 1.0":     {variables: map[string]string{"KEDA_HTTP_MIN_TLS_VERSION": "TLS10"}, tls: &tls.Config{MinVersion: tls.VersionTLS10}}, //nolint:gosec // that is what is asked for
		"TLS 1.1":     {variables: map[string]string{"KEDA_HTTP_MIN_TLS_VERSION": "TLS11"}, tls: &tls.Config{MinVersion: tls.VersionTLS11}}, //nolint:gosec // that is what is asked for
		"TLS 1.2":     {variables: map[string]string{"KEDA_HTTP_MIN_TLS_VERSION": "TLS12"}, tls: &tls.Config{MinVersion: tls.VersionTLS12}},
		"suites only": {variables: map[string]string{"KEDA_HTTP_TLS_CIPHER_LIST": "TLS_AES_128_GCM_SHA256"}, tls: &tls.Config{MinVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_AES_128_GCM_SHA256}}},
	} {
		t.Run(name, func(t *testing.T) {
			config, err := Parse(nil, env(c.variables), &bytes.Buffer{})
			require.NoError(t, err)
			require.Equal(t, c.http, config.HTTP)
			require.Equal(t, c.tls, config.TLS)
		})
	}
}

func TestHTTPProblems(t *testing.T) {
	var suites []string
	for _, suite := range tls.CipherSuites() {
		suites = append(suites, suite.Name)
	}
	for _, timeout := range []string{"3s", "0", "-5", "86400001"} {
		_, err := Parse(nil, env(map[string]string{"KEDA_HTTP_DEFAULT_TIMEOUT": timeout}), &bytes.Buffer{})
		require.EqualError(t, err, `environment variable KEDA_HTTP_DEFAULT_TIMEOUT: "`+timeout+`" is not a number of milliseconds, from 1 to 86400000`)
	}
	_, err := Parse(nil, env(map[string]string{
		"KEDA_HTTP_DISABLE_KEEP_ALIVE": "on",
		"KEDA_HTTP_MIN_TLS_VERSION":    "1.3",
		"KEDA_HTTP_TLS_CIPHER_LIST":    "TLS_AES_128_GCM_SHA256,RC4",
	}), &bytes.Buffer{})
	require.EqualError(t, err, `environment variable KEDA_HTTP_DISABLE_KEEP_ALIVE: "on" is not one of true, false
environment variable KEDA_HTTP_MIN_TLS_VERSION: "1.3" is not one of TLS10, TLS11, TLS12, TLS13
environment variable KEDA_HTTP_TLS_CIPHER_LIST: "RC4" is not one of `+strings.Join(suites, ", "))
}
