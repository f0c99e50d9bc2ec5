package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/autoscale/simulate"
)

// matrix is the answer of a Prometheus with series by their labels, in JSON.
func matrix(series ...string) string {
	return `{"status":"success","data":{"resultType":"matrix","result":[` + strings.Join(series, ",") + `]}}`
}

// one is a series as a Prometheus answers it: of answers beginning at 12:00, one each
// step.
func one(labels string, step time.Duration, values ...string) string {
	var pairs []string
	for i, v := range values {
		if v != "" {
			at := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC).Add(time.Duration(i) * step)
			pairs = append(pairs, fmt.Sprintf(`[%d,%q]`, at.Unix(), v))
		}
	}
	return `{"metric":{` + labels + `},"values":[` + strings.Join(pairs, ",") + `]}`
}

const (
	valueLabels    = `"__name__":"keda_scaler_metrics_value","namespace":"prod","scaledObject":"orders","scaler":"redisScaler","metric":"s0-redis-orders","triggerIndex":"0"`
	replicasLabels = `"__name__":"kube_deployment_status_replicas","namespace":"prod","deployment":"orders"`
	readyLabels    = `"__name__":"kube_deployment_status_replicas_ready","namespace":"prod","deployment":"orders"`
)

// scraped is a recording as a Prometheus has it that scrapes every 30 seconds.
func scraped(t *testing.T, truth simulate.Result) string {
	type sample struct{ value, replicas, ready string }
	var values, replicas, ready []string
	var last sample
	next := truth.Rounds[0].Input.Now
	for _, r := range truth.Rounds {
		for ; r.Input.Now.After(next); next = next.Add(30 * time.Second) {
			values, replicas, ready = append(values, last.value), append(replicas, last.replicas), append(ready, last.ready)
		}
		last = sample{fmt.Sprint(r.Input.Samples[0].Reading.Value), fmt.Sprint(r.Input.Current), fmt.Sprint(*r.Input.Ready)}
	}
	return matrix(one(valueLabels, 30*time.Second, values...), one(replicasLabels, 30*time.Second, replicas...), one(readyLabels, 30*time.Second, ready...))
}

// fake returns a Prometheus that gives one answer, and what it was asked.
func fake(t *testing.T, answer string) (address string, asked *[]*http.Request) {
	asked = new([]*http.Request)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r)
		if !strings.HasPrefix(answer, "{") {
			w.WriteHeader(http.StatusUnauthorized)
		}
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

// played runs the program and returns its report.
func played(t *testing.T, args ...string) report {
	t.Helper()
	code, stdout, stderr := start(append(args, "-json")...)
	require.Zero(t, code, stderr)
	var r report
	require.NoError(t, json.Unmarshal([]byte(stdout), &r))
	return r
}

func TestWhatKEDAToldIsPlayedAgain(t *testing.T) {
	t.Chdir(t.TempDir())
	const kafkaTrigger = "  - {type: kafka, metadata: {bootstrapServers: 'kafka:9092', topic: orders, consumerGroup: orders, lagThreshold: '10'}}\n"
	require.NoError(t, os.WriteFile("policy.yaml", []byte(object(kafkaTrigger)), 0o600))
	_, truth := recorded(t, true)
	answer := scraped(t, truth)
	address, asked := fake(t, answer)
	args := []string{"-policy", "policy.yaml"}
	r := played(t, append(args, "-prometheus", address, "-since", "2026-01-31T12:00:00Z", "-until", "2026-01-31T14:00:00Z")...)
	require.InEpsilon(t, truth.Arrived, r.Load.Messages, 0.15)
	require.Equal(t, time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC), r.Load.Start)
	require.Equal(t, address, r.Load.File)
	require.Equal(t, "Readings are what KEDA told of ScaledObject prod/orders, metric s0-redis-orders (redisScaler).", r.Load.Notes[0])
	require.Regexp(t, `^The service rate is an estimate: 0\.\d+ a second for each replica, seen while the queue became shorter`, r.Load.Notes[1])
	require.Equal(t, "What arrived is an estimate, from what waited or was worked on, and as sure as the service rate.", r.Load.Notes[2])
	require.Len(t, r.Load.Notes, 3)
	require.Len(t, r.Results, 3)
	require.Len(t, *asked, 1)
	require.Equal(t, "1769860800", (*asked)[0].URL.Query().Get("start"))
	require.Equal(t, "30", (*asked)[0].URL.Query().Get("step"))
	require.Contains(t, (*asked)[0].URL.Query().Get("query"), `deployment="orders"`)

	require.NoError(t, os.WriteFile("answer.json", []byte(answer), 0o600))
	saved := played(t, append(args, "-prometheus", "answer.json")...)
	require.Equal(t, r.Results, saved.Results)
}

func TestAnswersMayBeInSeveralFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("policy.yaml", []byte(object(redisTrigger)), 0o600))
	require.NoError(t, os.WriteFile("values.json", []byte(matrix(one(valueLabels, time.Minute, "100", "100", "NaN", "100", "40"))), 0o600))
	require.NoError(t, os.WriteFile("replicas.json", []byte(matrix(one(replicasLabels, time.Minute, "1", "1", "1", "1", "1"))), 0o600))
	r := played(t, "-policy", "policy.yaml", "-rate", "2", "-prometheus", "values.json", "-prometheus", "replicas.json")
	require.Equal(t, 100+120+240+60.0, r.Load.Messages)
	require.Equal(t, []string{
		"Readings are what KEDA told of ScaledObject prod/orders, metric s0-redis-orders (redisScaler).",
		"How many replicas were ready is not known: all count.",
		"1 of 5 readings are left out: KEDA told NaN then.",
	}, r.Load.Notes[:3])
}

func TestAQueryForWhatArrived(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("policy.yaml", []byte(object(redisTrigger)), 0o600))
	answer := matrix(one("", 5*time.Minute, "", "60", "90", "0"))
	address, asked := fake(t, answer)
	const query = "sum(increase(orders_total[5m]))"
	r := played(t, "-policy", "policy.yaml", "-prometheus", address, "-query", query, "-every", "5m", "-since", "2026-01-31 12:00:00", "-until", "2026-01-31 13:00:00")
	require.Equal(t, query, (*asked)[0].URL.Query().Get("query"))
	first, err := strconv.Atoi((*asked)[0].URL.Query().Get("start"))
	require.NoError(t, err)
	require.Equal(t, int64(first), time.Date(2026, 1, 31, 12, 5, 0, 0, time.UTC).Unix(), "the first step ends then")
	require.Equal(t, loadInfo{
		File: address, Start: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC), Steps: 3, Step: 300, Messages: 150, Busy: 150.0 / 900, MostBusy: 0.3,
		Notes: []string{
			`What arrived in each step is the result of the query "sum(increase(orders_total[5m]))".`,
			"There is nothing but from 2026-01-31 12:00:00 to 2026-01-31 12:15:00 UTC, of 2026-01-31 12:00:00 to 2026-01-31 13:00:00 that were asked about.",
		},
	}, r.Load)

	require.NoError(t, os.WriteFile("load.json", []byte(answer), 0o600))
	saved := played(t, "-policy", "policy.yaml", "-load", "load.json")
	require.Equal(t, r.Results, saved.Results)
}

func TestCredentialsGoToPrometheusAndNowhereElse(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("policy.yaml", []byte(object(redisTrigger)), 0o600))
	require.NoError(t, os.WriteFile("secret", []byte("hunter2\n"), 0o600))
	address, asked := fake(t, "not you, hunter2")
	in := strings.Replace(address, "http://", "http://ann:hunter2@", 1)
	for name, c := range map[string]struct {
		args []string
		env  [2]string
		want string
	}{
		"a token in a file":        {args: []string{"-prometheus", address, "-token-file", "secret"}, want: "Bearer hunter2"},
		"a token in a variable":    {args: []string{"-prometheus", address}, env: [2]string{"PROMETHEUS_TOKEN", "hunter2"}, want: "Bearer hunter2"},
		"a password in a file":     {args: []string{"-prometheus", address, "-user", "ann", "-password-file", "secret"}, want: "Basic YW5uOmh1bnRlcjI="},
		"a password in a variable": {args: []string{"-prometheus", address, "-user", "ann"}, env: [2]string{"PROMETHEUS_PASSWORD", "hunter2"}, want: "Basic YW5uOmh1bnRlcjI="},
		"a password in the URL":    {args: []string{"-prometheus", in}, want: "Basic YW5uOmh1bnRlcjI="},
	} {
		t.Run(name, func(t *testing.T) {
			if c.env[0] != "" {
				t.Setenv(c.env[0], c.env[1])
			}
			code, stdout, stderr := start(append([]string{"-policy", "policy.yaml", "-header", "X-Scope-OrgID=tenant"}, c.args...)...)
			require.Equal(t, 1, code)
			require.Empty(t, stdout)
			last := (*asked)[len(*asked)-1]
			require.Equal(t, c.want, last.Header.Get("Authorization"))
			require.Equal(t, "tenant", last.Header.Get("X-Scope-OrgID"))
			require.NotContains(t, stderr, "hunter2")
			require.Contains(t, stderr, ": GET "+address+"/api/v1/query_range: access denied: 401 Unauthorized: not you, [redacted]\n")
			require.Equal(t, 1, strings.Count(stderr, "\n"))
		})
	}
}

func TestWhatAPrometheusHasIsNotGuessed(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("answer.json", []byte(matrix()), 0o600))
	require.NoError(t, os.WriteFile("secret", []byte("\n"), 0o600))
	address, _ := fake(t, matrix(one(valueLabels, time.Minute, "1"), one(strings.Replace(valueLabels, `"orders"`, `"returns"`, 1), time.Minute, "1")))
	unknown, _ := fake(t, matrix(one(strings.Replace(valueLabels, `"orders"`, `"returns"`, 1), time.Minute, "1")))
	several, _ := fake(t, matrix(one(`"a":"b"`, time.Minute, "1", "2"), one("", time.Minute, "1", "2")))
	nothing, _ := fake(t, matrix())
	single, _ := fake(t, matrix(one("", time.Minute, "1")))
	negative, _ := fake(t, matrix(one("", time.Minute, "1", "NaN")))
	gap, _ := fake(t, matrix(one("", time.Minute, "1", "2", "", "4")))
	uneven, _ := fake(t, matrix(one("", 30*time.Second, "1", "", "", "4")))
	few, _ := fake(t, matrix(one(valueLabels, time.Minute, "1", "NaN", "NaN"), one(replicasLabels, time.Minute, "1", "1", "1")))
	count := func(address string, args ...string) []string {
		return append([]string{"-prometheus", address, "-query", "a", "-every", "1m"}, args...)
	}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"two loads":                  {[]string{"-load", "a.csv", "-prometheus", address}, "-load and -prometheus: choose one"},
		"two addresses":              {[]string{"-prometheus", address, "-prometheus", "answer.json"}, "-prometheus takes one address, or files"},
		"a flag for an address":      {[]string{"-prometheus", "answer.json", "-since", "7d"}, "-since is for an address, and -prometheus answer.json is none: a saved answer has been asked for already"},
		"an address without scheme":  {[]string{"-prometheus", "localhost:9090"}, "localhost:9090: open localhost:9090: no such file or directory"},
		"no Prometheus":              {[]string{"-load", "a.csv", "-where", "a=b"}, "-where is for -prometheus"},
		"a label without value":      {[]string{"-prometheus", address, "-where", "a"}, `invalid value "a" for flag -where: want a label, =, and its value (-help lists the flags)`},
		"a header without value":     {[]string{"-prometheus", address, "-header", "hunter2"}, "-header: want a name, =, and a value"},
		"a time":                     {[]string{"-prometheus", address, "-since", "monday"}, `-since "monday": want how long ago, as 7d or 12h, or a time, as 2026-01-31T12:00:00Z`},
		"times the wrong way round":  {[]string{"-prometheus", address, "-since", "1d", "-until", "1w"}, "-since 1d is not before -until 1w"},
		"very many steps":            {[]string{"-prometheus", address, "-since", "2026-01-01", "-until", "2026-02-01", "-every", "1s"}, address + ": from 2026-01-01T00:00:00Z to 2026-02-01T00:00:00Z there are more than 1000000 steps of 1s"},
		"a step of nothing":          {[]string{"-prometheus", address, "-every", "0s"}, "-every 0s: want 1s to 24h0m0s"},
		"two ways":                   {[]string{"-prometheus", address, "-user", "a", "-token-file", "b"}, "-user, -token-file and a name in the address are ways to authenticate: choose one"},
		"nobody's password":          {[]string{"-prometheus", address, "-password-file", "b"}, "-password-file needs a -user"},
		"no password":                {[]string{"-prometheus", address, "-user", "a"}, "-user needs a password, in -password-file or $PROMETHEUS_PASSWORD"},
		"an empty file":              {[]string{"-prometheus", address, "-token-file", "secret"}, "-token-file secret: it is empty"},
		"no file":                    {[]string{"-prometheus", address, "-ca-file", "ca.pem"}, "-ca-file: open ca.pem: no such file or directory"},
		"messages counted 10 times":  {[]string{"-prometheus", address, "-query", "sum(increase(a[5m]))"}, "-query counts what arrived in [5m], every 30s: let -every be the same"},
		"a workload of a query":      {count(address, "-busy", "1"), address + ": -workload, -reading and -busy are for what KEDA told, and -query is for what arrived"},
		"several series":             {count(several), several + ": the query results in 2 series: make one of them, with sum(), say"},
		"no series":                  {count(nothing), nothing + ": the query has no result"},
		"one value":                  {count(single), single + ": the query results in one value, and it takes 2"},
		"no number":                  {count(negative), negative + ": at 2026-01-31T12:01:00Z the result is NaN: want a number of at least 0"},
		"a gap":                      {count(gap), gap + ": 2026-01-31T12:03:00Z is 2m0s after the value before, and others are 1m0s apart: fill the gap with -gaps zero or repeat"},
		"another step":               {count(uneven), uneven + ": 2026-01-31T12:01:30Z is 1m30s after the value before, and others are 1m0s apart"},
		"no replicas":                {[]string{"-prometheus", address}, address + ": there is no kube_deployment_status_replicas of deployment prod/orders, which kube-state-metrics tells"},
		"another ScaledObject":       {[]string{"-prometheus", unknown}, unknown + ": there are no readings of KEDA's for ScaledObject orders: there is prod/returns"},
		"another trigger":            {[]string{"-prometheus", address, "-reading", "day"}, address + ": there are no readings of day of ScaledObject prod/orders: there is metric s0-redis-orders (redisScaler)"},
		"a workload without a slash": {[]string{"-prometheus", address, "-workload", "orders"}, address + ": -workload orders: want namespace/name of a ScaledObject"},
		"few readings": {[]string{"-prometheus", few}, few + ": there are 1 readings, and it takes 3: Readings are what KEDA told of ScaledObject prod/orders, metric s0-redis-orders (redisScaler). " +
			"How many replicas were ready is not known: all count. 2 of 3 readings are left out: KEDA told NaN then."},
		"an empty answer": {[]string{"-prometheus", "answer.json"}, "answer.json: there are no readings of KEDA's for ScaledObject orders: there is no keda_scaler_metrics_value nor keda_metrics_adapter_scaler_metrics_value at all"},
		"one of two files": {[]string{"-prometheus", "answer.json", "-prometheus", "secret"},
			"answer.json, secret: secret: this is not the JSON of a whole answer: unexpected end of JSON input"},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, os.WriteFile("policy.yaml", []byte(object(redisTrigger)), 0o600))
			code, stdout, stderr := start(append([]string{"-policy", "policy.yaml"}, c.args...)...)
			require.NotZero(t, code)
			require.Empty(t, stdout)
			require.Equal(t, "replay: "+c.want+"\n", stderr)
		})
	}
}

func TestGapsInWhatArrivedAreFilled(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("load.json", []byte(matrix(one("", time.Minute, "1", "2", "", "4"))), 0o600))
	for gaps, want := range map[string][]float64{"zero": {1, 2, 0, 4}, "repeat": {1, 2, 2, 4}} {
		cfg, err := parse([]string{"-policy", "policy.yaml", "-load", "load.json", "-gaps", gaps})
		require.NoError(t, err)
		l, err := readLoad(t.Context(), &cfg, nil)
		require.NoError(t, err)
		require.Equal(t, want, l.series.Messages)
	}
}
