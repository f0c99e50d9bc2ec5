package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const extraArg = "--profiling-bind-address=:6060"

// variants are sets of values that between them take every branch of the
// templates.
var variants = map[string][]string{
	"default": nil,
	"direct, nothing shared": {
		"--set", "mode=direct,metricsAPI.enabled=false,webhook.enabled=false,replicas=1",
		"--set", "crds.install=false,rbac.aggregate=false,networkPolicy.enabled=false",
	},
	"two namespaces, own secrets": {
		"--set", "watchNamespaces={shop,mail},rbac.secrets=own",
		"--set", "rbac.serviceAccountTokens[0].namespace=shop,rbac.serviceAccountTokens[0].name=scaler,rbac.serviceAccountTokens[0].audience=metrics",
		"--set-json", `rbac.extraRules=[{"apiGroups":["argoproj.io"],"resources":["rollouts"],"verbs":["get","list","watch"]}]`,
	},
	"shared": {
		"--set", "replicas=3,shards=48",
	},
	"shared, direct": {
		"--set", "replicas=3,shards=48,mode=direct,metricsAPI.enabled=false",
	},
	"certificates of a Secret": {
		"--set", "certificates.from=secret,certificates.secretName=mine,certificates.caBundle=Q0E=",
	},
	"certificates of cert-manager": {
		"--set", "certificates.from=cert-manager,annotations.note=x",
	},
	"certificates of an issuer": {
		"--set", "certificates.from=cert-manager,certificates.issuerRef.kind=ClusterIssuer,certificates.issuerRef.name=my-ca",
	},
	"references in another namespace": {
		"--set", "rbac.secrets=own,clusterObjectNamespace=credentials",
	},
	"tokens as before KEDA 2.21": {
		"--set", "serviceAccountTokens.mode=legacy",
	},
	"no Vault": {
		"--set", "hashiCorpVault.kubernetesAuth.audience=",
	},
	"nothing of its own": {
		"--set", "rbac.create=false,serviceAccount.create=false,fullnameOverride=keda,podDisruptionBudget.enabled=false",
	},
	"everything": {
		"--set", "image.digest=sha256:" + strings.Repeat("0", 64) + ",imagePullSecrets[0].name=registry,priorityClassName=high",
		"--set", "annotations.note=x,labels.team=platform,podAnnotations.note=y",
		"--set-string", "podLabels.azure\\.workload\\.identity/use=true",
		"--set", "serviceAccount.annotations.role=arn,filePathAuth.secret.secretName=auth,extraArgs={" + extraArg + "}",
		"--set-json", `env=[{"name":"KEDA_HTTP_DEFAULT_TIMEOUT","value":"5000"}]`,
		"--set-json", `volumes=[{"name":"ca","configMap":{"name":"ca"}}]`,
		"--set-json", `volumeMounts=[{"name":"ca","mountPath":"/custom/ca"}]`,
		"--set-json", `networkPolicy={"metricsFrom":[{"podSelector":{}}],"egress":[{}]}`,
		"--set", "serviceAccountTokens.additionalAllowedAudiences={proxy},hashiCorpVault.kubernetesAuth.projectedTokenMountPath=/vault",
		"--set-json", `identityEndpoints=["vault.example.com","*.blob.example.com"]`,
		"--set-json", `outboundFilter={"hashiCorpVault":{"mode":"enforce","allowedEndpoints":["https://vault:8200"]}}`,
		"--set-json", `tolerations=[{"operator":"Exists"}]`,
		"--set-json", `affinity={"nodeAffinity":{}}`,
		"--set-json", `topologySpreadConstraints=[{"maxSkew":2,"topologyKey":"rack","whenUnsatisfiable":"DoNotSchedule"}]`,
		"--set", "nodeSelector.disk=ssd",
	},
}

// each tests every variant.
func each(t *testing.T, test func(t *testing.T, name string, objects rendered)) {
	for name := range variants {
		t.Run(name, func(t *testing.T) { test(t, name, rendering(t, name)) })
	}
}

// renderings are the variants that were rendered. Nobody changes them.
var renderings = map[string]rendered{}

// rendering renders one variant.
func rendering(t *testing.T, variant string) rendered {
	t.Helper()
	needTool(t, "helm")
	if renderings[variant] == nil {
		manifest, err := render(t.Context(), root, variants[variant]...)
		require.NoError(t, err)
		renderings[variant] = decode(t, manifest)
	}
	return renderings[variant]
}

func TestLint(t *testing.T) {
	needTool(t, "helm")
	for name, flags := range variants {
		t.Run(name, func(t *testing.T) {
			_, err := tool(t.Context(), root, ".", "helm", append([]string{"lint", "--strict", chartDir}, flags...)...)
			require.NoError(t, err)
		})
	}
}

func TestMistakesInValuesAreNamed(t *testing.T) {
	needTool(t, "helm")
	for flag, want := range map[string]string{
		"replica=3":                     `additional properties 'replica' not allowed`,
		"mode=dirct":                    `at '/mode': value must be one of 'hpa', 'direct'`,
		"replicas=0":                    `at '/replicas': minimum: got 0, want 1`,
		"certificates.from=secret":      `at '/certificates/secretName': minLength: got 0, want 1`,
		"serviceAccountTokens.mode=off": `at '/serviceAccountTokens/mode': value must be one of 'enforce-audience', 'legacy'`,
		"serviceAccountTokens.mode=legacy,serviceAccountTokens.additionalAllowedAudiences={a}": `at '/serviceAccountTokens/additionalAllowedAudiences': maxItems: got 1, want 0`,
		"outboundFilter.hashiCorpVault.allowedEndpoints={https://vault/v1}":                    `at '/outboundFilter/hashiCorpVault/allowedEndpoints/0': 'https://vault/v1' does not match pattern`,
		"rbac.serviceAccountTokens[0].name=a":                                                  `at '/rbac/serviceAccountTokens/0': missing property 'namespace'`,
	} {
		_, err := render(t.Context(), root, "--set", flag)
		require.ErrorContains(t, err, want, flag)
	}
}

func TestEveryContainerIsConfined(t *testing.T) {
	each(t, func(t *testing.T, _ string, objects rendered) {
		pod := one[*appsv1.Deployment](t, objects).Spec.Template.Spec
		require.True(t, *pod.SecurityContext.RunAsNonRoot)
		require.Equal(t, corev1.SeccompProfileTypeRuntimeDefault, pod.SecurityContext.SeccompProfile.Type)
		require.NotEmpty(t, pod.Containers)
		for _, c := range append(pod.InitContainers, pod.Containers...) {
			require.True(t, *c.SecurityContext.ReadOnlyRootFilesystem)
			require.False(t, *c.SecurityContext.AllowPrivilegeEscalation)
			require.Equal(t, []corev1.Capability{"ALL"}, c.SecurityContext.Capabilities.Drop)
			require.NotNil(t, c.LivenessProbe)
			require.NotNil(t, c.ReadinessProbe)
			require.NotEmpty(t, c.Resources.Requests)
			require.NotEmpty(t, c.Resources.Limits.Memory())
		}
	})
}

// What selects Pods selects the operator's, and what names a port names one
// that it has.
func TestObjectsFitTogether(t *testing.T) {
	each(t, func(t *testing.T, _ string, objects rendered) {
		deployment := one[*appsv1.Deployment](t, objects)
		pod := deployment.Spec.Template
		service := one[*corev1.Service](t, objects)
		var selectors []map[string]string
		selectors = append(selectors, deployment.Spec.Selector.MatchLabels, service.Spec.Selector)
		for _, budget := range all[*policyv1.PodDisruptionBudget](objects) {
			selectors = append(selectors, budget.Spec.Selector.MatchLabels)
		}
		ports := map[string]bool{}
		for _, port := range pod.Spec.Containers[0].Ports {
			ports[port.Name] = true
		}
		for _, port := range service.Spec.Ports {
			require.True(t, ports[port.TargetPort.StrVal], port.Name)
		}
		for _, policy := range all[*networkingv1.NetworkPolicy](objects) {
			selectors = append(selectors, policy.Spec.PodSelector.MatchLabels)
			open := map[string]bool{}
			for _, rule := range policy.Spec.Ingress {
				for _, port := range rule.Ports {
					open[port.Port.StrVal] = true
				}
			}
			require.Equal(t, ports, open)
		}
		for _, selector := range selectors {
			require.NotEmpty(t, selector)
			require.Subset(t, pod.Labels, selector)
		}

		served := map[string]int32{}
		for _, port := range service.Spec.Ports {
			served[port.Name] = port.Port
		}
		for _, api := range all[*apiService](objects) {
			require.Equal(t, service.Name, api.Spec.Service.Name)
			require.Equal(t, service.Namespace, api.Spec.Service.Namespace)
			require.Equal(t, served["metrics-api"], api.Spec.Service.Port)
		}
		for _, hooks := range all[*admissionv1.ValidatingWebhookConfiguration](objects) {
			require.Contains(t, arguments(t, objects), "--validating-webhook-name="+hooks.Name)
			for _, hook := range hooks.Webhooks {
				require.Equal(t, service.Name, hook.ClientConfig.Service.Name)
				require.Equal(t, served["webhook"], *hook.ClientConfig.Service.Port)
			}
		}
		require.Contains(t, arguments(t, objects), "--operator-service-name="+service.Name)
	})
}

func TestWebhookPaths(t *testing.T) {
	hooks := one[*admissionv1.ValidatingWebhookConfiguration](t, rendering(t, "default"))
	var got []string
	for _, hook := range hooks.Webhooks {
		require.Equal(t, admissionv1.Ignore, *hook.FailurePolicy)
		require.Equal(t, int32(10), *hook.TimeoutSeconds)
		got = append(got, *hook.ClientConfig.Service.Path+" "+hook.Rules[0].Resources[0]+" "+string(*hook.Rules[0].Scope))
	}
	require.Equal(t, []string{
		"/validate-keda-sh-v1alpha1-scaledobject scaledobjects Namespaced",
		"/validate-keda-sh-v1alpha1-scaledjob scaledjobs Namespaced",
		"/validate-keda-sh-v1alpha1-triggerauthentication triggerauthentications Namespaced",
		"/validate-keda-sh-v1alpha1-clustertriggerauthentication clustertriggerauthentications Cluster",
	}, got)
}

func TestArguments(t *testing.T) {
	require.Equal(t, []string{
		"--leader-elect", "--log-level=info", "--metrics-bind-address=:8080", "--health-probe-bind-address=:8081",
		"--metrics-api-bind-address=:6443", "--webhook-bind-address=:9443", "--validating-webhook-name=scalerkit-operator",
		"--operator-service-name=scalerkit-operator", "--cert-secret-name=scalerkit-operator-certs",
		"--service-account-token-mode=enforce-audience", "--vault-kubernetes-auth-token-file=/var/run/secrets/keda-vault/token",
	}, arguments(t, rendering(t, "default")))
	require.Equal(t, []string{
		"--leader-elect", "--log-level=info", "--metrics-bind-address=:8080", "--health-probe-bind-address=:8081",
		"--metrics-api-bind-address=0", "--webhook-bind-address=0",
		"--operator-service-name=scalerkit-operator", "--cert-secret-name=scalerkit-operator-certs", "--direct",
		"--service-account-token-mode=enforce-audience", "--vault-kubernetes-auth-token-file=/var/run/secrets/keda-vault/token",
	}, arguments(t, rendering(t, "direct, nothing shared")))
	everything := arguments(t, rendering(t, "everything"))
	require.Contains(t, everything, "--filepath-auth-root-path=/auth")
	require.Contains(t, everything, extraArg)
}

// The operator takes the arguments and the variables that the chart gives it.
func TestOperatorTakesArguments(t *testing.T) {
	each(t, func(t *testing.T, name string, objects rendered) {
		config := configuration(t, objects)
		require.True(t, config.LeaderElect)
		switch name {
		case "default":
			require.Equal(t, []string{":6443", ":9443"}, []string{config.MetricsAPIAddress, config.WebhookAddress})
			require.Empty(t, config.WatchNamespaces)
			require.False(t, config.RestrictSecrets)
		case "direct, nothing shared":
			require.True(t, config.Direct)
			require.Equal(t, []string{"0", "0"}, []string{config.MetricsAPIAddress, config.WebhookAddress})
		case "two namespaces, own secrets":
			require.Equal(t, []string{"shop", "mail"}, config.WatchNamespaces)
			require.True(t, config.RestrictSecrets)
		case "references in another namespace":
			require.Equal(t, "credentials", config.ClusterNamespace)
		case "certificates of a Secret":
			require.Equal(t, "/certs", config.CertDir)
		case "everything":
			require.Equal(t, "/auth", config.FileRoot)
		}
	})
}

func TestCertificates(t *testing.T) {
	given := rendering(t, "certificates of a Secret")
	require.Contains(t, arguments(t, given), "--cert-dir=/certs")
	require.Equal(t, "mine", one[*appsv1.Deployment](t, given).Spec.Template.Spec.Volumes[0].Secret.SecretName)
	require.Equal(t, "CA", string(one[*apiService](t, given).Spec.CABundle))
	for _, hook := range one[*admissionv1.ValidatingWebhookConfiguration](t, given).Webhooks {
		require.Equal(t, "CA", string(hook.ClientConfig.CABundle))
	}

	managed := rendering(t, "certificates of cert-manager")
	require.Contains(t, arguments(t, managed), "--cert-dir=/certs")
	const name = "scalerkit-operator-certs"
	require.Equal(t, name, one[*appsv1.Deployment](t, managed).Spec.Template.Spec.Volumes[0].Secret.SecretName)
	inject := map[string]string{"cert-manager.io/inject-ca-from": "scalerkit/" + name, "note": "x"}
	require.Equal(t, inject, one[*apiService](t, managed).Annotations)
	require.Equal(t, inject, one[*admissionv1.ValidatingWebhookConfiguration](t, managed).Annotations)
	require.Len(t, all[*unstructured.Unstructured](managed), 2, "an issuer and a certificate")
	certificate := one[*unstructured.Unstructured](t, rendering(t, "certificates of an issuer"))
	require.Equal(t, name, certificate.GetName())
	issuer, _, err := unstructured.NestedStringMap(certificate.Object, "spec", "issuerRef")
	require.NoError(t, err)
	require.Equal(t, map[string]string{"kind": "ClusterIssuer", "name": "my-ca"}, issuer)
}

// The annotation in which kubectl apply keeps an object must hold the largest.
func TestCRDs(t *testing.T) {
	crds := all[*apiextensionsv1.CustomResourceDefinition](rendering(t, "default"))
	var names []string
	for _, crd := range crds {
		names = append(names, crd.Name)
		require.Equal(t, "keep", crd.Annotations["helm.sh/resource-policy"])
		text, err := json.Marshal(crd)
		require.NoError(t, err)
		require.Less(t, len(text), 256*1024, crd.Name)
	}
	slices.Sort(names)
	require.Equal(t, []string{
		"clustertriggerauthentications.keda.sh", "scaledjobs.keda.sh", "scaledobjects.keda.sh", "triggerauthentications.keda.sh",
	}, names)
	require.Empty(t, all[*apiextensionsv1.CustomResourceDefinition](rendering(t, "direct, nothing shared")))
}
