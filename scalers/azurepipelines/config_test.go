package azurepipelines_test

import (
	"maps"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
	"github.com/scalerkit/scalerkit/scalers/azurepipelines"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

func TestTriggersOpenAsTheyAreWritten(t *testing.T) {
	env := scalerkit.Secrets(values{"AZP_URL": "https://dev.azure.com/shop", "AZP_TOKEN": "pat\n"})
	for name, c := range map[string]struct {
		spec scalerkit.Spec
		want scalerkit.Metric
	}{
		"KEDA's example": {
			scalerkit.Spec{Env: env, Metadata: values{
				"organizationURLFromEnv": "AZP_URL", "personalAccessTokenFromEnv": "AZP_TOKEN", "poolName": "agents", "poolID": "1",
				"targetPipelinesQueueLength": "2", "activationTargetPipelinesQueueLength": "5", "parent": "template", "demands": "maven,docker",
				"requireAllDemands": "false", "requireAllDemandsAndIgnoreOthers": "false", "fetchUnfinishedJobsOnly": "false",
				"caseInsensitiveDemandsProcessing": "false",
			}},
			scalerkit.Metric{Name: "azure-pipelines-agents", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 2}, Activation: 5, InFlight: true},
		},
		"with an identity": {
			scalerkit.Spec{Env: env, Identity: scalerkit.Identity{Provider: "azure-workload"}, Metadata: values{"organizationURLFromEnv": "AZP_URL", "poolID": "0", "scaleOnInFlight": "false"}},
			scalerkit.Metric{Name: "azure-pipelines-0", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 1}},
		},
		"with a slash, at the older address": {
			scalerkit.Spec{Auth: scalerkit.Secrets(values{"organizationURL": "https://shop.visualstudio.com/", "personalAccessToken": "pat"}), Metadata: values{"poolID": "1", "jobsToFetch": "9", "fetchUnfinishedJobsOnly": "false"}},
			scalerkit.Metric{Name: "azure-pipelines-1", Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 1}, InFlight: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := azurepipelines.Driver().Open(c.spec, scalerkit.Options{Warn: func(scalerkit.ConfigError) {}})
			require.NoError(t, err)
			require.Equal(t, c.want, s.Metric())
			require.NoError(t, s.Close())
		})
	}
}

func TestMistakesAreNamed(t *testing.T) {
	const of = "azureServicePrincipal"
	application := func(more values) values {
		auth := values{of: "true", of + "TenantId": "t", of + "ClientId": "c", of + "ClientSecret": "hunter2"}
		for key, value := range more {
			if auth[of+key] = value; value == "" {
				delete(auth, of+key)
			}
		}
		return auth
	}
	token := values{"personalAccessToken": "hunter2"}
	for want, c := range map[string]struct{ metadata, auth values }{
		`poolName: is missing: name the pool with it or with poolID`:                                                                     {values{"poolName": ""}, token},
		`organizationURL: names no organization: want https://dev.azure.com/ORGANIZATION`:                                                {values{"organizationURL": "https://dev.azure.com/"}, token},
		`organizationURL: is not the URL of a server: want http:// or https://, a host, and no parameters`:                               {values{"organizationURL": "shop"}, token},
		`jobsToFetch: and fetchUnfinishedJobsOnly are both set: keep one of the two`:                                                     {values{"jobsToFetch": "9", "fetchUnfinishedJobsOnly": "true"}, token},
		`jobsToFetch: and parent are both set: keep one of the two`:                                                                      {values{"jobsToFetch": "9", "parent": "template"}, token},
		`jobsToFetch: "0" is less than 1`:                                                                                                {values{"jobsToFetch": "0"}, token},
		`targetPipelinesQueueLength: "0" is less than 1`:                                                                                 {values{"targetPipelinesQueueLength": "0"}, token},
		`personalAccessToken: is missing: say who asks, with it, with the pod identity azure-workload, or with an azureServicePrincipal`: {nil, nil},
		`personalAccessToken: cannot be given in the metadata: let the authentication deliver it, or name an environment variable in personalAccessTokenFromEnv`: {
			values{"personalAccessToken": "hunter2"}, token,
		},
		of + `TenantId: is missing: the application needs it`:                    {nil, application(values{"TenantId": ""})},
		of + `ClientId: is missing: the application needs it`:                    {nil, application(values{"ClientId": ""})},
		of + `ClientCertificate: is missing: give it, or ` + of + `ClientSecret`: {nil, application(values{"ClientSecret": ""})},
		of + `ClientSecret: and ` + of + `ClientCertificate are both set: keep one of the two` + "\n" + `azure-pipelines trigger "t": ` + of + `ClientCertificate: is no certificate with its private key, in PEM or, with its password, in PKCS#12`: {
			nil, application(values{"ClientCertificate": "hunter2"}),
		},
		of + `ClientCertificate: is no certificate with its private key, in PEM or, with its password, in PKCS#12`: {
			nil, application(values{"ClientSecret": "", "ClientCertificate": "hunter2"}),
		},
		of + `Cloud: "Azure" is not one of Azure's clouds`:                                                               {nil, application(values{"Cloud": "Azure"})},
		of + `ActiveDirectoryEndpoint: is missing: the cloud Private needs it, a URL such as https://login.example.com/`: {nil, application(values{"Cloud": "Private"})},
		of + `ActiveDirectoryEndpoint: goes with the cloud Private only`:                                                 {nil, application(values{"ActiveDirectoryEndpoint": "https://login.example.com"})},
		of + `ActiveDirectoryEndpoint: is not a URL such as https://login.example.com/`:                                  {nil, application(values{"Cloud": "Private", "ActiveDirectoryEndpoint": "http://login.example.com"})},
	} {
		metadata := values{"organizationURL": "https://dev.azure.com/shop", "poolName": "orders"}
		maps.Copy(metadata, c.metadata)
		_, err := azurepipelines.Driver().Open(scalerkit.Spec{Name: "t", Auth: scalerkit.Secrets(c.auth), Metadata: metadata}, scalerkit.Options{})
		require.EqualError(t, err, `azure-pipelines trigger "t": `+want)
	}
}

func TestAProgramCanBringItsCredential(t *testing.T) {
	azuretest.NeedTrust(t)
	f := newFake(t)
	f.set("orders")
	scalertest.Borrowed(t, func(credential azcore.TokenCredential, o scalerkit.Options) (scalerkit.Scaler, error) {
		o.IdentityEndpoints = []string{"127.0.0.1"}
		return azurepipelines.New(azurepipelines.Config{PoolName: "orders", Access: azurepipelines.Access{
			OrganizationURL: f.HTTPS.URL + "/shop", Entra: azurepipelines.Entra{Credential: credential},
		}}, o)
	}, f.Authority.Credential(), f.Authority.Credential())
}
