package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/storetest"
	"github.com/scalerkit/scalerkit/examples/operator/internal/operator"
)

// configuration returns what the operator makes of a variant of the chart.
func configuration(t *testing.T, objects rendered) operator.Config {
	t.Helper()
	env := map[string]string{}
	for _, variable := range one[*appsv1.Deployment](t, objects).Spec.Template.Spec.Containers[0].Env {
		env[variable.Name] = variable.Value
		if from := variable.ValueFrom; from != nil && from.FieldRef.FieldPath == "status.podIP" {
			env[variable.Name] = variables["POD_IP"]
		}
	}
	config, err := operator.Parse(arguments(t, objects), func(name string) string { return env[name] }, t.Output())
	require.NoError(t, err)
	return config
}

// The operator takes the token that the chart has made for Vault, and sends no
// other one.
func TestTokenForVault(t *testing.T) {
	for variant, audience := range map[string]string{"default": "vault", "everything": "vault", "no Vault": "", "tokens as before KEDA 2.21": ""} {
		t.Run(variant, func(t *testing.T) {
			objects := rendering(t, variant)
			config := configuration(t, objects)
			pod := one[*appsv1.Deployment](t, objects).Spec.Template.Spec
			var made []*corev1.ServiceAccountTokenProjection
			for _, volume := range pod.Volumes {
				if volume.Name != "vault-token" {
					continue
				}
				require.Len(t, volume.Projected.Sources, 1)
				made = append(made, volume.Projected.Sources[0].ServiceAccountToken)
			}
			var files []string
			for _, mount := range pod.Containers[0].VolumeMounts {
				if mount.Name == "vault-token" {
					require.True(t, mount.ReadOnly)
					files = append(files, mount.MountPath+"/token")
				}
			}
			now := time.Now()
			token := func(audience string) string {
				return storetest.Token(map[string]any{"sub": "system:serviceaccount:keda:operator", "aud": audience, "exp": now.Add(time.Hour).Unix()})
			}
			if audience == "" {
				require.Empty(t, made)
				require.Empty(t, files)
				return
			}
			require.Len(t, made, 1)
			require.Equal(t, audience, made[0].Audience)
			require.Equal(t, "token", made[0].Path)
			require.Equal(t, []string{config.VaultTokenFile}, files)
			require.NoError(t, config.TokenPolicy.CheckFile(token(audience), now))
			require.Error(t, config.TokenPolicy.CheckFile(token("https://kubernetes.default.svc"), now))
		})
	}
}

func TestTokenPolicies(t *testing.T) {
	legacy := configuration(t, rendering(t, "tokens as before KEDA 2.21"))
	require.True(t, legacy.TokenPolicy.Legacy)
	require.Equal(t, "/var/run/secrets/kubernetes.io/serviceaccount/token", legacy.VaultTokenFile)
	require.Empty(t, configuration(t, rendering(t, "no Vault")).VaultTokenFile)

	audiences, err := configuration(t, rendering(t, "two namespaces, own secrets")).TokenPolicy.Audiences("shop", "scaler")
	require.NoError(t, err)
	require.Equal(t, []string{"metrics"}, audiences)

	everything := configuration(t, rendering(t, "everything"))
	require.NoError(t, everything.VaultEndpoints.Check("https://vault:8200"))
	require.EqualError(t, everything.VaultEndpoints.Check("https://evil"), "https://evil is not an endpoint that the administrator allows in KEDA_OUTBOUND_FILTER")
	require.Equal(t, []string{"vault.example.com", "*.blob.example.com"}, everything.IdentityEndpoints)
	now := time.Now()
	proxy := storetest.Token(map[string]any{"sub": "system:serviceaccount:keda:operator", "aud": "proxy", "exp": now.Add(time.Hour).Unix()})
	require.NoError(t, everything.TokenPolicy.CheckFile(proxy, now))
}
