package operator

import (
	"bytes"
	"flag"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

func env(variables map[string]string) func(string) string {
	return func(name string) string { return variables[name] }
}

func TestDefaults(t *testing.T) {
	c, err := Parse(nil, env(nil), &bytes.Buffer{})
	require.NoError(t, err)
	require.Equal(t, Config{
		MetricsAddress: ":8080", HealthAddress: ":8081",
		MetricsAPIAddress: ":6443", WebhookAddress: ":9443",
		LeaderElectionID: "operator.keda.sh",
		Shards:           1,
		PeerAddress:      ":6444",
		CertSecret:       "kedaorg-certs",
		Service:          "keda-operator",
		Webhook:          "keda-admission",
		ClusterDomain:    "cluster.local",
		Namespace:        "keda", ClusterNamespace: "keda",
		VaultTokenFile: "/var/run/secrets/keda-vault/token",
		ScaledObjects:  8, ScaledJobs: 4,
		LogLevel: slog.LevelInfo,
	}, c)
}

func TestIdentityEndpoints(t *testing.T) {
	c, err := Parse([]string{"--identity-endpoints=vault.example.com, *.blob.example.com", "--identity-endpoints=login.example.com:8443"}, env(nil), &bytes.Buffer{})
	require.NoError(t, err)
	require.Equal(t, []string{"vault.example.com", "*.blob.example.com", "login.example.com:8443"}, c.IdentityEndpoints)
	_, err = Parse([]string{"--identity-endpoints=https://vault.example.com"}, env(nil), &bytes.Buffer{})
	require.EqualError(t, err, `invalid value "https://vault.example.com" for flag -identity-endpoints: "https://vault.example.com" is no identity endpoint: want example.com, example.com:8443 or *.example.com`)
}

func TestParsePolicies(t *testing.T) {
	c, err := Parse([]string{"--vault-kubernetes-auth-token-file=/token"}, env(map[string]string{
		"KEDA_SERVICE_ACCOUNT_TOKEN_AUDIENCES": "[{audience: metrics, namespace: shop, serviceAccountName: reader}]",
		"KEDA_OUTBOUND_FILTER":                 `{"hashiCorpVault": {"mode": "enforce"}}`,
	}), &bytes.Buffer{})
	require.NoError(t, err)
	require.Equal(t, "/token", c.VaultTokenFile)
	audiences, err := c.TokenPolicy.Audiences("shop", "reader")
	require.NoError(t, err)
	require.Equal(t, []string{"metrics"}, audiences)
	require.EqualError(t, c.VaultEndpoints.Check("https://vault"), "https://vault is not an endpoint that the administrator allows in KEDA_OUTBOUND_FILTER")

	c, err = Parse([]string{"--service-account-token-mode=legacy"}, env(nil), &bytes.Buffer{})
	require.NoError(t, err)
	require.True(t, c.TokenPolicy.Legacy)
	require.Equal(t, "/var/run/secrets/kubernetes.io/serviceaccount/token", c.VaultTokenFile)
	c, err = Parse([]string{"--service-account-token-mode=legacy", "--vault-kubernetes-auth-token-file=/token"}, env(nil), &bytes.Buffer{})
	require.NoError(t, err)
	require.Equal(t, "/token", c.VaultTokenFile)
}

func TestParse(t *testing.T) {
	c, err := Parse([]string{"--leader-elect", "--direct", "--log-level=debug", "--cert-dir", "/certs", "--metrics-api-bind-address=0"}, env(map[string]string{
		"POD_NAMESPACE":                                "scaling",
		"WATCH_NAMESPACE":                              "a, b",
		"WATCH_LABEL_SELECTOR":                         "team=blue",
		"KEDA_RESTRICT_SECRET_ACCESS":                  "true",
		"KEDA_BOUND_SERVICE_ACCOUNT_TOKEN_EXPIRY":      "2h",
		"KEDA_OPERATOR_LEADER_ELECTION_LEASE_DURATION": "5s",
		"KEDA_SCALEDOBJECT_CTRL_MAX_RECONCILES":        "3",
	}), &bytes.Buffer{})
	require.NoError(t, err)
	require.True(t, c.LeaderElect)
	require.True(t, c.Direct)
	require.Equal(t, slog.LevelDebug, c.LogLevel)
	require.Equal(t, "/certs", c.CertDir)
	require.Equal(t, "0", c.MetricsAPIAddress)
	require.Equal(t, []string{"scaling", "scaling"}, []string{c.Namespace, c.ClusterNamespace})
	require.Equal(t, []string{"a", "b"}, c.WatchNamespaces)
	require.Equal(t, "team=blue", c.WatchSelector.String())
	require.Nil(t, c.AuthenticationWatched)
	require.True(t, c.RestrictSecrets)
	require.Equal(t, 2*time.Hour, c.TokenExpiry)
	require.Equal(t, 5*time.Second, *c.LeaseDuration)
	require.Nil(t, c.RetryPeriod)
	require.Equal(t, 3, c.ScaledObjects)

	c, err = Parse(nil, env(map[string]string{"WATCH_NAMESPACE": `""`, "KEDA_CLUSTER_OBJECT_NAMESPACE": "shared"}), &bytes.Buffer{})
	require.NoError(t, err)
	require.Empty(t, c.WatchNamespaces, "KEDA's way to say all")
	require.Equal(t, "shared", c.ClusterNamespace)
}

func TestShards(t *testing.T) {
	pod := env(map[string]string{"POD_IP": "10.1.2.3"})
	c, err := Parse([]string{"--leader-elect", "--shards=48"}, pod, &bytes.Buffer{})
	require.NoError(t, err)
	require.Equal(t, 48, c.Shards)
	require.Equal(t, "10.1.2.3", c.PeerHost)
	c, err = Parse([]string{"--leader-elect", "--shards=48", "--peer-bind-address=127.0.0.1:0"}, pod, &bytes.Buffer{})
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1", c.PeerHost)
	_, err = Parse([]string{"--leader-elect", "--shards=48", "--metrics-api-bind-address=0"}, env(nil), &bytes.Buffer{})
	require.NoError(t, err, "without the metrics API nobody is asked")

	for _, c := range []struct{ args, want string }{
		{"--shards=0", "--shards: 0 is not from 1 to 1024"},
		{"--shards=1025", "--shards: 1025 is not from 1 to 1024"},
		{"--shards=8", "--shards: needs --leader-elect: one replica writes what there is one of\n" +
			`--peer-bind-address: ":6444" says no host, and POD_IP is not set, so that no other replica could find this one`},
		{"--leader-elect --shards=8 --peer-bind-address=0.0.0.0:1", `--peer-bind-address: "0.0.0.0:1" says no host, and POD_IP is not set, so that no other replica could find this one`},
		{"--leader-elect --shards=8 --peer-bind-address=10.0.0.1", "--peer-bind-address: address 10.0.0.1: missing port in address"},
	} {
		_, err := Parse(strings.Fields(c.args), env(nil), &bytes.Buffer{})
		require.EqualError(t, err, c.want)
	}
}

func TestParseProblems(t *testing.T) {
	_, err := Parse([]string{"run"}, env(map[string]string{
		"WATCH_LABEL_SELECTOR":                         "a in",
		"KEDA_RESTRICT_SECRET_ACCESS":                  "maybe",
		"KEDA_BOUND_SERVICE_ACCOUNT_TOKEN_EXPIRY":      "7h",
		"KEDA_OPERATOR_LEADER_ELECTION_LEASE_DURATION": "15",
		"KEDA_SCALEDJOB_CTRL_MAX_RECONCILES":           "0",
		"KEDA_SERVICE_ACCOUNT_TOKEN_AUDIENCES":         "null",
		"KEDA_OUTBOUND_FILTER":                         "hashiCorpVault: {mode: deny}",
	}), &bytes.Buffer{})
	require.EqualError(t, err, `environment variable WATCH_LABEL_SELECTOR: "a in" is not a label selector: unable to parse requirement: found '' expected: '('
environment variable KEDA_RESTRICT_SECRET_ACCESS: "maybe" is not one of true, false
environment variable KEDA_BOUND_SERVICE_ACCOUNT_TOKEN_EXPIRY: 7h0m0s is not between 1h and 6h
environment variable KEDA_SERVICE_ACCOUNT_TOKEN_AUDIENCES: it is null: use a list of {audience: …}, or leave it empty
environment variable KEDA_OUTBOUND_FILTER: hashiCorpVault.mode: "deny" is not one of "off", warn, enforce: off needs the quotation marks
environment variable KEDA_OPERATOR_LEADER_ELECTION_LEASE_DURATION: "15" is not a duration such as 15s
environment variable KEDA_SCALEDJOB_CTRL_MAX_RECONCILES: "0" is not a number of at least 1
unknown argument "run": flags begin with --`)

	var usage bytes.Buffer
	_, err = Parse([]string{"--help"}, env(nil), &usage)
	require.ErrorIs(t, err, flag.ErrHelp)
	require.Contains(t, usage.String(), "-metrics-api-bind-address")
}

// of returns what a cache is told of a type of object.
func of[T client.Object](o cache.Options) (found []cache.ByObject) {
	for object, by := range o.ByObject {
		if _, ok := object.(T); ok {
			found = append(found, by)
		}
	}
	return found
}

func TestCacheOptions(t *testing.T) {
	all := cacheOptions(Config{}, nil)
	require.Nil(t, all.DefaultNamespaces)
	require.Empty(t, of[*corev1.Secret](all))
	require.Len(t, of[*appsv1.Deployment](all), 1)

	some := cacheOptions(Config{WatchNamespaces: []string{"shop"}, ClusterNamespace: "keda", WatchSelector: labels.SelectorFromSet(labels.Set{"a": "b"})}, nil)
	require.Equal(t, map[string]cache.Config{"shop": {}}, some.DefaultNamespaces)
	require.Equal(t, map[string]cache.Config{"shop": {}, "keda": {}}, of[*corev1.Secret](some)[0].Namespaces)
	require.Equal(t, "a=b", of[*v1alpha1.ScaledObject](some)[0].Label.String())
	require.Nil(t, of[*v1alpha1.TriggerAuthentication](some)[0].Label)

	own := cacheOptions(Config{WatchNamespaces: []string{"shop"}, ClusterNamespace: "keda", RestrictSecrets: true}, nil)
	require.Len(t, of[*corev1.Secret](own), 1)
	require.Equal(t, map[string]cache.Config{"keda": {}}, of[*corev1.Secret](own)[0].Namespaces)
	require.Equal(t, map[string]cache.Config{"shop": {}, "keda": {}}, of[*corev1.ConfigMap](own)[0].Namespaces)
}

func TestScheme(t *testing.T) {
	scheme, err := newScheme()
	require.NoError(t, err)
	for _, object := range []client.Object{&v1alpha1.ScaledObject{}, &corev1.Secret{}, &appsv1.StatefulSet{}} {
		_, _, err := scheme.ObjectKinds(object)
		require.NoError(t, err)
	}
}
