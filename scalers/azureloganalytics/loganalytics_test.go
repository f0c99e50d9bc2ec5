package azureloganalytics_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/azure/azuretest"
	"github.com/scalerkit/scalerkit/scalers/azureloganalytics"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

type values = map[string]string

// kit plays the API, whose things are workspaces.
var kit = azuretest.APIKit{
	Driver: azureloganalytics.Driver(), New: scalertest.Typed(azureloganalytics.New),
	URLKey: "logAnalyticsResourceURL", TargetKey: "threshold", ActivationKey: "activationThreshold", Missing: true,
	Metadata: func(workspace string) map[string]string {
		return values{"workspaceId": workspace, "query": "Orders | count", "threshold": "5"}
	},
	Serve: func(w http.ResponseWriter, r *http.Request, levels map[string]float64) {
		var asked struct{ Query string }
		err := json.NewDecoder(r.Body).Decode(&asked)
		level, exists := levels[path.Base(path.Dir(r.URL.Path))]
		switch {
		case r.Method != http.MethodPost || err != nil || asked.Query != "Orders | count" || r.Header.Get("Content-Type") != "application/json":
			azuretest.RefuseAPI(w, http.StatusBadRequest, "BadArgumentError", "The request had some invalid properties")
		case !exists || path.Base(r.URL.Path) != "query" || !strings.HasPrefix(r.URL.Path, "/v1/workspaces/"):
			azuretest.RefuseAPI(w, http.StatusNotFound, "WorkspaceNotFoundError", "The workspace could not be found")
		default:
			fmt.Fprint(w, result("long", level))
		}
	},
}

// result is an answer with one number.
func result(typ string, value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf(`{"tables":[{"name":"PrimaryResult","columns":[{"name":"Count","type":%q}],"rows":[[%s]]}]}`, typ, text)
}

func TestSuite(t *testing.T) {
	kit.Run(t, func(a *azuretest.API, credential azcore.TokenCredential, o scalerkit.Options) (scalerkit.Scaler, error) {
		return azureloganalytics.New(azureloganalytics.Config{
			API:         azureloganalytics.API{Entra: azureloganalytics.Entra{Cloud: "Private", Credential: credential}},
			WorkspaceID: "orders", Query: "Orders | count", Threshold: 1, ResourceURL: a.HTTPS.URL,
		}, o)
	})
}

func TestWhatIsANumber(t *testing.T) {
	azuretest.NeedTrust(t)
	const read, column = `read the result of a query to workspace "orders": `, `the first column, "Count", is `
	a := kit.NewAPI(t)
	for body, want := range map[string]any{
		result("real", 1.5): 1.5,
		result("int", 0):    0.0,
		result("long", 7):   7.0,
		`{"tables":[{"columns":[{"name":"MetricValue","type":"real"},{"name":"Threshold","type":"string"}],"rows":[[3,"x"]]}]}`: 3.0,
		result("long", -7):     "the value is -7, which is not a finite number of at least 0",
		result("long", nil):    column + `null, which is no number`,
		result("real", "NaN"):  column + `"NaN", which is no number`,
		result("decimal", "1"): column + `of type decimal: want one of real, int, long, as toreal and toint make it`,
		result("string", "1"):  column + `of type string: want one of real, int, long, as toreal and toint make it`,
		`{"tables":[]}`:        "the result has 0 tables: want one",
		`{"tables":[{},{}]}`:   "the result has 2 tables: want one",
		`{"tables":[{"columns":[{"name":"n","type":"long"}],"rows":[]}]}`:                                                   "the result has no row",
		`{"tables":[{"columns":[{"name":"n","type":"long"}],"rows":[[1],[2]]}]}`:                                            "the result has 2 rows: want one",
		`{"tables":[{"columns":[],"rows":[[]]}]}`:                                                                           "the result has no column",
		`{"tables":[{"columns":[{"name":"n","type":"long"}],"rows":[[]]}]}`:                                                 "the result has no column",
		strings.TrimSuffix(result("long", 7), "}") + `,"error":{"code":"PartialError","message":"There were some errors"}}`: "the result is not whole: PartialError: There were some errors",
	} {
		s := kit.Open(t, a, "orders", nil, scalerkit.Options{})
		a.Say(func(w http.ResponseWriter, r *http.Request) bool {
			if !a.HasToken(r) {
				return false
			}
			_, _ = io.WriteString(w, body)
			return true
		})
		if text, isError := want.(string); isError {
			scalertest.WantError(t, s, nil, read+text)
		} else {
			scalertest.WantValue(t, s, want.(float64))
		}
	}
}

func TestWhatTheServiceRefuses(t *testing.T) {
	a := kit.NewAPI(t)
	a.Set("orders", 7)
	scalertest.WantError(t, kit.Open(t, a, "gone", nil, scalerkit.Options{}), scalerkit.ErrNotFound, `read the result of a query to workspace "gone": POST `+a.HTTPS.URL+
		`/v1/workspaces/gone/query: not found: 404 Not Found: WorkspaceNotFoundError: The workspace could not be found`)
	scalertest.WantError(t, kit.Open(t, a, "orders", values{"query": "Order | cont"}, scalerkit.Options{}), nil, `read the result of a query to workspace "orders": POST `+a.HTTPS.URL+
		`/v1/workspaces/orders/query: 400 Bad Request: BadArgumentError: The request had some invalid properties`)
}

// KEDA's time limit is a million times as long.
func TestTheTimeLimitIsAsWritten(t *testing.T) {
	a := kit.NewAPI(t)
	a.Set("orders", 7)
	s := kit.Open(t, a, "orders", values{"timeout": "50"}, scalerkit.Options{})
	a.Say(func(_ http.ResponseWriter, r *http.Request) bool {
		_, _ = io.Copy(io.Discard, r.Body) // before that, the end of the request is not noticed
		<-r.Context().Done()
		return true
	})
	done := make(chan error)
	go func() {
		_, err := s.Read(t.Context())
		done <- err
	}()
	select {
	case err := <-done:
		require.ErrorContains(t, err, "no answer: ")
	case <-time.After(30 * time.Second):
		t.Fatal("there is no answer, and no error")
	}
}

func TestTriggersOpenAsTheyAreWritten(t *testing.T) {
	application := values{"tenantId": "t", "clientId": "c", "clientSecret": "hunter2"}
	for name, c := range map[string]struct {
		metadata values
		auth     values
		identity scalerkit.Identity
	}{
		"KEDA's example":         {metadata: with(application, values{"workspaceId": "w", "workspaceIdFromEnv": "WORKSPACE", "activationThreshold": "1.7"})},
		"from an authentication": {auth: with(application, values{"workspaceId": "w"})},
		"an identity":            {metadata: values{"workspaceId": "w", "cloud": "azureChinaCloud"}, identity: scalerkit.Identity{Provider: "azure-workload"}},
		"a private cloud": {metadata: with(application, values{
			"workspaceId": "w", "cloud": "Private", "logAnalyticsResourceURL": "https://host.example.com/", "activeDirectoryEndpoint": "https://login.airgap.example/", "unsafeSsl": "true",
		})},
	} {
		s, err := azureloganalytics.Driver().Open(scalerkit.Spec{
			Identity: c.identity, Env: scalerkit.Secrets(values{"WORKSPACE": "w"}), Auth: scalerkit.Secrets(c.auth),
			Metadata: with(values{"query": "Perf | limit 01", "threshold": "10.7"}, c.metadata),
		}, scalerkit.Options{Warn: func(scalerkit.ConfigError) {}})
		require.NoError(t, err, name)
		require.Equal(t, "azure-log-analytics-w", s.Metric().Name)
		require.Equal(t, scalerkit.Target{Kind: scalerkit.PerReplica, Value: 10.7}, s.Metric().Target)
		require.NoError(t, s.Close())
	}
}

func TestMistakesAreNamed(t *testing.T) {
	whole := values{"workspaceId": "w", "query": "print 1", "threshold": "5", "tenantId": "t", "clientId": "c", "clientSecret": "hunter2"}
	for want, more := range map[string]values{
		`workspaceId: is missing: let the authentication deliver it, or set it in the metadata, or name an environment variable in workspaceIdFromEnv`: {"workspaceId": ""},
		`query: is missing: set it in the metadata`:                                                                 {"query": ""},
		`threshold: "0" is not greater than 0`:                                                                      {"threshold": "0"},
		`timeout: "-1s" is negative`:                                                                                {"timeout": "-1s"},
		`cloud: AzureGermanCloud does not have this service`:                                                        {"cloud": "AzureGermanCloud"},
		`activeDirectoryClientPassword: is missing: it goes with clientId`:                                          {"clientSecret": ""},
		`logAnalyticsResourceURL: is missing: the cloud Private needs it, a URL such as https://api.example.com`:    {"cloud": "private", "activeDirectoryEndpoint": "https://login.example.com/"},
		`activeDirectoryEndpoint: is missing: the cloud Private needs it, a URL such as https://login.example.com/`: {"cloud": "private", "logAnalyticsResourceURL": "https://api.example.com"},
	} {
		_, err := azureloganalytics.Driver().Open(scalerkit.Spec{Name: "t", Metadata: with(whole, more)}, scalerkit.Options{})
		require.EqualError(t, err, `azure-log-analytics trigger "t": `+want)
	}
}

func with(v, more values) values {
	v = maps.Clone(v)
	maps.Copy(v, more)
	return v
}
