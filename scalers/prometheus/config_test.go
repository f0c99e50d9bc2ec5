package prometheus_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/scalers/prometheus"
)

func TestMistakesAreNamed(t *testing.T) {
	const trigger = `prometheus trigger "orders": `
	azure := scalerkit.Identity{Provider: "azure-workload"}
	for want, c := range map[string]struct {
		metadata, auth values
		identity       scalerkit.Identity
	}{
		trigger + `serverAddress: is not the URL of a server: want http:// or https://, a host, and no parameters`:                            {metadata: values{"serverAddress": "prometheus:9090"}},
		trigger + `threshold: "0" is not greater than 0`:                                                                                      {metadata: values{"threshold": "0"}},
		trigger + `queryParameters: has "query", which is a parameter of the trigger's own`:                                                   {metadata: values{"queryParameters": "query=up"}},
		trigger + `queryParameters: has "namespace", which is a parameter of the trigger's own`:                                               {metadata: values{"queryParameters": "namespace=a", "namespace": "b"}},
		trigger + `customHeaders: has what cannot be in a header`:                                                                             {metadata: values{"customHeaders": "a b=c"}},
		trigger + `authModes: and the podIdentity exclude each other: keep one of them`:                                                       {metadata: values{"authModes": "bearer"}, auth: values{"bearerToken": "t"}, identity: azure},
		trigger + `cloud: "AzureGermanCloud" is not one of AzurePublicCloud, AzureUSGovernmentCloud, AzureChinaCloud, Private`:                {metadata: values{"cloud": "AzureGermanCloud"}, identity: azure},
		trigger + `azureManagedPrometheusResourceURL: is missing: the cloud Private needs it, such as https://prometheus.monitor.example.com`: {metadata: values{"cloud": "private"}, identity: azure},
		trigger + `awsRegion: is missing: signatures of AWS need it`:                                                                          {identity: scalerkit.Identity{Provider: "aws"}},
		trigger + `this program has no identity of provider "gcp" for this trigger type`:                                                      {identity: scalerkit.Identity{Provider: "gcp"}},
	} {
		_, err := prometheus.Driver().Open(scalerkit.Spec{
			Name: "orders", Identity: c.identity, Auth: scalerkit.Secrets(c.auth),
			Metadata: merged(values{"serverAddress": "http://prometheus:9090", "query": "up", "threshold": "5"}, c.metadata),
		}, scalerkit.Options{})
		require.EqualError(t, err, want)
	}
}

func merged(a, b values) values {
	both := values{}
	for _, m := range []values{a, b} {
		for key, value := range m {
			both[key] = value
		}
	}
	return both
}

func TestTheMetric(t *testing.T) {
	s, err := prometheus.New(prometheus.Config{
		Server: prometheus.Server{Address: "http://prometheus:9090"}, Query: "up", Threshold: 2.5, Activation: -1,
	}, scalerkit.Options{})
	require.NoError(t, err)
	require.Equal(t, scalerkit.Metric{
		Name: "prometheus", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 2.5}, Activation: -1,
	}, s.Metric())
	require.NoError(t, s.Close())
}

// Whom a cloud's identity is asked for, and where what it gives may go.
func TestIdentitiesOfClouds(t *testing.T) {
	var got httpsource.Audience
	take := func(_ httpsource.Platform, a httpsource.Audience, _ scalerkit.Options) (httpsource.Opener, error) {
		got = a
		return nil, nil
	}
	identities := httpsource.Identities{"aws": take, "azure-workload": take, "gcp": take}
	key := values{"awsAccessKeyID": "AKIA", "awsSecretAccessKey": "s"}
	for _, c := range []struct {
		provider, server       string
		metadata, auth         values
		scope, service, refuse string
	}{
		{provider: "aws", server: "https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1", metadata: values{"awsRegion": "eu-west-1"}, service: "aps"},
		{server: "http://proxy.example.com", metadata: values{"awsRegion": "eu-west-1"}, auth: key, service: "aps"},
		{provider: "azure-workload", server: "https://shop.westeurope.prometheus.monitor.azure.com", scope: "https://prometheus.monitor.azure.com/.default"},
		{provider: "azure-workload", server: "https://shop.usgovvirginia.prometheus.monitor.azure.us", metadata: values{"cloud": "AzureUSGovernmentCloud"}, scope: "https://prometheus.monitor.azure.us/.default"},
		{provider: "azure-workload", server: "https://prometheus.airgap.example", metadata: values{"cloud": "Private", "azureManagedPrometheusResourceURL": "https://prometheus.airgap.example/.default"}, scope: "https://prometheus.airgap.example/.default"},
		{provider: "azure-workload", server: "https://shop.blob.core.windows.net", refuse: `"shop.blob.core.windows.net" may not be sent the token of an identity: use *.prometheus.monitor.azure.com, or let the administrator list it as an identity endpoint`},
		{provider: "gcp", server: "https://monitoring.googleapis.com/v1/projects/shop/location/global/prometheus", scope: "https://www.googleapis.com/auth/monitoring.read"},
		{server: "https://monitoring.googleapis.com/v1", auth: values{"GoogleApplicationCredentials": "{}"}, scope: "https://www.googleapis.com/auth/monitoring.read"},
		{provider: "gcp", server: "https://evil.example.com", refuse: `"evil.example.com" may not be sent the token of an identity: use *.googleapis.com, or let the administrator list it as an identity endpoint`},
		{server: "http://prometheus", metadata: values{"authModes": "bearer"}, auth: merged(key, values{"bearerToken": "t"})}, // a mode comes before credentials
		{server: "http://prometheus"},
	} {
		got = httpsource.Audience{}
		s, err := prometheus.Driver(identities).Open(scalerkit.Spec{
			Identity: scalerkit.Identity{Provider: c.provider}, Auth: scalerkit.Secrets(c.auth),
			Metadata: merged(values{"serverAddress": c.server, "query": "up", "threshold": "5"}, c.metadata),
		}, scalerkit.Options{IdentityEndpoints: []string{"*.airgap.example"}})
		if c.refuse != "" {
			require.EqualError(t, err, "prometheus trigger: "+c.refuse)
			continue
		}
		require.NoError(t, err, c.server)
		require.NoError(t, s.Close())
		if c.scope != "" {
			require.Equal(t, c.scope, got.Scope)
		} else {
			require.Equal(t, c.service, got.Service)
		}
	}
}
