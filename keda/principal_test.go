package keda

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const principals = `
apiVersion: v1
kind: Secret
metadata: {namespace: shop, name: azure}
stringData: {secret: "client-secret\n", certificate: "-----BEGIN CERTIFICATE-----\n", password: " p ", empty: ""}
---
apiVersion: v1
kind: Secret
metadata: {namespace: keda, name: azure}
stringData: {secret: of-the-cluster}
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {namespace: shop, name: secret}
spec:
  azureServicePrincipal:
    tenantId: t
    clientId: c
    clientSecret: {valueFrom: {secretKeyRef: {name: azure, key: secret}}}
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {namespace: shop, name: certificate}
spec:
  azureServicePrincipal:
    tenantId: t
    clientId: c
    clientCertificate: {valueFrom: {secretKeyRef: {name: azure, key: certificate}}}
    clientCertificatePassword: {valueFrom: {secretKeyRef: {name: azure, key: password}}}
    cloud: Private
    activeDirectoryEndpoint: https://login.example.com
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {namespace: shop, name: missing}
spec:
  azureServicePrincipal:
    tenantId: t
    clientId: c
    clientCertificate: {valueFrom: {secretKeyRef: {name: azure, key: none}}}
    clientCertificatePassword: {valueFrom: {secretKeyRef: {name: none, key: password}}}
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {namespace: shop, name: empty}
spec:
  azureServicePrincipal:
    tenantId: t
    clientId: c
    clientSecret: {valueFrom: {secretKeyRef: {name: azure, key: empty}}}
---
apiVersion: keda.sh/v1alpha1
kind: ClusterTriggerAuthentication
metadata: {name: secret}
spec:
  azureServicePrincipal:
    tenantId: t
    clientId: c
    clientSecret: {valueFrom: {secretKeyRef: {name: azure, key: secret}}}
`

func TestAzureServicePrincipal(t *testing.T) {
	c := newCluster(t, principals)
	require.Equal(t, values{
		"azureServicePrincipal":             "true",
		"azureServicePrincipalTenantId":     "t",
		"azureServicePrincipalClientId":     "c",
		"azureServicePrincipalClientSecret": "client-secret",
	}, revealed(c.resolve(t, using("secret")).Spec.Auth))
	require.Equal(t, values{
		"azureServicePrincipal":                          "true",
		"azureServicePrincipalTenantId":                  "t",
		"azureServicePrincipalClientId":                  "c",
		"azureServicePrincipalClientCertificate":         "-----BEGIN CERTIFICATE-----\n",
		"azureServicePrincipalClientCertificatePassword": " p ",
		"azureServicePrincipalCloud":                     "Private",
		"azureServicePrincipalActiveDirectoryEndpoint":   "https://login.example.com",
	}, revealed(c.resolve(t, using("certificate")).Spec.Auth))
	require.Equal(t, "of-the-cluster", revealed(c.resolve(t, using("ClusterTriggerAuthentication/secret")).Spec.Auth)["azureServicePrincipalClientSecret"])

	const about = `redis trigger "orders": TriggerAuthentication shop/`
	require.Equal(t, about+`missing: azureServicePrincipal: clientCertificate: Secret shop/azure has no key "none": it has certificate, empty, password, secret
`+about+`missing: azureServicePrincipal: clientCertificatePassword: Secret shop/none does not exist`, c.fail(t, using("missing")))
	require.Equal(t, about+`empty: azureServicePrincipal: clientSecret: key "empty" of Secret shop/azure is empty`, c.fail(t, using("empty")))
}
