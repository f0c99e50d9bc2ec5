// The manifests and scripts of the walk-through: they are strictly valid, fit
// together, and give nobody more than is needed.
package walkthrough

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/examples/operator/internal/strict"
	api "github.com/scalerkit/scalerkit/keda/v1alpha1"
	"github.com/scalerkit/scalerkit/scalers/all"
)

var brokers = []string{"redis", "rabbitmq", "servicebus"}

// The programs that the scripts call: one keeps what it is given, the other
// answers as Azure does.
const (
	kubectl = `#!/bin/sh
[ "$*" = "apply -f -" ] && cat > "$APPLIED"
`
	az = `#!/bin/sh
case "$*" in
"servicebus queue create "*) ;;
*" create "*) ;;
*" keys list --resource-group group --namespace-name shop --queue-name "*)
	echo "Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=${13};SharedAccessKey=a2V5;EntityPath=${11}" ;;
*) exit 1 ;;
esac
`
)

// secrets runs a broker's script and returns the Secrets that it makes, by
// their names.
func secrets(t *testing.T, broker string) map[string]map[string]string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "kubectl"), []byte(kubectl), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "az"), []byte(az), 0o755))
	applied := filepath.Join(dir, "applied")
	cmd := exec.CommandContext(t.Context(), filepath.Join(broker, "secrets.sh"))
	cmd.Env = append(os.Environ(), "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"),
		"APPLIED="+applied, "RESOURCE_GROUP=group", "NAMESPACE=shop")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Empty(t, out)

	made := map[string]map[string]string{}
	for _, object := range objects(t, applied) {
		secret := object.(*corev1.Secret)
		require.Equal(t, "walkthrough", secret.Namespace)
		made[secret.Name] = secret.StringData
	}
	return made
}

// objects decodes files.
func objects(t *testing.T, files ...string) []runtime.Object {
	t.Helper()
	var decoded []runtime.Object
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		more, err := strict.Objects(text)
		require.NoError(t, err, file)
		decoded = append(decoded, more...)
	}
	return decoded
}

// manifests decodes all that is applied for a broker.
func manifests(t *testing.T, broker string) []runtime.Object {
	t.Helper()
	files, err := filepath.Glob("*.yaml")
	require.NoError(t, err)
	more, err := filepath.Glob(filepath.Join(broker, "*.yaml"))
	require.NoError(t, err)
	return objects(t, append(files, more...)...)
}

// pods returns the templates of all Pods.
func pods(objects []runtime.Object) []corev1.PodSpec {
	var all []corev1.PodSpec
	for _, object := range objects {
		switch o := object.(type) {
		case *appsv1.Deployment:
			all = append(all, o.Spec.Template.Spec)
		case *batchv1.Job:
			all = append(all, o.Spec.Template.Spec)
		}
	}
	return all
}

// Every Secret that is referred to is made, with the entry, and has one reader
// only.
func TestSecretsFit(t *testing.T) {
	for _, broker := range brokers {
		t.Run(broker, func(t *testing.T) {
			made := secrets(t, broker)
			readers := map[string]int{}
			refer := func(name, key string) {
				require.Contains(t, made, name)
				require.NotEmpty(t, made[name][key], "%s: %s", name, key)
			}
			for _, pod := range pods(manifests(t, broker)) {
				for _, c := range pod.Containers {
					for _, env := range c.Env {
						refer(env.ValueFrom.SecretKeyRef.Name, env.ValueFrom.SecretKeyRef.Key)
						readers[env.ValueFrom.SecretKeyRef.Name]++
					}
				}
				for _, volume := range pod.Volumes {
					if volume.Secret != nil {
						require.Contains(t, made, volume.Secret.SecretName)
						readers[volume.Secret.SecretName]++
					}
				}
			}
			for _, object := range manifests(t, broker) {
				authentication, ok := object.(*api.TriggerAuthentication)
				if !ok {
					continue
				}
				for _, ref := range authentication.Spec.SecretTargetRef {
					refer(ref.Name, ref.Key)
					readers[ref.Name] = 1
				}
			}
			for name := range made {
				require.Equal(t, 1, readers[name], name)
			}
		})
	}
}

func TestPodsAreConfined(t *testing.T) {
	for _, broker := range brokers {
		t.Run(broker, func(t *testing.T) {
			for _, pod := range pods(manifests(t, broker)) {
				require.True(t, *pod.SecurityContext.RunAsNonRoot)
				require.Equal(t, corev1.SeccompProfileTypeRuntimeDefault, pod.SecurityContext.SeccompProfile.Type)
				for _, c := range pod.Containers {
					require.False(t, *c.SecurityContext.AllowPrivilegeEscalation)
					require.Equal(t, []corev1.Capability{"ALL"}, c.SecurityContext.Capabilities.Drop)
					require.True(t, c.Name == "rabbitmq" || *c.SecurityContext.ReadOnlyRootFilesystem)
				}
			}
		})
	}
}

// The trigger opens with what its authentication has.
func TestTriggersOpen(t *testing.T) {
	for _, broker := range brokers {
		t.Run(broker, func(t *testing.T) {
			scaler, err := all.Registry().Open(trigger(t, broker, secrets(t, broker)), scalerkit.Options{})
			require.NoError(t, err)
			require.Equal(t, scalerkit.Target{Kind: scalerkit.PerReplica, Value: 5}, scaler.Metric().Target)
			require.NoError(t, scaler.Close())
		})
	}
}

// trigger returns the trigger of a broker's ScaledObject.
func trigger(t *testing.T, broker string, made map[string]map[string]string) scalerkit.Spec {
	t.Helper()
	var spec scalerkit.Spec
	spec.Auth = map[string]scalerkit.Secret{}
	for _, object := range manifests(t, broker) {
		switch o := object.(type) {
		case *api.ScaledObject:
			require.Equal(t, "scaler", o.Spec.Triggers[0].AuthenticationRef.Name)
			spec.Type, spec.Metadata = o.Spec.Triggers[0].Type, o.Spec.Triggers[0].Metadata
		case *api.TriggerAuthentication:
			require.Equal(t, "scaler", o.Name)
			for _, ref := range o.Spec.SecretTargetRef {
				spec.Auth[ref.Parameter] = scalerkit.NewSecret(made[ref.Name][ref.Key])
			}
		}
	}
	return spec
}

// A second run makes other passwords.
func TestPasswordsAreMadeUp(t *testing.T) {
	for _, broker := range []string{"redis", "rabbitmq"} {
		first, second := secrets(t, broker), secrets(t, broker)
		for name := range first {
			require.NotEqual(t, first[name], second[name], name)
		}
	}
}

func TestPoliciesOfServiceBus(t *testing.T) {
	got := map[string]string{}
	for name, secret := range secrets(t, "servicebus") {
		got[name] = secret["connection"]
	}
	const namespace = "Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName="
	require.Equal(t, map[string]string{
		"publisher":            namespace + "publisher;SharedAccessKey=a2V5;EntityPath=inbound",
		"transformer-inbound":  namespace + "receiver;SharedAccessKey=a2V5;EntityPath=inbound",
		"transformer-outbound": namespace + "sender;SharedAccessKey=a2V5;EntityPath=outbound",
		"scaler":               namespace + "scaler;SharedAccessKey=a2V5;EntityPath=inbound",
	}, got)
}
