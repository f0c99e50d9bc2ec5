package influxdb_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/influxdb"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
	"github.com/scalerkit/scalerkit/scalers/scalertest/httpkit"
)

type values = map[string]string

// record is the answer of version 2 with one record.
func record(kind, value string) string {
	return "#datatype,string,long,dateTime:RFC3339," + kind + ",string\r\n" +
		",result,table,_time,_value,_field\r\n" +
		",_result,0,2026-01-01T00:00:00Z," + value + ",waiting\r\n\r\n"
}

// rows is the answer in InfluxQL with a column of two.
func rows(values string) string {
	return `{"results":[{"statement_id":0,"series":[{"name":"orders","columns":["time","mean"],"values":[` + values + `]}]}]}`
}

// version2 is a trigger without a token.
func version2(server, query string) scalerkit.Spec {
	return scalerkit.Spec{Type: "influxdb", Name: "orders", Metadata: values{
		"serverURL": server, "organizationName": "shop", "query": query, "thresholdValue": "5",
	}}
}

func version3(server, query string) scalerkit.Spec {
	return scalerkit.Spec{Type: "influxdb", Name: "orders", Metadata: values{
		"influxVersion": "3", "serverURL": server, "database": "shop", "query": query, "metricKey": "mean", "thresholdValue": "5",
	}}
}

func version3SQL(server, query string) scalerkit.Spec {
	spec := version3(server, query)
	spec.Metadata["queryType"] = "flightsql"
	return spec
}

// inBody returns what a request has in its body under a key.
func inBody(key string) func(*http.Request) string {
	return func(r *http.Request) string {
		var body map[string]any
		_ = json.NewDecoder(r.Body).Decode(&body) // others have no such key
		return fmt.Sprint(body[key])
	}
}

func run(t *testing.T, scheme string, k httpkit.Kit) {
	k.Driver, k.New = influxdb.Driver(), scalertest.Typed(influxdb.New)
	k.TargetKey, k.ActivationKey = "thresholdValue", "activationThresholdValue"
	k.Logins = []httpkit.Login{{
		Name: "token", Auth: func(secret string) map[string]string { return values{"authToken": secret} },
		Accepts: func(r *http.Request, secret string) bool { return r.Header.Get("Authorization") == scheme+secret },
	}}
	k.Run(t)
}

func TestSuiteOnFakeInFlux(t *testing.T) {
	run(t, "Token ", httpkit.Kit{
		Spec: version2, Thing: inBody("query"),
		Body: func(level float64) string { return record("double", fmt.Sprint(level)) },
	})
}

func TestSuiteOnFakeInInfluxQL(t *testing.T) {
	run(t, "Bearer ", httpkit.Kit{
		Spec: version3, Thing: func(r *http.Request) string { return r.FormValue("q") },
		Body: func(level float64) string { return rows(fmt.Sprintf(`["2026-01-01T00:00:00Z",%v]`, level)) },
	})
}

func TestSuiteOnFakeInSQL(t *testing.T) {
	run(t, "Bearer ", httpkit.Kit{
		Spec: version3SQL, Thing: inBody("q"),
		Body: func(level float64) string { return fmt.Sprintf(`[{"mean":%v}]`, level) },
	})
}
