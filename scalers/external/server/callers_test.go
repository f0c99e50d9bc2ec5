package server_test

import (
	"crypto/tls"
	"crypto/x509"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/tlstest"
	"github.com/scalerkit/scalerkit/scalers/external"
	"github.com/scalerkit/scalerkit/scalers/external/server"
)

func TestCallersShowACertificate(t *testing.T) {
	us, them, stranger := tlstest.NewPair(t, "server"), tlstest.NewPair(t, "caller"), tlstest.NewPair(t, "stranger")
	options := server.Options{Open: always(reading(scalerkit.Reading{Value: 7}, nil))}
	loopback := options
	loopback.Anonymous = true
	asks := func(auth tls.ClientAuthType, authority *x509.CertPool) grpc.ServerOption {
		return grpc.Creds(credentials.NewTLS(&tls.Config{
			Certificates: []tls.Certificate{us.Certificate}, MinVersion: tls.VersionTLS12, ClientAuth: auth, ClientCAs: authority,
		}))
	}
	const anonymous = "access denied: show a client certificate"
	for name, c := range map[string]struct {
		address string
		auth    map[string]string
		err     string // a part of it
	}{
		"known":                                  {serve(t, options, asks(tls.RequireAndVerifyClientCert, them.Pool())), map[string]string{"caCert": us.Cert, "tlsClientCert": them.Cert, "tlsClientKey": them.Key}, ""},
		"a stranger":                             {serve(t, options, asks(tls.RequireAndVerifyClientCert, them.Pool())), map[string]string{"caCert": us.Cert, "tlsClientCert": stranger.Cert, "tlsClientKey": stranger.Key}, "Unavailable"},
		"nobody":                                 {serve(t, options, asks(tls.RequireAndVerifyClientCert, them.Pool())), map[string]string{"caCert": us.Cert}, "Unavailable"},
		"a stranger whose certificate is unread": {serve(t, options, asks(tls.RequireAnyClientCert, nil)), map[string]string{"caCert": us.Cert, "tlsClientCert": stranger.Cert, "tlsClientKey": stranger.Key}, anonymous},
		"nobody, though it is not asked for":     {serve(t, options, asks(tls.NoClientCert, nil)), map[string]string{"caCert": us.Cert}, anonymous},
		"nobody, without TLS":                    {serve(t, options), nil, anonymous},
		"nobody, on this machine":                {serve(t, loopback), nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := external.NewPush(external.Config{Server: external.Server{
				Address: c.address, CACert: c.auth["caCert"], ClientCert: c.auth["tlsClientCert"], ClientKey: scalerkit.NewSecret(c.auth["tlsClientKey"]),
			}}, scalerkit.Options{})
			require.NoError(t, err)
			defer s.Close()
			r, err := s.Read(t.Context())
			if c.err == "" {
				require.NoError(t, err)
				require.EqualValues(t, 7, r.Value)
				return
			}
			require.ErrorContains(t, err, c.err)
			require.ErrorContains(t, s.(scalerkit.Watcher).Watch(t.Context(), func() {}), c.err)
		})
	}
}
