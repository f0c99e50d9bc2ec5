package metricsapi_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/metricsapi"
)

type values = map[string]string

func answering(t *testing.T, answer http.HandlerFunc) string {
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	return s.URL
}

func open(t *testing.T, lookup metricsapi.Lookup, metadata values) scalerkit.Scaler {
	metadata["targetValue"] = "5"
	s, err := metricsapi.Driver(lookup).Open(scalerkit.Spec{Name: "orders", Metadata: metadata}, scalerkit.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

const exposition = `# HELP queue_length Messages.
# TYPE queue_length gauge
queue_length{name="a",zone="x"} 7 1700000000000
queue_length{ name = "b \"q\"" , zone="y", }	1e3
queue_length_total 3
 latency_bucket{le="+Inf"} 12 # {trace="1"} 0.5
latency_count 13
broken{name=x} 1
nan NaN
text many
negative -1
`

func TestWhereTheNumberIs(t *testing.T) {
	const object = `{"queues":[{"name":"a","length":7},{"name":"b","length":"1500m"}],"up":true,"none":null,"big":1e30,"negative":-1,"text":"many"}`
	const document = "queues:\n- length: 7\n  max: 2Ki\n- length: .inf\nup: true\nfloat: 1.5\n1: 2\nname: {a: 18446744073709551615}\n"
	const elements = `<?xml version="1.0"?><root><queue size="3"><name>a</name><length> 7 </length></queue><queue size="x"><length>8</length></queue><up>true</up></root>`
	notThere := "not found: there is no such thing"
	for _, c := range []struct {
		format, body, location string
		value                  float64
		note, err              string
	}{
		{"json", object, "queues.0.length", 7, "", ""},
		{"json", object, `queues.#(name=="b").length`, 1.5, "", ""},
		{"json", object, "queues.#", 2, "", ""},
		{"json", object, "big", 1e30, "", ""},
		{"json", object, "queues.2.length", 0, "", notThere},
		{"json", object, "up", 0, "", "is no number but True"},
		{"json", object, "none", 0, "", "is no number but Null"},
		{"json", object, "queues.0", 0, "", "is no number but JSON"},
		{"json", object, "text", 0, "", "is no number, nor a quantity such as 1500m or 2Ki"},
		{"json", object, "negative", 0, "", "is -1, which is not a finite number of at least 0"},
		{"json", object[:len(object)-1], "queues.0.length", 0, "", "it is not JSON"},

		{"yaml", document, "queues.0.length", 7, "", ""},
		{"yaml", document, "queues.0.max", 2048, "", ""},
		{"yaml", document, "float", 1.5, "", ""},
		{"yaml", document, "name.a", 18446744073709551615, "", ""},
		{"yaml", document, "1", 2, "", ""},
		{"yaml", document, "queues.2.length", 0, "", notThere},
		{"yaml", document, "queues.x.length", 0, "", notThere},
		{"yaml", document, "float.more", 0, "", notThere},
		{"yaml", document, "up", 0, "", "is no number but a bool"},
		{"yaml", document, "queues", 0, "", "is no number but a []interface {}"},
		{"yaml", "a: b: c", "a", 0, "", "it is not YAML"},

		{"xml", elements, "root.queue.length", 7, "", ""},
		{"xml", elements, "queue.length", 7, "", ""},
		{"xml", elements, "queue.@size", 3, "", ""},
		{"xml", "<length>7</length>", "length", 7, "", ""},
		{"xml", elements, "queue.width", 0, "", notThere},
		{"xml", elements, "queue.@length", 0, "", notThere},
		{"xml", elements, "up", 0, "", "is no number, nor a quantity such as 1500m or 2Ki"},
		{"xml", elements[:len(elements)-7], "queue.length", 0, "", "it is not XML"},

		{"prometheus", exposition, "queue_length", 7, "2 samples match, of which the first counts", ""},
		{"prometheus", exposition, `queue_length{name="a"}`, 7, "", ""},
		{"prometheus", exposition, `queue_length{name="b \"q\""}`, 1000, "", ""},
		{"prometheus", exposition, `queue_length{name!="a", zone=~"x|y"}`, 1000, "", ""},
		{"prometheus", exposition, `queue_length{zone!~"x.*"}`, 1000, "", ""},
		{"prometheus", exposition, `queue_length{zone=~"x|",other=""}`, 7, "", ""},
		{"prometheus", exposition, `latency_bucket{le="+Inf"}`, 12, "", ""},
		{"prometheus", exposition, "latency_count", 13, "", ""},
		{"prometheus", exposition, "queue", 0, "", notThere},
		{"prometheus", exposition, `queue_length{zone="z"}`, 0, "", notThere},
		{"prometheus", exposition, "broken", 0, "", "a sample of broken cannot be read: the value of name is not in quotes"},
		{"prometheus", exposition, "text", 0, "", "is no number"},
		{"prometheus", exposition, "negative", 0, "", "is -1, which is not a finite number of at least 0"},
		{"prometheus", exposition, "nan", 0, "", "is NaN, which is not a finite number of at least 0"},
		{"yaml", document, "queues.1.length", 0, "", "is +Inf, which is not a finite number of at least 0"},
		{"prometheus", "<html>", "queue_length", 0, "", notThere},
	} {
		t.Run(c.format+" "+c.location, func(t *testing.T) {
			server := answering(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, c.body) })
			reading, err := open(t, nil, values{"url": server, "format": c.format, "valueLocation": c.location}).Read(t.Context())
			if c.err != "" {
				quoted := strings.NewReplacer(`"`, `\"`).Replace(c.location)
				require.EqualError(t, err, `read metrics: "`+quoted+`" in the answer: `+c.err)
				require.Equal(t, c.err == notThere, errors.Is(err, scalerkit.ErrNotFound))
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.value, reading.Value)
			require.Equal(t, c.note, reading.Note)
		})
	}
}

// Kubernetes' own forms of a quantity.
func TestQuantities(t *testing.T) {
	for text, want := range map[string]float64{
		"0": 0, "+1.5": 1.5, ".5": 0.5, "5.": 5, "100n": 1e-7, "100u": 1e-4, "1500m": 1.5, "2k": 2e3, "2M": 2e6, "2G": 2e9, "2T": 2e12, "2P": 2e15, "2E": 2e18,
		"2Ki": 1 << 11, "2Mi": 1 << 21, "2Gi": 1 << 31, "2Ti": 1 << 41, "2Pi": 1 << 51, "2Ei": 1 << 61, "0.5Ki": 512, "12e3": 12e3, "12E-1": 1.2,
		"": -1, "k": -1, "1K": -1, "1ki": -1, "1 k": -1, "1e": -1, "1mm": -1, "0x10": -1, "NaN": -1, "Inf": -1, "1_000": -1, "1e999": -1,
	} {
		server := answering(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `"`+text+`"`) })
		reading, err := open(t, nil, values{"url": server, "valueLocation": "@this"}).Read(t.Context())
		if want < 0 {
			require.Error(t, err, text)
			continue
		}
		require.NoError(t, err, text)
		require.InEpsilon(t, want+1, reading.Value+1, 1e-12, text)
	}
}

func TestTriggersOnOneURLShareItsAnswer(t *testing.T) {
	var asked atomic.Int64
	server := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = io.WriteString(w, `{"a":1,"b":2}`)
	})
	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	var scalers []scalerkit.Scaler
	for _, location := range []string{"a", "b", "c"} {
		s, err := metricsapi.New(metricsapi.Config{URL: server, Location: location, Target: 1}, options)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		scalers = append(scalers, s)
	}
	require.Equal(t, "metric-api-a", scalers[0].Metric().Name)
	results := scalerkit.ReadAll(t.Context(), scalers...)
	require.Equal(t, []float64{1, 2}, []float64{results[0].Reading.Value, results[1].Reading.Value})
	require.ErrorIs(t, results[2].Err, scalerkit.ErrNotFound)
	require.EqualValues(t, 1, asked.Load())
}

func TestAllEndpointsOfAService(t *testing.T) {
	var addresses []string
	for _, n := range []string{"1", "2", "6"} {
		server := answering(t, func(w http.ResponseWriter, r *http.Request) {
			if r.RequestURI != "/metrics?a=b" {
				w.WriteHeader(http.StatusNotFound)
			}
			_, _ = io.WriteString(w, n)
		})
		addresses = append(addresses, strings.TrimPrefix(server, "http://"))
	}
	down := answering(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	down = strings.TrimPrefix(down, "http://")
	for _, c := range []struct {
		aggregation string
		addresses   []string
		want        float64
		err         string
	}{
		{"", addresses, 3, ""},
		{"average", addresses, 3, ""},
		{"sum", slices.Concat(addresses, addresses), 9, ""}, // each counts once
		{"max", addresses, 6, ""},
		{"min", addresses, 1, ""},
		{"sum", slices.Concat(addresses, []string{down}), 0, "read metrics: one of 4 endpoints: GET http://" + down + "/metrics: 500 Internal Server Error"},
		{"sum", nil, 0, "read metrics: no endpoint of Service orders in namespace shop is ready"},
	} {
		lookup := func(_ context.Context, namespace, service string, port int) ([]string, error) {
			require.Equal(t, []any{"shop", "orders", 8080}, []any{namespace, service, port})
			return c.addresses, nil
		}
		metadata := values{"url": "http://orders.shop:8080/metrics?a=b", "valueLocation": "@this", "aggregateFromKubeServiceEndpoints": "true"}
		if c.aggregation != "" {
			metadata["aggregationType"] = c.aggregation
		}
		reading, err := open(t, lookup, metadata).Read(t.Context())
		if c.err != "" {
			require.EqualError(t, err, c.err)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, c.want, reading.Value, c.aggregation)
	}
	fails := func(context.Context, string, string, int) ([]string, error) { return nil, errors.New("no cluster") }
	_, err := open(t, fails, values{"url": "https://orders.shop.svc", "valueLocation": "a", "aggregateFromKubeServiceEndpoints": "true"}).Read(t.Context())
	require.EqualError(t, err, "read metrics: look up the endpoints of Service orders in namespace shop: no cluster")
}

func TestMistakesAreNamed(t *testing.T) {
	const trigger = `metrics-api trigger "orders": `
	lookup := func(context.Context, string, string, int) ([]string, error) { return nil, nil }
	for want, c := range map[string]struct {
		lookup   metricsapi.Lookup
		metadata values
	}{
		trigger + "url: is not a URL: want http:// or https://, and a host":                                                                     {nil, values{"url": "orders:8080"}},
		trigger + "aggregateFromKubeServiceEndpoints: does not go with this program, which cannot look up the endpoints of a Service":           {nil, values{"aggregateFromKubeServiceEndpoints": "true"}},
		trigger + "url: does not name a Service and its namespace, such as http://orders.shop:8080/metrics":                                     {lookup, values{"aggregateFromKubeServiceEndpoints": "true", "url": "http://10.0.0.1:8080"}},
		trigger + `format: "jsn" is not one of json, yaml, xml, prometheus; did you mean "json"?`:                                               {nil, values{"format": "jsn"}},
		trigger + `valueLocation: is not a selector such as queue_length{name="orders"}: the value of name is not in quotes`:                    {nil, values{"format": "prometheus", "valueLocation": "a{name=b}"}},
		trigger + `valueLocation: is not a selector such as queue_length{name="orders"}: its labels are not such as name="value"`:               {nil, values{"format": "prometheus", "valueLocation": `a{name="b"`}},
		trigger + `valueLocation: is not a selector such as queue_length{name="orders"}: it has no name`:                                        {nil, values{"format": "prometheus", "valueLocation": `{name="b"}`}},
		trigger + `valueLocation: is not a selector such as queue_length{name="orders"}: there is "> 1" behind it`:                              {nil, values{"format": "prometheus", "valueLocation": `a{name="b"} > 1`}},
		trigger + "valueLocation: is not a selector such as queue_length{name=\"orders\"}: error parsing regexp: missing closing ): `^(?s:()$`": {nil, values{"format": "prometheus", "valueLocation": `a{name=~"("}`}},
	} {
		metadata := values{"url": "http://orders.shop", "valueLocation": "a", "targetValue": "1"}
		for key, value := range c.metadata {
			metadata[key] = value
		}
		_, err := metricsapi.Driver(c.lookup).Open(scalerkit.Spec{Name: "orders", Metadata: metadata}, scalerkit.Options{})
		require.EqualError(t, err, want)
	}
}
