package auth_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/storetest"
	"github.com/scalerkit/scalerkit/internal/aws/awsfake"
	"github.com/scalerkit/scalerkit/keda"
)

const stored = `
apiVersion: v1
kind: ServiceAccount
metadata: {namespace: shop, name: vault, uid: a}
---
apiVersion: v1
kind: ServiceAccount
metadata: {namespace: shop, name: worker, annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::123456789012:role/worker"}}
---
apiVersion: v1
kind: Secret
metadata: {namespace: shop, name: credentials}
stringData: {azure: " client-secret\n", id: AKIAKEY, secret: key-secret, token: key-token, empty: " "}
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {namespace: shop, name: vault}
spec:
  hashiCorpVault:
    address: https://vault:8200
    authentication: kubernetes
    mount: kubernetes
    role: operator
    credential: {serviceAccountName: vault}
    secrets:
    - {parameter: password, path: secret/data/redis, key: password}
    - {parameter: username, path: secret/data/redis, key: username}
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {namespace: shop, name: vault-file}
spec:
  hashiCorpVault:
    address: https://vault:8200
    authentication: kubernetes
    mount: kubernetes
    role: operator
    credential: {serviceAccount: TOKEN-FILE}
    secrets: [{parameter: password, path: secret/data/redis, key: password}]
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {namespace: shop, name: azure}
spec:
  azureKeyVault:
    vaultUri: https://orders.vault.azure.cn
    cloud: {type: AzureChinaCloud}
    credentials:
      clientId: principal
      tenantId: 11111111-2222-3333-4444-555555555555
      clientSecret: {valueFrom: {secretKeyRef: {name: credentials, key: azure}}}
    secrets: [{parameter: password, name: redis}]
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {namespace: shop, name: aws}
spec:
  awsSecretManager:
    credentials:
      accessKey: {valueFrom: {secretKeyRef: {name: credentials, key: id}}}
      accessSecretKey: {valueFrom: {secretKeyRef: {name: credentials, key: secret}}}
      accessToken: {valueFrom: {secretKeyRef: {name: credentials, key: token}}}
    region: eu-west-1
    secrets:
    - {parameter: password, name: redis, secretKey: password}
    - {parameter: all, name: redis}
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {namespace: shop, name: aws-workload}
spec:
  awsSecretManager:
    podIdentity: {provider: aws, identityOwner: workload}
    secrets: [{parameter: all, name: redis}]
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {namespace: shop, name: gcp}
spec:
  gcpSecretManager:
    credentials: {clientSecret: {valueFrom: {secretKeyRef: {name: gcp, key: key.json}}}}
    secrets: [{parameter: password, id: redis}]
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {namespace: shop, name: mistaken}
spec:
  hashiCorpVault:
    address: https://vault:8200
    authentication: kubernetes
    mount: kubernetes
    role: operator
    credential: {serviceAccountName: none}
    secrets: [{parameter: password, path: secret/data/redis, key: password}]
  azureKeyVault:
    vaultUri: https://orders.vault.azure.net
    credentials:
      clientId: principal
      tenantId: 11111111-2222-3333-4444-555555555555
      clientSecret: {valueFrom: {secretKeyRef: {name: none, key: azure}}}
    secrets: [{parameter: password, name: redis}]
  gcpSecretManager:
    credentials: {clientSecret: {valueFrom: {secretKeyRef: {name: credentials, key: gcp}}}}
    secrets: [{parameter: password, id: redis}]
  awsSecretManager:
    credentials:
      accessKey: {valueFrom: {secretKeyRef: {name: credentials, key: empty}}}
      accessSecretKey: {valueFrom: {secretKeyRef: {name: none, key: secret}}}
    region: eu-west-1
    secrets: [{parameter: password, name: redis}]
  oauth2:
    clientId: client
    tokenUrl: https://login.example.com/token
    clientSecret: {valueFrom: {secretKeyRef: {name: credentials, key: empty}}}
`

// stores are the stores that a cluster can reach.
type stores struct {
	vault, azure, aws, gcp storetest.Gate
	vaultFake              *storetest.Vault
	gcpFake                *storetest.SecretManager
	entra                  *storetest.Entra
	sts                    *awsfake.STS
	keys                   *storetest.SecretsManager
}

// newStores starts the stores and returns the cluster that can reach them.
func newStores(t testing.TB, yaml string) (*cluster, *stores) {
	c := newCluster(t, yaml)
	s := &stores{
		vaultFake: &storetest.Vault{
			Now:    c.Now,
			TTL:    time.Hour,
			Logins: map[string]string{"kubernetes/operator": c.hourly(1, "shop", "vault", "vault")},
			Static: map[string]map[string]any{"secret/data/redis": {"data": map[string]any{"username": "reader", "password": "hunter2"}}},
		},
		entra:   &storetest.Entra{Tenant: "11111111-2222-3333-4444-555555555555", Clients: values{"principal": "client-secret"}},
		gcpFake: &storetest.SecretManager{Secrets: values{"shop/redis/latest": "hunter2"}},
		sts:     awsfake.NewSTS(t),
	}
	s.sts.Keys.Add(awsfake.Key{ID: "AKIAKEY", Secret: "key-secret", Token: "key-token", Owner: "key"})
	s.keys = &storetest.SecretsManager{Keys: &s.sts.Keys, Secrets: values{"redis": `{"password": "hunter2"}`}}
	s.vault.Store, s.gcp.Store, s.aws.Store = s.vaultFake, s.gcpFake, s.keys
	s.azure.Store = &storetest.KeyVault{Authority: s.entra, Scope: "https://vault.azure.cn/.default", Secrets: values{"redis": "hunter2"}}
	c.Transport = storetest.Hosts{
		"vault:8200":                             &s.vault,
		"orders.vault.azure.cn":                  &s.azure,
		"login.chinacloudapi.cn":                 s.entra,
		"secretmanager.googleapis.com":           &s.gcp,
		"secretsmanager.eu-west-1.amazonaws.com": &s.aws,
		"sts":                                    s.sts,
	}
	return c, s
}

func TestVaultWithAServiceAccount(t *testing.T) {
	c, _ := newStores(t, stored)
	resolved := c.resolve(t, using("vault"))
	require.Equal(t, values{"password": "hunter2", "username": "reader"}, revealed(resolved.Spec.Auth))
	require.Equal(t, []keda.Ref{{Kind: "TriggerAuthentication", Namespace: "shop", Name: "vault"}, {Kind: "ServiceAccount", Namespace: "shop", Name: "vault"}}, resolved.Refs)
	require.Equal(t, c.now.Add(time.Minute), resolved.Expires)
}

func TestAzureKeyVault(t *testing.T) {
	c, _ := newStores(t, stored)
	resolved := c.resolve(t, using("azure"))
	require.Equal(t, values{"password": "hunter2"}, revealed(resolved.Spec.Auth))
	require.Equal(t, []keda.Ref{{Kind: "TriggerAuthentication", Namespace: "shop", Name: "azure"}, {Kind: "Secret", Namespace: "shop", Name: "credentials"}}, resolved.Refs)
	require.Equal(t, c.now.Add(time.Minute), resolved.Expires)
}

func TestGCPSecretManager(t *testing.T) {
	c, s := newStores(t, stored)
	key := s.gcpFake.NewServiceAccount("shop", "keda@shop.iam.gserviceaccount.com")
	require.NoError(t, c.Create(t.Context(), &corev1.Secret{ObjectMeta: meta("shop", "gcp"), Data: map[string][]byte{"key.json": []byte(key)}}))
	require.Equal(t, values{"password": "hunter2"}, revealed(c.resolve(t, using("gcp")).Spec.Auth))
}

func TestAWSSecretsManager(t *testing.T) {
	c, s := newStores(t, stored)
	s.keys.Readers = []string{"key"}
	require.Equal(t, values{"password": "hunter2", "all": `{"password": "hunter2"}`}, revealed(c.resolve(t, using("aws")).Spec.Auth))
}

func TestAWSSecretsManagerAsTheWorkload(t *testing.T) {
	const noRegion = `redis trigger "orders": TriggerAuthentication shop/aws-workload: awsSecretManager: region is missing, and AWS_REGION is not set in the operator's environment`
	const noPod = `redis trigger "orders": TriggerAuthentication shop/aws-workload: awsSecretManager: podIdentity: the workload has no pod template that can be read, and so no service account that is known`
	c, s := newStores(t, stored)
	require.Equal(t, noPod, c.fail(t, using("aws-workload")))
	c.account("worker")
	require.Equal(t, noRegion, c.fail(t, using("aws-workload")))

	s.sts.Keys.Add(awsfake.Key{ID: "AKIAOPERATOR", Secret: "operator-secret", Owner: "operator"})
	s.sts.Trust(workerRole, "operator")
	s.keys.Readers = []string{workerRole + " as scalerkit"}
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_STS":        "https://sts",
		"AWS_ACCESS_KEY_ID":           "AKIAOPERATOR",
		"AWS_SECRET_ACCESS_KEY":       "operator-secret",
		"AWS_EC2_METADATA_DISABLED":   "true",
		"AWS_CONFIG_FILE":             filepath.Join(t.TempDir(), "none"),
		"AWS_SHARED_CREDENTIALS_FILE": filepath.Join(t.TempDir(), "none"),
	} {
		t.Setenv(name, value)
	}
	c.LookupEnv = func(name string) (string, bool) { return "eu-west-1", name == "AWS_REGION" }
	require.Equal(t, values{"all": `{"password": "hunter2"}`}, revealed(c.resolve(t, using("aws-workload")).Spec.Auth))
}

func TestEverythingThatIsMissingForStoresIsNamedAtOnce(t *testing.T) {
	c, s := newStores(t, stored)
	const about = `redis trigger "orders": TriggerAuthentication shop/mistaken: `
	require.Equal(t, about+`hashiCorpVault: credential: ServiceAccount shop/none does not exist
`+about+`azureKeyVault: credentials: clientSecret: Secret shop/none does not exist
`+about+`gcpSecretManager: credentials: clientSecret: Secret shop/credentials has no key "gcp": it has azure, empty, id, secret, token
`+about+`awsSecretManager: credentials: accessKey: key "empty" of Secret shop/credentials is empty
`+about+`awsSecretManager: credentials: accessSecretKey: Secret shop/none does not exist
`+about+`oauth2: clientSecret: key "empty" of Secret shop/credentials is empty`, c.fail(t, using("mistaken")))
	for _, gate := range []*storetest.Gate{&s.vault, &s.azure, &s.gcp, &s.aws} {
		require.Empty(t, gate.Seen(), "nobody asks in another's name")
	}
}
