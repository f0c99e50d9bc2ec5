package promrange_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale/record/promrange"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
)

func errorsIs(err error) bool { return errors.Is(err, promrange.ErrNotThere) }

// answer is that of a Prometheus.
func answer(all ...promrange.Series) []byte {
	type one struct {
		Metric map[string]string `json:"metric"`
		Values [][2]any          `json:"values"`
	}
	result := []one{}
	for _, s := range all {
		o := one{Metric: s.Labels}
		for _, p := range s.Points {
			o.Values = append(o.Values, [2]any{float64(p.Time.UnixMilli()) / 1000, strconv.FormatFloat(p.Value, 'g', -1, 64)})
		}
		result = append(result, o)
	}
	text, err := json.Marshal(map[string]any{"status": "success", "data": map[string]any{"resultType": "matrix", "result": result}})
	if err != nil {
		panic(err)
	}
	return text
}

func TestAsManyQuestionsAsItTakes(t *testing.T) {
	var asked []url.Values
	fake := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, "/select/0/api/v1/query_range", r.URL.Path)
		require.Equal(t, "tenant", r.Header.Get("X-Scope-OrgID"))
		require.Equal(t, "Bearer token", r.Header.Get("Authorization"))
		asked = append(asked, r.URL.Query())
		start, err := strconv.ParseFloat(r.URL.Query().Get("start"), 64)
		require.NoError(t, err)
		at := time.UnixMilli(int64(start * 1000))
		s := promrange.Series{Labels: map[string]string{"a": "b"}, Points: []promrange.Point{{Time: at, Value: float64(len(asked))}}}
		_, _ = w.Write(answer(s))
	}))
	defer fake.Close()
	s := promrange.Server{
		URL: fake.URL + "/select/0/", Header: http.Header{"X-Scope-OrgID": {"tenant"}},
		Access: httpsource.Access{Modes: []string{httpsource.ModeBearer}, BearerToken: scalerkit.NewSecret("token")},
	}
	found, err := s.Query(t.Context(), "up", promrange.Window{From: noon, To: noon.Add(7 * 24 * time.Hour), Step: step})
	require.NoError(t, err)
	start, each := noon.Unix(), int64(11_000*30)
	require.Equal(t, []url.Values{
		{"query": {"up"}, "step": {"30"}, "start": {fmt.Sprint(start)}, "end": {fmt.Sprint(start + each - 30)}},
		{"query": {"up"}, "step": {"30"}, "start": {fmt.Sprint(start + each)}, "end": {fmt.Sprint(start + 7*24*3600)}},
	}, asked)
	require.Equal(t, []promrange.Series{{Labels: map[string]string{"a": "b"}, Points: []promrange.Point{
		{Time: noon, Value: 1}, {Time: noon.Add(11_000 * step), Value: 2},
	}}}, found)
}

func TestBadAnswersGetOneClearLine(t *testing.T) {
	const secret = "hunter2"
	for name, c := range map[string]struct {
		status int
		body   string
		want   string // behind the question
	}{
		"an error":                     {400, `{"status":"error","errorType":"bad_data","error":"parse error"}`, `400 Bad Request: {"status":"error","errorType":"bad_data","error":"parse error"}`},
		"an error that claims success": {200, `{"status":"error","errorType":"timeout","error":"query of hunter2 timed out"}`, `the status of the answer is "error" and not success: timeout: query of [redacted] timed out`},
		"refused":                      {401, "who is hunter2?", "access denied: 401 Unauthorized: who is [redacted]?"},
		"a page":                       {200, "<html>log in</html>", "the answer is not the JSON that it should be: invalid character '<' looking for beginning of value"},
		"a part":                       {200, `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"5`, "the answer is not the JSON that it should be: unexpected end of JSON input"},
		"warnings":                     {200, `{"status":"success","warnings":["store a is down"],"data":{"resultType":"matrix","result":[]}}`, "the answer is partial: store a is down"},
		"a vector":                     {200, `{"status":"success","data":{"resultType":"vector","result":[]}}`, `the result is a "vector": it should be the matrix that query_range answers`},
		"another matrix":               {200, `{"status":"success","data":{"resultType":"matrix","result":{}}}`, "the result is not the matrix that it should be"},
		"a number that is none":        {200, `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"x"]]}]}}`, "a value is not the pair of a time and a number, as text, that it should be"},
		"no number":                    {200, `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1]]}]}}`, "a value is not the pair of a time and a number, as text, that it should be"},
		"null":                         {200, `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,null]]}]}}`, "a value is not the pair of a time and a number, as text, that it should be"},
		"a histogram":                  {200, `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"histograms":[[1,{}]]}]}}`, "the result has a histogram: make a number of it, with histogram_count(), say"},
	} {
		t.Run(name, func(t *testing.T) {
			fake := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			}))
			defer fake.Close()
			s := promrange.Server{URL: fake.URL, Access: httpsource.Access{Modes: []string{httpsource.ModeBasic}, Username: "a", Password: scalerkit.NewSecret(secret)}}
			_, err := s.Query(t.Context(), "up", promrange.Window{From: noon, To: noon.Add(time.Hour), Step: step})
			require.Error(t, err)
			require.Contains(t, []string{
				`query "up": ` + c.want, `query "up": GET ` + fake.URL + "/api/v1/query_range: " + c.want,
			}, err.Error())
		})
	}
}

func TestWindows(t *testing.T) {
	for want, w := range map[string]promrange.Window{
		"a step of 0s is less than a millisecond":                                                   {From: noon, To: noon},
		"it would end at 2026-01-31T11:00:00Z, before it begins at 2026-01-31T12:00:00Z":            {From: noon, To: noon.Add(-time.Hour), Step: step},
		"from 2026-01-31T12:00:00Z to 2027-01-31T12:00:00Z there are more than 1000000 steps of 1s": {From: noon, To: noon.AddDate(1, 0, 0), Step: time.Second},
	} {
		_, err := promrange.Server{URL: "http://localhost:1"}.Query(t.Context(), "up", w)
		require.EqualError(t, err, want)
	}
}

func TestSavedAnswers(t *testing.T) {
	a, b := series("a", 0, 1, 2), series("b", 0, math.NaN())
	found, err := promrange.Parse(answer(a, b))
	require.NoError(t, err)
	require.Len(t, found, 2)
	require.Equal(t, a, found[0])
	require.True(t, math.IsNaN(found[1].Points[0].Value))
	require.Equal(t, []promrange.Series{series("a", 0, 1, 7, 8)}, promrange.Join([]promrange.Series{series("a", 1, 2, 3)}, []promrange.Series{a}, []promrange.Series{series("a", 1, 7, 8)}))

	_, err = promrange.Parse([]byte("<html>"))
	require.EqualError(t, err, "this is not the JSON of a whole answer: invalid character '<' looking for beginning of value")
	_, err = promrange.Parse(answer(a)[:80])
	require.EqualError(t, err, "this is not the JSON of a whole answer: unexpected end of JSON input")
	_, err = promrange.Parse([]byte(`{"status":"error","errorType":"timeout","error":"too\nlong"}`))
	require.EqualError(t, err, `the status of the answer is "error" and not success: timeout: too long`)
}

func TestQueriesAreTheSmallestThatDo(t *testing.T) {
	const names = `__name__=~"keda_scaler_metrics_value|keda_metrics_adapter_scaler_metrics_value|keda_scaler_detail_errors_total|keda_scaler_detail_errors|keda_scaler_errors|keda_metrics_adapter_scaler_errors"`
	w := orders
	require.Equal(t, `{`+names+`, scaledObject="orders"} or {__name__=~"kube_deployment_status_replicas|kube_deployment_status_replicas_ready", deployment="worker"}`, w.Query())
	w.Namespace, w.Kind, w.Where = "prod", "Rollout", map[string]string{"cluster": `"east"`}
	require.Equal(t, `{`+names+`, cluster="\"east\"", namespace="prod", scaledObject="orders"}`+
		` or {`+names+`, cluster="\"east\"", exported_namespace="prod", scaledObject="orders"}`+
		` or {__name__=~"kube_horizontalpodautoscaler_status_current_replicas", cluster="\"east\"", horizontalpodautoscaler="keda-hpa-orders", namespace="prod"}`+
		` or {__name__=~"kube_horizontalpodautoscaler_status_current_replicas", cluster="\"east\"", exported_namespace="prod", horizontalpodautoscaler="keda-hpa-orders"}`, w.Query())
	require.Equal(t, `{__name__=~"keda_scaler_metrics_value|keda_metrics_adapter_scaler_metrics_value", cluster="\"east\""}`, w.Everybody())
	require.Equal(t, `{__name__=~"keda_scaler_metrics_value|keda_metrics_adapter_scaler_metrics_value"}`, orders.Everybody())
}

// write writes series into the real server, as the remote write protocol has it.
func write(t *testing.T, client *http.Client, server string, all ...promrange.Series) {
	field := func(number byte, data []byte) []byte {
		return append(binary.AppendUvarint([]byte{number<<3 | 2}, uint64(len(data))), data...)
	}
	var message []byte
	for _, s := range all {
		var fields []byte
		for _, name := range slices.Sorted(maps.Keys(s.Labels)) {
			fields = append(fields, field(1, append(field(1, []byte(name)), field(2, []byte(s.Labels[name]))...))...)
		}
		for _, p := range s.Points {
			sample := binary.LittleEndian.AppendUint64([]byte{1<<3 | 1}, math.Float64bits(p.Value))
			fields = append(fields, field(2, binary.AppendUvarint(append(sample, 2<<3), uint64(p.Time.UnixMilli())))...)
		}
		message = append(message, field(1, fields)...)
	}
	body := binary.AppendUvarint(nil, uint64(len(message))) // Snappy, without compressing
	for chunk := range slices.Chunk(message, 60) {
		body = append(append(body, byte(len(chunk)-1)<<2), chunk...)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server+"/api/v1/write", bytes.NewReader(body))
	require.NoError(t, err)
	r.SetBasicAuth("scalerkit", "scalerkit-test")
	r.Header.Set("Content-Encoding", "snappy")
	response, err := client.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusNoContent, response.StatusCode, string(text))
}

func TestRoundsOfARealServer(t *testing.T) {
	address := os.Getenv("SCALERKIT_TEST_PROMETHEUS")
	if address == "" {
		t.Skip("SCALERKIT_TEST_PROMETHEUS is not set: run make test")
	}
	ca, err := os.ReadFile(os.Getenv("SCALERKIT_TEST_PROMETHEUS_CA"))
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(ca))
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
	defer client.CloseIdleConnections()

	// Ten minutes ago, as remote write takes it, with a label of this run's own.
	begin := time.Now().Add(-10 * time.Minute).Truncate(step).UTC()
	run := fmt.Sprint(time.Now().UnixNano())
	namespace := "namespace=keda exported_namespace=prod run=" + run + " "
	late := func(s promrange.Series) promrange.Series {
		for i := range s.Points {
			s.Points[i].Time = s.Points[i].Time.Add(begin.Sub(noon))
		}
		return s
	}
	stale := math.Float64frombits(0x7ff0000000000002) // what a scrape leaves of a pod that is gone
	write(t, client, address,
		late(series(value+namespace+"pod=a", 0, 5, 6, 7, stale)), late(series(value+namespace+"pod=b", 4, 9, math.NaN(), 3)),
		late(series(failures+namespace+"pod=a", 0, 0, 0, 1, stale)),
		late(series(value+namespace+"scaledObject=returns", 0, 1)),
		late(series(replicas+namespace, 0, 1, 1, 2, 2, 2, 2, 2)), late(series(ready+namespace, 0, 0, 1, 1, 1, 2, 2, 2)),
	)
	s := promrange.Server{URL: address, Access: httpsource.Access{
		Modes: []string{httpsource.ModeBasic}, Username: "scalerkit", Password: scalerkit.NewSecret("scalerkit-test"), TLS: driver.TLS{CA: string(ca)},
	}}
	w := orders
	w.Namespace, w.Where = "prod", map[string]string{"run": run}
	window := promrange.Window{From: begin, To: begin.Add(6 * step), Step: step}
	found, err := s.Query(t.Context(), w.Query(), window)
	require.NoError(t, err)
	rounds, _, err := w.Rounds(found)
	require.NoError(t, err)
	for i := range rounds {
		rounds[i].Time = rounds[i].Time.Add(noon.Sub(begin))
	}
	require.Equal(t, "0: 5 / 1 (0), 1: 6 / 1 (1), 2: KEDA counted an error / 2 (1), 4: 9 / 2 (2), 5: KEDA told NaN / 2 (2), 6: 3 / 2 (2)", told(rounds))

	w.ScaledObject = "order"
	found, err = s.Query(t.Context(), w.Everybody(), window)
	require.NoError(t, err)
	_, _, err = w.Rounds(found)
	require.EqualError(t, err, "there are no readings of KEDA's for ScaledObject prod/order: there is prod/orders, prod/returns")
}
