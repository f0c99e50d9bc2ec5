package azureloganalytics

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/azure"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
)

// API is the part of the parameters that says who asks.
type API = azure.API

// Entra is the part of an API that says which of Azure's clouds it is, and who asks
// if that is somebody whom Entra gives tokens.
type Entra = azure.Entra

// Config describes a trigger on the result of a query.
type Config struct {
	API
	WorkspaceID string `scaler:"workspaceId,required" from:"auth,metadata,env" doc:"id of the workspace"`
	Query       string `scaler:"query,required" doc:"query in Kusto's language, with a number in the first column of its one row"`

	Threshold           float64 `scaler:"threshold,target" above:"0" doc:"target: value per replica"`
	ActivationThreshold float64 `scaler:"activationThreshold,activation" doc:"the trigger is active above this value"`

	ResourceURL string        `scaler:"logAnalyticsResourceURL" doc:"URL of the API in the cloud Private"`
	Timeout     time.Duration `scaler:"timeout" doc:"time limit of a request; what the program says, or 3s, if there is none"`
	Insecure    bool          `scaler:"unsafeSsl" doc:"accept any server certificate"`
	MetricType  scalerkit.TargetKind

	api string
}

// Parse implements [driver.Parser].
func (c *Config) Parse(p *driver.Problems) {
	c.api = c.ParseAPI(p, func(cloud cloudhosts.AzureCloud) cloudhosts.Hosts { return cloud.LogAnalytics }, &c.ResourceURL)
}

// New returns a Scaler that reads the result of a query. It does no I/O.
func New(c Config, o scalerkit.Options) (scalerkit.Scaler, error) { return trigger.New(c, o) }

// Driver returns the driver of the trigger type azure-log-analytics.
func Driver() scalerkit.Driver { return trigger.Driver() }

var trigger = driver.Type[Config]{Name: "azure-log-analytics", Open: func(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
	return source.New(o, azure.Plan[query, float64]{
		Metric:   driver.MetricOf(c, "azure-log-analytics", c.WorkspaceID),
		Question: query{c.api + "/v1/workspaces/" + url.PathEscape(c.WorkspaceID) + "/query", c.WorkspaceID, c.Query},
		Key:      c.Caller(c.api),
		Who:      c.Caller(c.api).Authenticator,
		Access:   httpsource.Access{Timeout: c.Timeout, TLS: driver.TLS{Insecure: c.Insecure}},
	}), nil
}}

var source = azure.Source[query, float64]{Name: "azure-log-analytics", Ask: azure.Each(ask), Classify: azure.Classify}

// A query is what one trigger asks.
type query struct{ url, workspace, text string }

func (q query) String() string {
	return fmt.Sprintf("the result of a query to workspace %q", q.workspace)
}

// numbers are the types of columns that are read.
var numbers = []string{"real", "int", "long"}

func ask(ctx context.Context, c *httpsource.Client, q query) (float64, error) {
	body, err := json.Marshal(map[string]string{"query": q.text})
	if err != nil {
		return 0, err
	}
	var answer struct {
		Tables []struct {
			Columns []struct{ Name, Type string }
			Rows    [][]json.RawMessage
		}
		Error *struct{ Code, Message string }
	}
	err = c.DoJSON(ctx, httpsource.Request{
		Method: http.MethodPost, URL: q.url, Body: body, Header: http.Header{"Content-Type": {"application/json"}},
	}, &answer)
	switch {
	case err != nil:
		return 0, err
	case answer.Error != nil:
		return 0, fmt.Errorf("the result is not whole: %s", c.Excerpt(answer.Error.Code+": "+answer.Error.Message))
	case len(answer.Tables) != 1:
		return 0, fmt.Errorf("the result has %d tables: want one", len(answer.Tables))
	}
	t := answer.Tables[0]
	switch {
	case len(t.Rows) == 0:
		return 0, errors.New("the result has no row")
	case len(t.Rows) > 1:
		return 0, fmt.Errorf("the result has %d rows: want one", len(t.Rows))
	case len(t.Columns) == 0 || len(t.Rows[0]) == 0:
		return 0, errors.New("the result has no column")
	}
	column, cell := t.Columns[0], string(t.Rows[0][0])
	if !slices.Contains(numbers, column.Type) {
		return 0, fmt.Errorf("the first column, %q, is of type %s: want one of %s, as toreal and toint make it", column.Name, column.Type, strings.Join(numbers, ", "))
	}
	var value float64
	if err := json.Unmarshal([]byte(cell), &value); err != nil || cell == "null" {
		return 0, fmt.Errorf("the first column, %q, is %s, which is no number", column.Name, c.Excerpt(cell))
	}
	return value, nil
}
