package influxdb_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/influxdb"
)

// answering starts a server that answers everything so.
func answering(t *testing.T, answer http.HandlerFunc) string {
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	return s.URL
}

// read returns the value and the note, or the error.
func read(t *testing.T, spec scalerkit.Spec) string {
	s, err := influxdb.Driver().Open(spec, scalerkit.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	reading, err := s.Read(t.Context())
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(fmt.Sprint(reading.Value, " ", reading.Note))
}

func TestWhatAnAnswerComesTo(t *testing.T) {
	const shop = `read query in "shop": `
	const notCSV = shop + "the answer is not the annotated CSV that it should be"
	const failure = "#datatype,string,long\r\n,error,reference\r\n,no\u00a0memory,897\r\n"
	const absent = shop + `column "mean" of the last row is null, or there is none`
	for _, c := range []struct {
		spec   func(server, query string) scalerkit.Spec
		answer string
		want   string
	}{
		{version2, record("double", "12.5"), "12.5"},
		{version2, record("long", "7"), "7"},
		{version2, record("unsignedLong", "7"), "7"},
		{version2, record("double", "-2"), "0 the result is -2, which counts as 0"},
		{version2, record("double", "7") + record("double", "8"), "7 the result has 2 records, of which the first counts"},
		{version2, record("double", "7") + record("string", "many"), "7 the result has 2 records, of which the first counts"},
		{version2, "\r\n", shop + "the query has no record"},
		{version2, record("string", "7"), shop + "the value is a string: it should be a number"},
		{version2, record("boolean", "true"), shop + "the value is a boolean: it should be a number"},
		{version2, record("double", ""), shop + "the value is null"},
		{version2, record("double", "many"), shop + "the value is no number"},
		{version2, record("double", "NaN"), shop + "the value is NaN, which is not a finite number of at least 0"},
		{version2, record("double", "+Inf"), shop + "the value is +Inf, which is not a finite number of at least 0"},
		{version2, "#datatype,string,double\r\n,result,mean\r\n,_result,1\r\n", shop + "the first record has no _value"},
		{version2, failure, shop + "the query failed: no memory"},
		{version2, record("double", "7") + failure, shop + "the query failed: no memory"},
		{version2, ",result,table,_value\r\n,_result,0,7\r\n", notCSV},
		{version2, "#datatype,string,double\r\n,result,_value\r\n,_result\r\n", notCSV},
		{version2, "#datatype,\"", notCSV},

		{version3, rows(`["a",1],["b",2.5]`), "2.5"},
		{version3, rows(`["a",-2]`), "0 the result is -2, which counts as 0"},
		{version3, `{"results":[{"statement_id":0}]}`, "0 the query has no row, which counts as 0"},
		{version3, rows(``), "0 the query has no row, which counts as 0"},
		{version3, rows(`["a",null]`), absent},
		{version3, rows(`["a"]`), absent},
		{version3, rows(`["a","7"]`), shop + `column "mean" of the last row has no number`},
		{version3, strings.Replace(rows(`["a",1]`), `"values"`, `"partial":true,"values"`, 1), shop + "the answer is partial: the result has more rows than the server sends"},
		{version3, `{"results":[{"error":"database not found: shop"}]}`, shop + "not found: database not found: shop"},
		{version3, `{"results":[{"error":"timeout\nreached"}]}`, shop + "timeout reached"},
		{version3, `{"results":[{},{}]}`, shop + "the answer has 2 results: it should have that of one statement"},

		{version3SQL, `[{"mean":1},{"mean":2.5,"time":"b"}]`, "2.5"},
		{version3SQL, `[]`, "0 the query has no row, which counts as 0"},
		{version3SQL, `[{"time":"b"}]`, absent},
	} {
		server := answering(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, c.answer) })
		require.Equal(t, c.want, read(t, c.spec(server, "x")), c.answer)
	}
}

func TestTheRequest(t *testing.T) {
	for _, c := range []struct {
		spec func(server, query string) scalerkit.Spec
		want string
	}{
		{version2, `POST /influx/api/v2/query?org=shop {"dialect":{"annotations":["datatype"],"delimiter":",","header":true},"query":"a\"b","type":"flux"} Token hunter2`},
		{version3, `GET /influx/query?db=shop&q=a%22b  Bearer hunter2`},
		{version3SQL, `POST /influx/api/v3/query_sql {"db":"shop","format":"json","q":"a\"b"} Bearer hunter2`},
	} {
		got := ""
		server := answering(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			got = strings.Join([]string{r.Method, r.RequestURI, string(body), r.Header.Get("Authorization")}, " ")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprintf(w, `{"error":"no %s"}`, r.Header.Get("Authorization"))
		})
		spec := c.spec(server+"/influx/", `a"b`)
		spec.Auth = scalerkit.Secrets(values{"authToken": "hunter2"})
		require.Contains(t, read(t, spec), `: 400 Bad Request: {"error":"no `+strings.Fields(c.want)[len(strings.Fields(c.want))-2]+` [redacted]"}`)
		require.Equal(t, c.want, got)
	}
}

func TestMistakesAreNamed(t *testing.T) {
	const trigger = `influxdb trigger "orders": `
	for want, c := range map[string]struct {
		spec          func(server, query string) scalerkit.Spec
		key, metadata string
	}{
		trigger + "serverURL: is not the URL of a server: want http:// or https://, a host, and no parameters": {version2, "serverURL", "influxdb:8086"},
		trigger + "organizationName: is missing: version 2 needs it":                                           {version2, "organizationName", ""},
		trigger + "query: is missing: set it in the metadata":                                                  {version2, "query", ""},
		trigger + `influxVersion: "1" is not one of 2, 3`:                                                      {version2, "influxVersion", "1"},
		trigger + `thresholdValue: "0" is not greater than 0`:                                                  {version2, "thresholdValue", "0"},
		trigger + "database: is missing: version 3 needs it":                                                   {version3, "database", ""},
		trigger + "metricKey: is missing: version 3 needs it":                                                  {version3, "metricKey", ""},
		trigger + `queryType: "SQL" is not one of InfluxQL, FlightSQL`:                                         {version3, "queryType", "SQL"},
	} {
		spec := c.spec("http://influxdb:8086", "x")
		spec.Metadata[c.key] = c.metadata
		_, err := influxdb.Driver().Open(spec, scalerkit.Options{})
		require.EqualError(t, err, want)
	}
	// It was allowed once, and a token in a manifest is everybody's.
	spec := version2("http://influxdb:8086", "x")
	spec.Metadata["authToken"] = "hunter2"
	_, err := influxdb.Driver().Open(spec, scalerkit.Options{})
	require.ErrorContains(t, err, "authToken")
	require.NotContains(t, err.Error(), "hunter2")
}
