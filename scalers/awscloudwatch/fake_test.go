package awscloudwatch_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"

	"github.com/scalerkit/scalerkit/internal/aws/awsfake"
)

const (
	keyID     = "AKIASCALERKIT"
	secretKey = "scalerkit-test-secret"
)

// A point is a data point at the beginning of its period.
type point struct {
	at    time.Time
	value float64
}

// A seen is a query as the fake was asked it.
type seen struct {
	namespace, metric, dimensions, stat, unit, expression, account string
	period                                                         int64
}

// name is what the fake has data under: the expression, or else the metric
// with its dimensions.
func (q seen) name() string {
	return q.expression + q.namespace + "/" + q.metric + "{" + q.dimensions + "}"
}

// A request is a call of GetMetricData.
type request struct {
	start, end time.Time
	token      string
	queries    []seen
}

// A fake is an in-process CloudWatch that speaks Smithy's RPC protocol in CBOR
// and knows GetMetricData.
type fake struct {
	*httptest.Server
	keys awsfake.Keys

	mu       sync.Mutex
	data     map[string][]point
	requests []request

	// edit changes a result, or returns several or none, if it is not nil.
	edit func(query seen, result cbor.Map) []cbor.Map
	// refuse returns why a call is refused as a whole, if it is not nil.
	refuse func(request) *awsfake.Refusal
	// page is how many results there are in a page, all if it is 0.
	page int
}

func newFake(tb testing.TB) *fake {
	f := &fake{data: make(map[string][]point)}
	f.keys.Add(awsfake.Key{ID: keyID, Secret: secretKey})
	f.Server = httptest.NewServer(f)
	tb.Cleanup(f.Close)
	return f
}

// set makes the points all the data of a name, the newest first.
func (f *fake) set(name string, points ...point) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.data[name] = points
}

// asked returns the calls since the last time.
func (f *fake) asked() []request {
	f.mu.Lock()
	defer f.mu.Unlock()
	requests := f.requests
	f.requests = nil
	return requests
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the connection broke
	}
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	w.Header().Set("Content-Type", "application/cbor")
	if _, refusal := f.keys.Check(r, body, "monitoring"); refusal != nil {
		fail(w, refusal)
		return
	}
	in, err := cbor.Decode(body)
	if err != nil || r.URL.Path != "/service/GraniteServiceVersion20100801/operation/GetMetricData" {
		fail(w, &awsfake.Refusal{Code: "InvalidAction", Message: "the fake only knows GetMetricData in CBOR"})
		return
	}
	f.mu.Lock()
	out, refusal := f.getMetricData(in.(cbor.Map))
	f.mu.Unlock()
	if refusal != nil {
		fail(w, refusal)
		return
	}
	_, _ = w.Write(cbor.Encode(out))
}

func fail(w http.ResponseWriter, r *awsfake.Refusal) {
	w.WriteHeader(http.StatusBadRequest)
	_, _ = w.Write(cbor.Encode(cbor.Map{"__type": cbor.String("com.amazonaws.cloudwatch#" + r.Code), "message": cbor.String(r.Message)}))
}

func (f *fake) getMetricData(in cbor.Map) (cbor.Map, *awsfake.Refusal) {
	what := request{start: timeOf(in["StartTime"]), end: timeOf(in["EndTime"]), token: textOf(in["NextToken"])}
	var ids []string
	for _, q := range in["MetricDataQueries"].(cbor.List) {
		q := q.(cbor.Map)
		ids = append(ids, textOf(q["Id"]))
		what.queries = append(what.queries, seenOf(q))
	}
	f.requests = append(f.requests, what)
	if refusal := f.fault(what, ids, in); refusal != nil {
		return nil, refusal
	}
	results := cbor.List{}
	for i, q := range what.queries {
		result := f.result(ids[i], q, what)
		if f.edit == nil {
			results = append(results, result)
			continue
		}
		for _, r := range f.edit(q, result) {
			results = append(results, r)
		}
	}
	out := cbor.Map{"MetricDataResults": results, "Messages": cbor.List{}}
	if f.page > 0 {
		first := len(what.token) // a token has as many letters as results came before
		last := min(first+f.page, len(results))
		out["MetricDataResults"] = results[first:last]
		if last < len(results) {
			out["NextToken"] = cbor.String(strings.Repeat("x", last))
		}
	}
	return out, nil
}

// fault returns why the service would refuse a call.
func (f *fake) fault(what request, ids []string, in cbor.Map) *awsfake.Refusal {
	ids = slices.Sorted(slices.Values(ids))
	switch {
	case len(ids) > 500:
		return &awsfake.Refusal{Code: "ValidationError", Message: "The collection MetricDataQueries must not have a size greater than 500."}
	case len(slices.Compact(ids)) < len(what.queries):
		return &awsfake.Refusal{Code: "ValidationError", Message: "The values for parameter id in MetricDataQueries are not unique."}
	case !what.start.Before(what.end):
		return &awsfake.Refusal{Code: "ValidationError", Message: "The parameter StartTime must be less than the parameter EndTime."}
	case textOf(in["ScanBy"]) != "TimestampDescending":
		return &awsfake.Refusal{Code: "ValidationError", Message: "The fake only scans by descending time."}
	case f.refuse != nil:
		return f.refuse(what)
	}
	return nil
}

func (f *fake) result(id string, q seen, what request) cbor.Map {
	times, values := cbor.List{}, cbor.List{}
	for _, p := range f.data[q.name()] {
		if !p.at.Before(what.start) && p.at.Before(what.end) {
			times = append(times, &cbor.Tag{ID: 1, Value: cbor.Float64(p.at.Unix())})
			values = append(values, cbor.Float64(p.value))
		}
	}
	return cbor.Map{"Id": cbor.String(id), "Label": cbor.String(q.metric), "StatusCode": cbor.String("Complete"), "Timestamps": times, "Values": values}
}

func seenOf(q cbor.Map) seen {
	s := seen{expression: textOf(q["Expression"]), account: textOf(q["AccountId"]), period: numberOf(q["Period"])}
	stat, ok := q["MetricStat"].(cbor.Map)
	if !ok {
		return s
	}
	metric := stat["Metric"].(cbor.Map)
	s.namespace, s.metric = textOf(metric["Namespace"]), textOf(metric["MetricName"])
	s.stat, s.unit, s.period = textOf(stat["Stat"]), textOf(stat["Unit"]), numberOf(stat["Period"])
	var dimensions []string
	given, _ := metric["Dimensions"].(cbor.List) // a metric may have none
	for _, d := range given {
		d := d.(cbor.Map)
		dimensions = append(dimensions, textOf(d["Name"])+"="+textOf(d["Value"]))
	}
	s.dimensions = strings.Join(dimensions, ",")
	return s
}

func textOf(v cbor.Value) string {
	text, _ := v.(cbor.String)
	return string(text)
}

func numberOf(v cbor.Value) int64 {
	n, _ := v.(cbor.Uint)
	return int64(n)
}

func timeOf(v cbor.Value) time.Time {
	switch v := v.(*cbor.Tag).Value.(type) {
	case cbor.Float64:
		return time.Unix(int64(v), 0)
	case cbor.Uint:
		return time.Unix(int64(v), 0)
	}
	return time.Time{}
}
