package keda

import (
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

func validate(t *testing.T, text string) error {
	var spec v1alpha1.TriggerAuthenticationSpec
	require.NoError(t, yaml.UnmarshalStrict([]byte(text), &spec))
	return ValidateAuthentication(v1alpha1.KindClusterTriggerAuthentication, spec)
}

const someSecret = `{valueFrom: {secretKeyRef: {name: s, key: k}}}`

func TestValid(t *testing.T) {
	for _, text := range []string{
		`{}`,
		`podIdentity: {provider: none}`,
		`podIdentity: {provider: azure-workload, identityId: i, identityTenantId: t, identityAuthorityHost: https://h}`,
		`podIdentity: {provider: aws, roleArn: r, externalID: e, identityOwner: keda}`,
		`podIdentity: {provider: aws, identityOwner: workload}`,
		`podIdentity: {provider: aws-eks}`,
		`{podIdentity: {provider: gcp}, oauth2: {clientId: c, tokenUrl: "https://t"}}`,
		`filePath: team/redis.json`,
		`{secretTargetRef: [{parameter: p, name: n, key: k}], configMapTargetRef: [{parameter: p, name: n, key: k}], env: [{parameter: p, name: n}]}`,
		`oauth2: {type: clientCredentials, clientId: c, tokenUrl: "http://t", clientSecret: ` + someSecret + `}`,
		`hashiCorpVault: {address: "http://v:8200", authentication: token, credential: {token: t}, secrets: [{parameter: p, path: a, key: k, type: pki}]}`,
		`hashiCorpVault: {address: "http://v:8200", authentication: kubernetes, role: r, mount: m, secrets: [{parameter: p, path: a, key: k}]}`,
		`azureKeyVault: {vaultUri: "https://v.vault.azure.net", podIdentity: {provider: azure-workload}, secrets: [{parameter: p, name: n}]}`,
		`gcpSecretManager: {podIdentity: {provider: gcp}, secrets: [{parameter: p, id: i}]}`,
		`gcpSecretManager: {credentials: {clientSecret: ` + someSecret + `}, podIdentity: {provider: none}, secrets: [{parameter: p, id: i}]}`,
		`awsSecretManager: {podIdentity: {provider: aws-eks}, secrets: [{parameter: p, name: n}]}`,
		`awsSecretManager: {credentials: {accessKey: ` + someSecret + `, accessSecretKey: ` + someSecret + `}, secrets: [{parameter: p, name: n}]}`,
		`azureServicePrincipal: {tenantId: t, clientId: c, clientSecret: ` + someSecret + `}`,
		`azureServicePrincipal: {tenantId: t, clientId: c, clientCertificate: ` + someSecret + `, clientCertificatePassword: ` + someSecret + `, cloud: azurechinacloud}`,
		`azureServicePrincipal: {tenantId: t, clientId: c, clientCertificate: ` + someSecret + `, cloud: Private, activeDirectoryEndpoint: "https://login.example.com"}`,
	} {
		require.NoError(t, validate(t, text), text)
	}
}

func TestMistakesAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		`podIdentity: {provider: azure}`: `podIdentity: provider "azure" is not one of azure-workload, aws, aws-eks, gcp, none`,
		`podIdentity: {provider: azure-workload, identityId: "", identityTenantId: "", identityAuthorityHost: https://h}`: `podIdentity: identityId is empty: leave it out, or give the client id of a managed identity
podIdentity: identityTenantId is empty: leave it out, or give the id of a tenant
podIdentity: identityAuthorityHost needs identityTenantId`,
		`podIdentity: {provider: aws, roleArn: r, identityOwner: workload}`: `podIdentity: roleArn does not go with identityOwner workload, which has the role of the workload's service account`,
		`podIdentity: {provider: aws, externalID: e}`:                       `podIdentity: externalID needs roleArn`,
		`filePath: ../x`: `filePath: "../x" is not a relative path without ..`,
		`{secretTargetRef: [{parameter: p, name: n, key: k}, {parameter: "", name: "", key: ""}], configMapTargetRef: [{parameter: p, name: n, key: ""}], env: [{parameter: p, name: ""}], boundServiceAccountToken: [{parameter: "", serviceAccountName: ""}]}`: `secretTargetRef[1]: parameter is missing
secretTargetRef[1]: name is missing
secretTargetRef[1]: key is missing
configMapTargetRef[0]: key is missing
env[0]: name is missing
boundServiceAccountToken[0]: parameter is missing
boundServiceAccountToken[0]: serviceAccountName is missing`,
		`{podIdentity: {provider: gcp}, oauth2: {type: password, clientId: "", tokenUrl: "https://", clientSecret: {valueFrom: {secretKeyRef: {name: s, key: ""}}}}}`: `oauth2: type "password" is not clientCredentials
oauth2: clientId is missing
oauth2: tokenUrl "https://" is not a URL such as https://login.example.com/token
oauth2.clientSecret.valueFrom.secretKeyRef: key is missing`,
		`hashiCorpVault: {address: "vault:8200", authentication: ldap, secrets: []}`: `hashiCorpVault: address "vault:8200" is not a URL such as https://vault.example.com:8200
hashiCorpVault: authentication "ldap" is not one of token, kubernetes
hashiCorpVault: secrets is empty: list at least one`,
		`hashiCorpVault: {address: "http://v", authentication: token, secrets: [{parameter: p, path: "", key: k, type: secretV3}]}`: `hashiCorpVault: credential.token is missing: the authentication token needs it
hashiCorpVault.secrets[0]: path is missing
hashiCorpVault.secrets[0]: type "secretV3" is not one of secret, secretV2, pki`,
		`hashiCorpVault: {address: "http://v", authentication: kubernetes, secrets: [{parameter: p, path: a, key: k}]}`: `hashiCorpVault: role is missing
hashiCorpVault: mount is missing`,
		`azureKeyVault: {vaultUri: "https://example.com", secrets: [{parameter: p, name: ""}]}`: `azureKeyVault: says neither credentials nor podIdentity
azureKeyVault.secrets[0]: name is missing`,
		`azureKeyVault: {vaultUri: "https://v.vault.azure.net", podIdentity: {provider: aws}, cloud: {type: Azure}, secrets: []}`: `azureKeyVault.podIdentity: provider aws has no identity for this store
azureKeyVault: secrets is empty: list at least one`,
		`azureKeyVault: {vaultUri: "https://v.vault.azure.net", credentials: {clientId: "", tenantId: "", clientSecret: null}, secrets: [{parameter: p, name: n}]}`: `azureKeyVault.credentials: clientId is missing
azureKeyVault.credentials: tenantId is missing
azureKeyVault.credentials.clientSecret: is missing`,
		`gcpSecretManager: {podIdentity: {provider: none}, secrets: [{parameter: p, id: ""}]}`: `gcpSecretManager: says neither credentials nor podIdentity
gcpSecretManager.secrets[0]: id is missing`,
		`awsSecretManager: {credentials: {accessKey: {valueFrom: {secretKeyRef: {name: "", key: k}}}, accessSecretKey: ` + someSecret + `, accessToken: {valueFrom: {secretKeyRef: {name: s, key: ""}}}}, secrets: []}`: `awsSecretManager.credentials.accessKey.valueFrom.secretKeyRef: name is missing
awsSecretManager.credentials.accessToken.valueFrom.secretKeyRef: key is missing
awsSecretManager: secrets is empty: list at least one`,
		`hashiCorpVault: {address: "http://v", authentication: kubernetes, role: r, mount: m, credential: {}, secrets: [{parameter: p, path: a, key: k}]}`: `hashiCorpVault: credential has neither serviceAccountName nor serviceAccount: name one, or leave credential out for the operator's token for Vault`,
		`azureServicePrincipal: {tenantId: "", clientId: "", clientCertificatePassword: {valueFrom: {secretKeyRef: {name: "", key: k}}}, cloud: Azure}`: `azureServicePrincipal: tenantId is missing
azureServicePrincipal: clientId is missing
azureServicePrincipal: needs one of clientSecret and clientCertificate
azureServicePrincipal: clientCertificatePassword goes with clientCertificate
azureServicePrincipal.clientCertificatePassword.valueFrom.secretKeyRef: name is missing
azureServicePrincipal: cloud "Azure" is not one of AzurePublicCloud, AzureUSGovernmentCloud, AzureChinaCloud, AzureGermanCloud, Private`,
		`azureServicePrincipal: {tenantId: t, clientId: c, clientSecret: ` + someSecret + `, clientCertificate: ` + someSecret + `, activeDirectoryEndpoint: "https://login.example.com"}`: `azureServicePrincipal: needs one of clientSecret and clientCertificate
azureServicePrincipal: activeDirectoryEndpoint goes with the cloud Private`,
		`azureServicePrincipal: {tenantId: t, clientId: c, clientSecret: ` + someSecret + `, cloud: Private, activeDirectoryEndpoint: "http://login.example.com"}`: `azureServicePrincipal: activeDirectoryEndpoint "http://login.example.com" is not a URL such as https://login.example.com: the cloud Private needs one`,
	} {
		require.EqualError(t, validate(t, text), want, text)
	}
}

func TestInvalidAuthenticationIsNotResolved(t *testing.T) {
	c := newCluster(t, accounts)
	c.identity(t, &v1alpha1.AuthPodIdentity{Provider: "aws", ExternalID: pointer("e")})
	require.Equal(t, `redis trigger "orders": TriggerAuthentication shop/id: podIdentity: externalID needs roleArn`, c.fail(t, using("id")))
}
