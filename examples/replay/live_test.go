package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/examples/replay/internal/shadow"
)

// An apiServer is a fake one, which is only to be read.
type apiServer struct {
	t   *testing.T
	url string

	mu       sync.Mutex
	answers  map[string]string // by path; those that begin with ! are refused
	asked    map[string]int
	selector string
}

const (
	objectPath = "/apis/keda.sh/v1alpha1/namespaces/prod/scaledobjects/orders"
	scalePath  = "/apis/apps/v1/namespaces/prod/deployments/worker/scale"
	hpaPath    = "/apis/autoscaling/v2/namespaces/prod/horizontalpodautoscalers/keda-hpa-orders"
	metricPath = "/apis/external.metrics.k8s.io/v1beta1/namespaces/prod/s0-redis-orders"
	secretPath = "/api/v1/namespaces/prod/secrets/redis"
)

// watched is a ScaledObject as a cluster has it.
func watched(trigger, status string) string {
	return `{"apiVersion":"keda.sh/v1alpha1","kind":"ScaledObject","metadata":{"name":"orders","namespace":"prod"},"spec":{"scaleTargetRef":{"name":"worker"},"cooldownPeriod":60,"pollingInterval":10,"triggers":[` +
		trigger + `]},"status":{` + status + `}}`
}

const (
	liveTrigger = `{"type":"redis","metadata":{"address":"redis:6379","listName":"orders","listLength":"10"}}`
	authTrigger = `{"type":"redis","metadata":{"address":"redis:6379","listName":"orders","listLength":"10"},"authenticationRef":{"name":"redis"}}`
	liveStatus  = `"scaleTargetGVKR":{"group":"apps","version":"v1","kind":"Deployment","resource":"deployments"},"externalMetricNames":["s0-redis-orders"],"hpaName":"keda-hpa-orders"`
	liveHPA     = `{"spec":{"metrics":[{"type":"Resource"},{"type":"External","external":{"metric":{"name":"s0-redis-orders"},"target":{"type":"AverageValue","averageValue":"20"}}}]}}`
)

func newAPIServer(t *testing.T) *apiServer {
	s := &apiServer{t: t, asked: make(map[string]int), answers: map[string]string{objectPath: watched(liveTrigger, liveStatus), hpaPath: liveHPA}}
	s.set(1, "0")
	server := httptest.NewTLSServer(s)
	t.Cleanup(server.Close)
	s.url = server.URL
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	require.NoError(t, os.WriteFile("kubeconfig", []byte(`{apiVersion: v1, kind: Config, current-context: a, contexts: [{name: a, context: {cluster: a, user: a, namespace: prod}}, {name: b, context: {cluster: b, user: a}}],
clusters: [{name: a, cluster: {server: "`+s.url+`", certificate-authority-data: `+base64.StdEncoding.EncodeToString(ca)+`}}, {name: b, cluster: {server: "http://127.0.0.1:1"}}], users: [{name: a, user: {token: hunter2}}]}`), 0o600))
	return s
}

// set says how many replicas there are, and what the trigger reads.
func (s *apiServer) set(replicas int, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[scalePath] = fmt.Sprintf(`{"spec":{"replicas":%d},"status":{"replicas":%d}}`, replicas, replicas)
	s.answers[metricPath] = `{"items":[{"metricName":"s0-redis-orders","value":"` + value + `"}]}`
}

func (s *apiServer) answer(path, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[path] = text
}

func (s *apiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Method != http.MethodGet || r.Header.Get("Authorization") != "Bearer hunter2" {
		s.t.Errorf("%s %s with %q", r.Method, r.URL.Path, r.Header.Get("Authorization"))
	}
	s.asked[r.URL.Path]++
	if r.URL.Path == metricPath {
		s.selector = r.URL.Query().Get("labelSelector")
	}
	text, ok := s.answers[r.URL.Path]
	switch refusal, refused := strings.CutPrefix(text, "!"); {
	case !ok:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprintf(w, `{"kind":"Status","message":"%s is not there"}`, r.URL.Path)
	case refused:
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, refusal)
	default:
		_, _ = io.WriteString(w, text)
	}
}

// shadowed runs the program with -live against a time of its own, in which each wait
// calls then.
func shadowed(t *testing.T, then func(round int), args ...string) (code int, stdout, stderr string) {
	t.Helper()
	now, round := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC), 0
	c := clock{now: func() time.Time { return now }, wait: func(_ context.Context, d time.Duration) error {
		round++
		require.Less(t, round, 1000)
		now = now.Add(d)
		if then != nil {
			then(round)
		}
		return nil
	}}
	var out, errs bytes.Buffer
	code = runLive(append([]string{"-live", "-kubeconfig", "kubeconfig"}, args...), c, &out, &errs)
	require.NotContains(t, out.String()+errs.String(), "hunter2")
	return code, out.String(), errs.String()
}

func TestAShadowSaysWhatAPolicyWouldDo(t *testing.T) {
	t.Chdir(t.TempDir())
	s := newAPIServer(t)
	require.NoError(t, os.WriteFile("policy.yaml", []byte(object("  - {type: redis, metadata: {address: 'redis:6379', listName: orders, listLength: '5'}}\n", "  pollingInterval: 10\n  cooldownPeriod: 20\n",
		"  advanced: {horizontalPodAutoscalerConfig: {behavior: {scaleUp: {policies: [{type: Pods, value: 4, periodSeconds: 15}]}}}}\n")), 0o600))
	code, stdout, stderr := shadowed(t, func(round int) {
		switch round {
		case 1:
			s.set(1, "42") // a burst
		case 2:
			s.set(3, "42") // which the cluster is slow to see
		case 3:
			s.answer(metricPath, `!{"kind":"Status","message":"the list cannot\nbe read"}`)
		case 4:
			s.set(3, "0")
		}
	}, "-policy", "policy.yaml", "-for", "1m")
	require.Empty(t, stderr)
	require.Zero(t, code)
	require.Equal(t, `Shadow of prod/orders, for 1m0s or until it is interrupted. Nothing is written to the cluster.
12:00:10 policy.yaml: 1 -> 5
    Metric s0-redis-orders: 1 -> 9: 42 / 5 per replica = 9
    ScaleUpLimit: 9 -> 5: 4 pods in 15s allows 5
12:00:20 cluster: 1 -> 3
12:00:55 policy.yaml: 5 -> 0
    Metric s0-redis-orders: 5 -> 0: 0 / 5 per replica = 0, inactive
    Deactivated: 0 -> 0: inactive for 20s of 20s, and unknown for 15s, which does not count

Shadow of prod/orders from 2026-01-31 12:00:00 to 2026-01-31 12:01:00 UTC, in 8 rounds.
Rounds in which s0-redis-orders could not be read: 1, the last one at 12:00:25: GET /apis/external.metrics.k8s.io/v1beta1/namespaces/prod/s0-redis-orders: 403 Forbidden: the list cannot be read

                                 cluster     policy.yaml
replicas at the begin                  1               1
replicas at the end                    3               0
least, most                         1, 3            0, 5
replica-seconds                      140             235
changes                                1               2
rounds that differ                     -          7 of 8

policy.yaml differed:
  12:00:10 to 12:00:55: 5, and the cluster had 1
    Metric s0-redis-orders: 1 -> 9: 42 / 5 per replica = 9
    ScaleUpLimit: 9 -> 5: 4 pods in 15s allows 5
  12:00:55 to 12:01:00: 0, and the cluster had 3
    Metric s0-redis-orders: 5 -> 0: 0 / 5 per replica = 0, inactive
    Deactivated: 0 -> 0: inactive for 20s of 20s, and unknown for 15s, which does not count
`, stdout)
	require.Equal(t, "scaledobject.keda.sh/name=orders", s.selector)
	require.Zero(t, s.asked[secretPath])
}

func TestALiveReportInJSONAndCSV(t *testing.T) {
	t.Chdir(t.TempDir())
	s := newAPIServer(t)
	burst := func(round int) {
		if round == 1 {
			s.set(2, "40")
		}
	}
	code, stdout, stderr := shadowed(t, burst, "-workload", "prod/orders", "-for", "20s", "-json")
	require.Zero(t, code, stderr)
	require.Contains(t, stderr, "12:00:10 cluster: 1 -> 2\n12:00:10 its own policy: 1 -> 4\n")
	var r shadow.Report
	require.NoError(t, json.Unmarshal([]byte(stdout), &r))
	noon := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	why := []string{"Metric s0-redis-orders: 1 -> 4: 40 / 10 per replica = 4"}
	require.Equal(t, shadow.Report{
		Workload: "prod/orders", Start: noon, End: noon.Add(20 * time.Second), Rounds: 3,
		By: []shadow.Figures{
			{By: "cluster", First: 1, Last: 2, Least: 1, Most: 2, ReplicaSeconds: 30, Changes: 1},
			{By: "its own policy", First: 1, Last: 4, Least: 1, Most: 4, ReplicaSeconds: 50, Changes: 1, Decided: 3, Differs: 2,
				Spans: []shadow.Span{{From: noon.Add(10 * time.Second), To: noon.Add(20 * time.Second), Cluster: 2, Policy: 4, Why: why}},
				Why:   []string{"Tolerance s0-redis-orders: 4 -> 4: 40 / 10 per replica is within the tolerance of 4"}},
		},
		Moments: []shadow.Moment{{At: noon, Replicas: []int{1, 1}}, {At: noon.Add(10 * time.Second), Replicas: []int{2, 4}}},
	}, r)

	s.set(1, "0")
	code, stdout, _ = shadowed(t, burst, "-workload", "prod/orders", "-for", "20s", "-csv")
	require.Zero(t, code)
	require.Equal(t, `time,cluster,its own policy
2026-01-31T12:00:00Z,1,1
2026-01-31T12:00:10Z,2,4
2026-01-31T12:00:20Z,2,4
`, stdout)
}

// scrape returns the metrics that are told at the address in a line of out.
func scrape(ctx context.Context, t *testing.T, out string) string {
	address := regexp.MustCompile(`http://\S+/metrics`).FindString(out)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return regexp.MustCompile(`(?m)^#.*\n`).ReplaceAllString(string(body), "")
}

func TestAShadowTellsItsMetrics(t *testing.T) {
	t.Chdir(t.TempDir())
	s := newAPIServer(t)
	s.set(2, "40")
	var out bytes.Buffer
	var scraped []string
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	c := clock{now: func() time.Time { return now }, wait: func(ctx context.Context, d time.Duration) error {
		now = now.Add(d)
		scraped = append(scraped, scrape(ctx, t, out.String()))
		s.answer(metricPath, "!no")
		if len(scraped) == 2 {
			s.answer(scalePath, "!no")
		}
		return nil
	}}
	require.Zero(t, runLive([]string{"-live", "-kubeconfig", "kubeconfig", "-workload", "prod/orders", "-for", "30s", "-listen", "127.0.0.1:0"}, c, &out, io.Discard))
	const policy = `{by="its own policy"}`
	require.Equal(t, []string{`replay_live_changes_total{by="cluster"} 0
replay_live_changes_total` + policy + ` 1
replay_live_reading{of="s0-redis-orders"} 40
replay_live_replica_seconds_total{by="cluster"} 0
replay_live_replica_seconds_total` + policy + ` 0
replay_live_replicas{by="cluster"} 2
replay_live_replicas` + policy + ` 4
replay_live_rounds_that_differ_total` + policy + ` 1
replay_live_rounds_total 1
`, `replay_live_changes_total{by="cluster"} 0
replay_live_changes_total` + policy + ` 1
replay_live_errors_total{of="s0-redis-orders"} 1
replay_live_replica_seconds_total{by="cluster"} 20
replay_live_replica_seconds_total` + policy + ` 40
replay_live_replicas{by="cluster"} 2
replay_live_replicas` + policy + ` 4
replay_live_rounds_that_differ_total` + policy + ` 2
replay_live_rounds_total 2
`, `replay_live_changes_total{by="cluster"} 0
replay_live_changes_total` + policy + ` 1
replay_live_errors_total{of="replicas"} 1
replay_live_errors_total{of="s0-redis-orders"} 2
replay_live_replica_seconds_total{by="cluster"} 40
replay_live_replica_seconds_total` + policy + ` 80
replay_live_replicas` + policy + ` 4
replay_live_rounds_that_differ_total` + policy + ` 2
replay_live_rounds_total 3
`}, scraped)
	require.Contains(t, out.String(), "Rounds in which replicas could not be read: 2, the last one at 12:00:30: GET "+scalePath+": 403 Forbidden: no\n")
	require.Contains(t, out.String(), "10s count for nobody, for what the cluster did was not known.\n")
}

func TestAShadowEndsWhenItIsInterrupted(t *testing.T) {
	t.Chdir(t.TempDir())
	s := newAPIServer(t)
	s.answer(scalePath, "!no")
	ctx, interrupt := context.WithCancel(t.Context())
	cfg, _, err := parseLive([]string{"-live", "-kubeconfig", "kubeconfig", "-workload", "prod/orders"})
	require.NoError(t, err)
	var out bytes.Buffer
	c := clock{now: time.Now, wait: func(ctx context.Context, _ time.Duration) error {
		interrupt()
		<-ctx.Done()
		return ctx.Err()
	}}
	require.NoError(t, live(ctx, cfg, c, &out, io.Discard))
	require.Contains(t, out.String(), "Shadow of prod/orders, until it is interrupted. Nothing is written to the cluster.\n\nShadow of prod/orders: in none of 1 rounds the replicas were known.\n")
}

func TestTriggersOfAShadow(t *testing.T) {
	t.Chdir(t.TempDir())
	s := newAPIServer(t)
	day := `{"type":"cron","metadata":{"timezone":"UTC","start":"0 0 1 1 *","end":"1 0 1 1 *","desiredReplicas":"3"}}`
	cpu := `{"type":"cpu","metricType":"Utilization","metadata":{"value":"60"}}`
	for name, c := range map[string]struct {
		triggers, hpa string
		notes         []string
		want          int // replicas at a value of 60
	}{
		"one that says all":      {triggers: liveTrigger, hpa: liveHPA, want: 6},
		"one with a secret":      {triggers: authTrigger, hpa: liveHPA, want: 3, notes: []string{"its own policy: trigger triggers[0] (redis): the target is that of the HPA; it counts as active above 0"}},
		"one in all replicas":    {triggers: authTrigger, hpa: strings.Replace(liveHPA, `"averageValue"`, `"value"`, 1), want: 3, notes: []string{"its own policy: trigger triggers[0] (redis): the target is that of the HPA; it counts as active above 0"}},
		"others beside it":       {triggers: liveTrigger + "," + day + "," + cpu, hpa: liveHPA, want: 6, notes: []string{"its own policy: not read: triggers[2] (cpu), which an HPA reads elsewhere"}},
		"one that is not in use": {triggers: day, hpa: liveHPA, want: 1},
	} {
		t.Run(name, func(t *testing.T) {
			s.set(1, "60")
			s.answer(objectPath, watched(c.triggers, liveStatus))
			s.answer(hpaPath, c.hpa)
			code, stdout, stderr := shadowed(t, nil, "-workload", "prod/orders", "-for", "1s", "-json")
			require.Zero(t, code, stderr)
			var r shadow.Report
			require.NoError(t, json.Unmarshal([]byte(stdout), &r))
			require.Equal(t, c.notes, r.Notes)
			require.Equal(t, c.want, r.By[1].Last)
			require.Empty(t, r.Failures)
			require.Zero(t, s.asked[secretPath])
		})
	}
}

func TestWhatAShadowCannotFollow(t *testing.T) {
	t.Chdir(t.TempDir())
	formula := strings.Replace(watched(liveTrigger, liveStatus+`,"compositeScalerName":"composite-metric"`), `"cooldownPeriod"`, `"x":0,"cooldownPeriod"`, 1)
	for name, c := range map[string]struct {
		args    []string
		policy  string
		answers map[string]string
		want    string
	}{
		"nothing":             {args: nil, want: "-live needs a -policy, a file with a ScaledObject, or a -workload"},
		"half a name":         {args: []string{"-workload", "orders"}, want: "-workload orders: want namespace/name of a ScaledObject"},
		"a flag of a replay":  {args: []string{"-load", "a.csv"}, want: "flag provided but not defined: -load (-live -help lists the flags)"},
		"an argument":         {args: []string{"a"}, want: `"a": there are only flags and no arguments (-live -help lists them)`},
		"two formats":         {args: []string{"-workload", "a/b", "-csv", "-json"}, want: "-csv and -json: choose one"},
		"forever":             {args: []string{"-workload", "a/b", "-for", "8760h"}, want: "-for 8760h0m0s: want 0s to 744h0m0s"},
		"a target of nobody":  {args: []string{"-workload", "a/b", "-target", "a=1"}, want: "-target a: it is no file of -policy"},
		"no file":             {args: []string{"-policy", "none.yaml"}, want: "-policy: open none.yaml: no such file or directory"},
		"no kubeconfig":       {args: []string{"-workload", "a/b", "-kubeconfig", "none"}, want: "-live: the cluster: stat none: no such file or directory"},
		"no context":          {args: []string{"-workload", "a/b", "-context", "c"}, want: `-live: the cluster: context "c" does not exist`},
		"no cluster":          {args: []string{"-workload", "a/b", "-context", "b"}, want: "GET /apis/keda.sh/v1alpha1/namespaces/a/scaledobjects/b: dial tcp 127.0.0.1:1: connect: connection refused"},
		"no ScaledObject":     {args: []string{"-workload", "prod/other"}, want: "GET /apis/keda.sh/v1alpha1/namespaces/prod/scaledobjects/other: 404 Not Found: /apis/keda.sh/v1alpha1/namespaces/prod/scaledobjects/other is not there"},
		"no permission":       {args: []string{"-workload", "prod/orders"}, answers: map[string]string{objectPath: `!{"message":"ann cannot get it"}`}, want: "GET " + objectPath + ": 403 Forbidden: ann cannot get it"},
		"a page":              {args: []string{"-workload", "prod/orders"}, answers: map[string]string{objectPath: "<html>"}, want: "GET " + objectPath + ": the answer is not the JSON that it should be: invalid character '<' looking for beginning of value"},
		"nobody scales it":    {args: []string{"-workload", "prod/orders"}, answers: map[string]string{objectPath: watched(liveTrigger, "")}, want: "ScaledObject prod/orders has a status without scaleTargetGVKR or externalMetricNames: nobody scales it by a trigger"},
		"a formula":           {args: []string{"-workload", "prod/orders"}, answers: map[string]string{objectPath: formula}, want: "ScaledObject prod/orders has a formula, and only its result is told to an HPA, not what its triggers read"},
		"no HPA":              {args: []string{"-workload", "prod/orders"}, answers: map[string]string{hpaPath: "!no"}, want: "the HPA of ScaledObject prod/orders, without which nobody tells what its triggers read: GET " + hpaPath + ": 403 Forbidden: no"},
		"a place for metrics": {args: []string{"-workload", "prod/orders", "-listen", "nowhere"}, want: "-listen: listen tcp: address nowhere: missing port in address"},
		"a secret in a file": {args: []string{"-policy", "policy.yaml"}, policy: "  - {type: redis, metadata: {address: 'redis:6379', listName: orders}, authenticationRef: {name: redis}}\n",
			want: "policy.yaml: trigger triggers[0] (redis): redis trigger: TriggerAuthentication redis does not exist (what is missing may stand in the same file, or -target policy.yaml=… takes its place)"},
		"another type": {args: []string{"-policy", "policy.yaml"}, policy: "  - {type: rabbitmq, metadata: {host: 'amqp://rabbit:5672', queueName: orders, mode: QueueLength, value: '10'}}\n",
			want: "policy.yaml: trigger triggers[0] (rabbitmq): triggers[0] of the ScaledObject in the cluster is of another type, and so is what it reads"},
		"one more":            {args: []string{"-policy", "policy.yaml"}, policy: redisTrigger + otherTrigger, want: "policy.yaml: trigger triggers[1] (redis): the ScaledObject in the cluster has no external metric for triggers[1]"},
		"nothing to be read":  {args: []string{"-policy", "policy.yaml"}, policy: cpuTrigger, want: "policy.yaml: there is no trigger that could be read"},
		"a key of no trigger": {args: []string{"-policy", "policy.yaml"}, policy: "  - {type: redis, metadata: {address: 'redis:6379', listName: orders, listLen: '1'}}\n", want: "policy.yaml: trigger triggers[0] (redis): redis trigger: listLen: is not a parameter of this trigger type; did you mean \"listLength\"?"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newAPIServer(t)
			for path, text := range c.answers {
				s.answer(path, text)
			}
			require.NoError(t, os.WriteFile("policy.yaml", []byte(object(c.policy, "  minReplicaCount: 1\n")), 0o600))
			code, stdout, stderr := shadowed(t, nil, append([]string{"-for", "1s"}, c.args...)...)
			require.NotZero(t, code)
			require.Empty(t, stdout)
			require.Equal(t, "replay: "+c.want+"\n", stderr)
		})
	}
}

func TestHelpOfLive(t *testing.T) {
	var out bytes.Buffer
	require.Zero(t, run([]string{"-live", "-help"}, &out, io.Discard))
	require.Contains(t, out.String(), "Replay -live says what a policy would do with a workload that is scaled in a cluster.\n\n  -context name\n")
}
