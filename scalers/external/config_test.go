package external_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/tlstest"
	"github.com/scalerkit/scalerkit/scalers/external"
)

type values = map[string]string

func TestMetric(t *testing.T) {
	for address, want := range map[string]string{
		"scaler.shop.svc:6000":                "external-scaler-shop-svc-6000",
		"dns:///scaler.shop.svc:6000":         "external-scaler-shop-svc-6000",
		"passthrough:///scaler.shop.svc:6000": "external-scaler-shop-svc-6000",
	} {
		s, err := external.Driver().Open(scalerkit.Spec{MetricType: scalerkit.Total, Metadata: values{"scalerAddress": address}}, scalerkit.Options{})
		require.NoError(t, err)
		require.Equal(t, scalerkit.Metric{Name: want, Target: scalerkit.Target{Kind: scalerkit.Total, Value: 1}}, s.Metric())
		require.NoError(t, s.Close())
	}
}

func TestProblemsAreNamed(t *testing.T) {
	const trigger = `external trigger "orders": `
	pair := tlstest.NewPair(t, "caller")
	for _, c := range []struct {
		metadata, auth values
		want           string
	}{
		{values{}, nil, trigger + "scalerAddress: is missing: set it in the metadata"},
		{values{"scalerAddress": "scaler"}, nil, trigger + "scalerAddress: has no port: want host:port"},
		{values{"scalerAddress": "http://scaler:80"}, nil, trigger + "scalerAddress: is a URL: give host:port alone"},
		{values{"scalerAddress": "unix:///run/scaler"}, nil, trigger + "scalerAddress: is a URL: give host:port alone"},
		{values{"scalerAddress": "dns:///scaler"}, nil, trigger + "scalerAddress: has no port: want host:port"},
		{values{"scalerAddress": "s:1", "enableTLS": "yes", "unsafeSsl": "2"}, nil, trigger + `enableTLS: "yes" is not true or false` + "\n" + trigger + `unsafeSsl: "2" is not true or false`},
		{values{"scalerAddress": "s:1"}, values{"caCert": "x", "tlsClientCert": pair.Cert}, trigger + "tlsClientKey: is missing: the client certificate in tlsClientCert needs its private key\n" + trigger + "caCert: has no PEM certificate"},
		{values{"scalerAddress": "s:1"}, values{"tlsClientKey": pair.Key}, trigger + "tlsClientCert: is missing: the private key in tlsClientKey needs its certificate"},
		{values{"scalerAddress": "s:1"}, values{"tlsClientCert": pair.Cert, "tlsClientKey": "x"}, trigger + "tlsClientCert: and tlsClientKey are not a PEM certificate and the private key that belongs to it"},
		{values{"scalerAddress": "s:1", "caCert": "x"}, nil, trigger + "caCert: in the metadata is only passed on, and has no effect on TLS: let the authentication deliver it"},
		{values{"scalerAddress": "s:1"}, values{"password": "x"}, trigger + "password: is not a parameter of this trigger type in the authentication; there are caCert, tlsClientCert, tlsClientKey"},
		{values{"scalerAddress": "s:1", "passwordFromEnv": "PASSWORD"}, nil, trigger + `passwordFromEnv: environment variable "PASSWORD" is not set`},
	} {
		s, err := external.Driver().Open(scalerkit.Spec{Name: "orders", Metadata: c.metadata, Auth: scalerkit.Secrets(c.auth)}, scalerkit.Options{})
		require.Nil(t, s)
		require.EqualError(t, err, c.want)
	}
	_, err := external.New(external.Config{Server: external.Server{Address: "scaler", ClientKey: scalerkit.NewSecret("x")}}, scalerkit.Options{})
	require.EqualError(t, err, "external trigger: Address: has no port: want host:port\nexternal trigger: ClientCert: is missing: the private key in ClientKey needs its certificate")
}

// What KEDA lets pass is told, and passed on.
func TestWhatHasNoEffectIsTold(t *testing.T) {
	var told []string
	s, err := external.Driver().Open(scalerkit.Spec{Metadata: values{
		"scalerAddress": "s:1", "unsafeSsl": "true", "tlsClientCert": "x", "tlsClientKey": "y", "caCert": "z", "tlsCertFile": "/cert", "userFromEnv": "USER",
	}}, scalerkit.Options{Warn: func(e scalerkit.ConfigError) { told = append(told, e.Error()) }})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	const passedOn = ": in the metadata is only passed on, and has no effect on TLS: let the authentication deliver it"
	require.ElementsMatch(t, []string{
		`external trigger: userFromEnv: environment variable "USER" is not set`,
		"external trigger: unsafeSsl: has no effect, since TLS is off: set enableTLS to true, or leave it out",
		"external trigger: tlsClientCert" + passedOn, "external trigger: tlsClientKey" + passedOn, "external trigger: caCert" + passedOn,
	}, told)
}
