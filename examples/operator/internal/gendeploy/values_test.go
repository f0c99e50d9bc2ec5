package main

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/yaml"

	"github.com/scalerkit/scalerkit/examples/operator/internal/operator"
)

// A change gives one value of the chart another than the default, as JSON.
type change struct {
	to   string
	with []string // flags without which the value has no say
}

var changes = map[string]change{
	"replicas":                   {to: `3`},
	"shards":                     {to: `48`},
	"image.repository":           {to: `"registry.example.com/operator"`},
	"image.tag":                  {to: `"v2"`},
	"image.digest":               {to: `"sha256:0000000000000000000000000000000000000000000000000000000000000000"`},
	"image.pullPolicy":           {to: `"Always"`},
	"imagePullSecrets":           {to: `[{"name":"registry"}]`},
	"fullnameOverride":           {to: `"keda"`},
	"mode":                       {to: `"direct"`},
	"watchNamespaces":            {to: `["shop"]`},
	"clusterObjectNamespace":     {to: `"credentials"`},
	"logLevel":                   {to: `"debug"`},
	"metricsAPI.enabled":         {to: `false`},
	"webhook.enabled":            {to: `false`},
	"webhook.failurePolicy":      {to: `"Fail"`},
	"webhook.timeoutSeconds":     {to: `5`},
	"certificates.from":          {to: `"cert-manager"`},
	"certificates.secretName":    {to: `"mine"`},
	"certificates.caBundle":      {to: `"Q0E="`, with: []string{"--set-json", `certificates={"from":"secret","secretName":"mine","caBundle":"Qg=="}`}},
	"certificates.issuerRef":     {to: `{"kind":"ClusterIssuer","name":"my-ca"}`, with: []string{"--set-json", `certificates.from="cert-manager"`}},
	"crds.install":               {to: `false`},
	"crds.keep":                  {to: `false`},
	"serviceAccount.create":      {to: `false`},
	"serviceAccount.name":        {to: `"scaling"`},
	"serviceAccount.annotations": {to: `{"role":"arn"}`},
	"rbac.create":                {to: `false`},
	"rbac.secrets":               {to: `"own"`},
	"rbac.serviceAccountTokens":  {to: `[{"namespace":"shop","name":"scaler"}]`},
	"rbac.extraRules":            {to: `[{"apiGroups":["argoproj.io"],"resources":["rollouts"],"verbs":["get"]}]`},
	"rbac.aggregate":             {to: `false`},
	"serviceAccountTokens.mode":  {to: `"legacy"`},
	"serviceAccountTokens.additionalAllowedAudiences":       {to: `["proxy"]`},
	"hashiCorpVault.kubernetesAuth.audience":                {to: `"other"`},
	"hashiCorpVault.kubernetesAuth.projectedTokenMountPath": {to: `"/vault"`},
	"outboundFilter":                           {to: `{"hashiCorpVault":{"mode":"enforce","allowedEndpoints":["https://vault:8200"]}}`},
	"identityEndpoints":                        {to: `["vault.example.com"]`},
	"filePathAuth":                             {to: `{"secret":{"secretName":"auth"}}`},
	"extraArgs":                                {to: `["--direct"]`},
	"env":                                      {to: `[{"name":"A","value":"b"}]`},
	"volumes":                                  {to: `[{"name":"ca","configMap":{"name":"ca"}}]`},
	"volumeMounts":                             {to: `[{"name":"ca","mountPath":"/ca"}]`},
	"resources.requests.cpu":                   {to: `"1"`},
	"resources.requests.memory":                {to: `"1Gi"`},
	"resources.limits.memory":                  {to: `"1Gi"`},
	"podDisruptionBudget.enabled":              {to: `false`},
	"networkPolicy.enabled":                    {to: `false`},
	"networkPolicy.metricsFrom":                {to: `[{"podSelector":{}}]`},
	"networkPolicy.egress":                     {to: `[{}]`},
	"flowSchema.enabled":                       {to: `false`},
	"annotations":                              {to: `{"note":"x"}`},
	"labels":                                   {to: `{"team":"platform"}`},
	"podAnnotations":                           {to: `{"note":"x"}`},
	"podLabels":                                {to: `{"team":"platform"}`},
	"priorityClassName":                        {to: `"high"`},
	"nodeSelector":                             {to: `{"disk":"ssd"}`},
	"tolerations":                              {to: `[{"operator":"Exists"}]`},
	"affinity":                                 {to: `{"nodeAffinity":{}}`},
	"topologySpreadConstraints":                {to: `[{"maxSkew":2,"topologyKey":"rack","whenUnsatisfiable":"DoNotSchedule"}]`},
	"podSecurityContext.runAsNonRoot":          {to: `false`},
	"podSecurityContext.seccompProfile.type":   {to: `"Unconfined"`},
	"securityContext.allowPrivilegeEscalation": {to: `true`},
	"securityContext.readOnlyRootFilesystem":   {to: `false`},
	"securityContext.capabilities.drop":        {to: `[]`},
}

func TestEveryValueOfTheChartDoesSomething(t *testing.T) {
	needTool(t, "helm")
	var values map[string]any
	require.NoError(t, yaml.Unmarshal(valuesFile(t), &values))
	names := leaves("", values)
	slices.Sort(names)
	require.Equal(t, slices.Sorted(maps.Keys(changes)), names)

	before := make(map[string]string) // by the flags
	manifest := func(flags ...string) string {
		rendered, err := render(t.Context(), root, flags...)
		require.NoError(t, err, flags)
		return string(rendered)
	}
	for name, c := range changes {
		key := ""
		if c.with != nil {
			key = name
		}
		if before[key] == "" {
			before[key] = manifest(c.with...)
		}
		after := manifest(append(slices.Clone(c.with), "--set-json", name+"="+c.to)...)
		require.False(t, before[key] == after, name) //nolint:testifylint // the manifests are too long to show
	}
}

func valuesFile(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, chartDir, "values.yaml"))
	require.NoError(t, err)
	return text
}

// leaves returns the names of values that have none below them.
func leaves(prefix string, values map[string]any) (names []string) {
	for key, value := range values {
		if below, ok := value.(map[string]any); ok && len(below) > 0 {
			names = append(names, leaves(prefix+key+".", below)...)
		} else {
			names = append(names, prefix+key)
		}
	}
	return names
}

// variables are those that the chart sets or tells of, each with a value.
var variables = map[string]string{
	"POD_NAMESPACE":                        "scaling",
	"POD_IP":                               "10.1.2.3",
	"WATCH_NAMESPACE":                      "shop",
	"KEDA_CLUSTER_OBJECT_NAMESPACE":        "credentials",
	"KEDA_RESTRICT_SECRET_ACCESS":          "true",
	"KEDA_SERVICE_ACCOUNT_TOKEN_AUDIENCES": `[{"audience":"proxy"}]`,
	"KEDA_OUTBOUND_FILTER":                 `{"hashiCorpVault":{"mode":"enforce","allowedEndpoints":["https://vault:8200"]}}`,
	"KEDA_HTTP_DEFAULT_TIMEOUT":            "5000",
}

func TestEveryVariableOfTheChartDoesSomething(t *testing.T) {
	named := make(map[string]bool)
	for name := range variants {
		for _, v := range one[*appsv1.Deployment](t, rendering(t, name)).Spec.Template.Spec.Containers[0].Env {
			named[v.Name] = true
		}
	}
	for _, name := range regexp.MustCompile(`\b(KEDA|WATCH|POD)_[A-Z_]+\b`).FindAllString(string(valuesFile(t)), -1) {
		named[name] = true
	}
	require.Equal(t, slices.Sorted(maps.Keys(variables)), slices.Sorted(maps.Keys(named)))

	parse := func(environment map[string]string) operator.Config {
		c, err := operator.Parse(nil, func(name string) string { return environment[name] }, t.Output())
		require.NoError(t, err)
		return c
	}
	for name, value := range variables {
		require.NotEqual(t, parse(nil), parse(map[string]string{name: value}), name)
	}
	require.Equal(t, 5*time.Second, configuration(t, rendering(t, "everything")).HTTP.Timeout)
}
