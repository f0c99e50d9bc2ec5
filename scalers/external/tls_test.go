package external_test

import (
	"crypto/tls"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/tlstest"
	"github.com/scalerkit/scalerkit/scalers/external"
	"github.com/scalerkit/scalerkit/scalers/external/internal/externaltest"
	"github.com/scalerkit/scalerkit/scalers/external/internal/wire"
)

func TestTLS(t *testing.T) {
	works := answering(true, wire.Measures{{Name: "lag", Int: 5}}, map[string]wire.Measures{"lag": {{Int: 7}}})
	server, caller, stranger := tlstest.NewPair(t, "server"), tlstest.NewPair(t, "caller"), tlstest.NewPair(t, "stranger")
	secured := func(config *tls.Config) string {
		config.Certificates = []tls.Certificate{server.Certificate}
		return externaltest.Serve(t, works, grpc.Creds(credentials.NewTLS(config)))
	}
	anyone := secured(&tls.Config{MinVersion: tls.VersionTLS12})
	mutual := secured(&tls.Config{MinVersion: tls.VersionTLS12, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: caller.Pool()})
	plain := externaltest.Serve(t, works)
	program := scalerkit.Options{TLSConfig: &tls.Config{RootCAs: server.Pool(), MinVersion: tls.VersionTLS12}}
	for name, c := range map[string]struct {
		address        string
		metadata, auth values
		options        scalerkit.Options
		err            string // a part of it
	}{
		"off":                                {address: plain},
		"on, and the server has none":        {address: plain, metadata: values{"enableTLS": "true"}, err: "the server does not speak TLS on this port, and was spoken to with TLS"},
		"off, and the server has it":         {address: anyone, err: "Unavailable"},
		"on, with the program's roots":       {address: anyone, metadata: values{"enableTLS": "true"}, options: program},
		"on, with the system's roots":        {address: anyone, metadata: values{"enableTLS": "true"}, err: "certificate signed by unknown authority"},
		"on, with any certificate":           {address: anyone, metadata: values{"enableTLS": "true", "unsafeSsl": "true"}},
		"a CA turns it on":                   {address: anyone, auth: values{"caCert": server.Cert}},
		"the wrong CA":                       {address: anyone, auth: values{"caCert": caller.Cert}, err: "certificate signed by unknown authority"},
		"the program's minimum":              {address: anyone, metadata: values{"enableTLS": "true"}, options: scalerkit.Options{TLSConfig: &tls.Config{RootCAs: server.Pool(), MaxVersion: tls.VersionTLS11}}, err: "tls:"},
		"a client certificate turns it on":   {address: mutual, auth: values{"tlsClientCert": caller.Cert, "tlsClientKey": caller.Key}, options: program},
		"a client certificate and a CA":      {address: mutual, auth: values{"tlsClientCert": caller.Cert, "tlsClientKey": caller.Key, "caCert": server.Cert}},
		"no client certificate":              {address: mutual, auth: values{"caCert": server.Cert}, err: "Unavailable"},
		"a client certificate of a stranger": {address: mutual, auth: values{"tlsClientCert": stranger.Cert, "tlsClientKey": stranger.Key, "caCert": server.Cert}, err: "Unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			metadata := values{"scalerAddress": c.address}
			for k, v := range c.metadata {
				metadata[k] = v
			}
			r, err := opened(t, external.Driver(), scalerkit.Spec{Metadata: metadata, Auth: scalerkit.Secrets(c.auth)}, c.options).Read(t.Context())
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
				return
			}
			require.NoError(t, err)
			require.EqualValues(t, 7, r.Value)
		})
	}
}
