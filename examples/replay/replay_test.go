package main

import (
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	write       = flag.Bool("write", false, "write what is in testdata, README.md and docs/replay.svg")
	testdata, _ = filepath.Abs("testdata")
)

// start runs the program and returns what it wrote.
func start(args ...string) (code int, stdout, stderr string) {
	var out, errs strings.Builder
	code = run(args, &out, &errs)
	return code, out.String(), errs.String()
}

func onlyWhereTheGoldenFilesAreFrom(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("other processors round otherwise")
	}
}

// golden holds what the program writes against a file of testdata.
func golden(t *testing.T, name string, args ...string) string {
	t.Helper()
	onlyWhereTheGoldenFilesAreFrom(t)
	code, stdout, stderr := start(args...)
	require.Empty(t, stderr)
	require.Zero(t, code)
	goldenText(t, name, stdout)
	return stdout
}

func goldenText(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join(testdata, name)
	if *write {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), text, "go test ./examples/replay -write")
}

func TestWithoutArgumentsItPlaysAnExample(t *testing.T) {
	golden(t, "example.csv", "-csv")
	golden(t, "example.json", "-json")
	t.Setenv("TMPDIR", t.TempDir())
	code, table, stderr := start()
	require.Zero(t, code)
	goldenText(t, "example.txt", table)
	page, ok := strings.CutPrefix(stderr, "replay: wrote ")
	require.True(t, ok, stderr)
	require.FileExists(t, strings.TrimSuffix(page, "\n"))

	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	before, rest, ok1 := strings.Cut(string(readme), "```\nLoad: ")
	_, after, ok2 := strings.Cut(rest, "```")
	require.True(t, ok1 && ok2, "README.md does not show the example")
	want := before + "```\n" + table + "```" + after
	if *write {
		require.NoError(t, os.WriteFile("README.md", []byte(want), 0o644))
		return
	}
	require.Equal(t, want, string(readme), "go test ./examples/replay -write")
}

func TestTheExampleIsPlayedByItsFilesToo(t *testing.T) {
	code, stdout, stderr := start("-policy", examplePolicyFile, "-load", exampleLoadFile)
	require.Zero(t, code, stderr)
	example, err := os.ReadFile("testdata/example.txt")
	require.NoError(t, err)
	require.Equal(t, string(example), stdout)
}

func TestSeveralPolicies(t *testing.T) {
	golden(t, "several.txt",
		"-policy", "testdata/steady.yaml", "-policy", "testdata/secret.yaml", "-target", "testdata/secret.yaml=20",
		"-load", "testdata/seconds.csv", "-gaps", "repeat", "-step", "2m", "-times", "0.5",
		"-rate", "2.5", "-start", "20s", "-replicas", "3", "-seed", "7")
}

// object is a ScaledObject with triggers, and more of its spec.
func object(triggers string, spec ...string) string {
	return "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: orders}\nspec:\n  scaleTargetRef: {name: orders}\n" +
		strings.Join(spec, "") + "  triggers:\n" + triggers
}

const (
	redisTrigger = "  - {type: redis, name: orders, metadata: {address: 'redis:6379', listName: orders, listLength: '10'}}\n"
	otherTrigger = "  - {type: redis, metadata: {address: 'redis:6379', listName: returns}}\n"
	cronTrigger  = "  - {type: cron, name: day, metadata: {timezone: UTC, start: '0 8 * * *', end: '0 18 * * *', desiredReplicas: '5'}}\n"
	cpuTrigger   = "  - {type: cpu, metricType: Utilization, metadata: {value: '60'}}\n"
	twoSteps     = "2026-01-31T08:00:00Z,60\n2026-01-31T08:01:00Z,90\n"
)

func TestTriggersThatAreNotPlayedAreTold(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("policy.yaml", []byte(object(cronTrigger+redisTrigger+otherTrigger+cpuTrigger)), 0o600))
	require.NoError(t, os.WriteFile("load.csv", []byte(twoSteps), 0o600))
	for _, asked := range []string{"triggers[2]", "orders"} {
		code, stdout, stderr := start("-policy", "policy.yaml", "-load", "load.csv", "-trigger", asked)
		require.Zero(t, code, stderr)
		_, notes, _ := strings.Cut(stdout, "1. policy.yaml\n")
		notes, _, _ = strings.Cut(notes, "\n\n")
		want := map[string]string{
			"triggers[2]": "     trigger triggers[2] (redis) reads the number of messages that wait, 5 for a replica, every 30s\n" +
				"     not played: day (cron), orders (redis), triggers[3] (cpu)",
			"orders": "     trigger orders (redis) reads the number of messages that wait, 10 for a replica, every 30s\n" +
				"     not played: day (cron), triggers[2] (redis), triggers[3] (cpu)",
		}
		require.Equal(t, want[asked], notes)
	}
}

func TestBadInputGetsOneClearLine(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("rounds", 0o700))
	both := []string{"-policy", "policy.yaml", "-load", "load.csv"}
	for name, c := range map[string]struct {
		args         []string
		policy, load string
		want         string
	}{
		"a flag that there is not":  {args: []string{"-loki", "x"}, want: "flag provided but not defined: -loki (-help lists the flags)"},
		"an argument":               {args: []string{"load.csv"}, want: `"load.csv": there are only flags and no arguments (-help lists them)`},
		"no load":                   {args: []string{"-policy", "policy.yaml"}, want: "-policy needs a -load, a file of times and messages that arrived, or -prometheus"},
		"no policy":                 {args: []string{"-load", "load.csv"}, want: "-load needs a -policy: a file with a ScaledObject"},
		"a page by another name":    {args: []string{"-html", "series.csv"}, want: "-html series.csv: want a name that ends in .html"},
		"a picture by another name": {args: []string{"-svg", "series.csv"}, want: "-svg series.csv: want a name that ends in .svg"},
		"two formats":               {args: []string{"-csv", "-json"}, want: "-csv and -json: choose one"},
		"a rate of nothing":         {args: []string{"-rate", "0"}, want: "-rate 0: want 1e-08 to 1e+09"},
		"no number":                 {args: []string{"-times", "NaN"}, want: "-times NaN: want 1e-09 to 1e+09"},
		"a tick of nothing":         {args: []string{"-tick", "0s"}, want: "-tick 0s: want 1ms to 1h0m0s"},
		"gaps of another kind":      {args: []string{"-gaps", "skip"}, want: "-gaps skip: want zero or repeat"},
		"no replicas":               {args: []string{"-replicas", "-1"}, want: `invalid value "-1" for flag -replicas: want a whole number of at least 0 (-help lists the flags)`},
		"no target":                 {args: []string{"-target", "10"}, want: `invalid value "10" for flag -target: want a file of -policy, =, and a number of at least 0.001 (-help lists the flags)`},
		"a target of nobody":        {args: append(both, "-target", "a.yaml=10"), want: "-target a.yaml: it is no file of -policy"},

		"no file": {args: []string{"-policy", "none.yaml", "-load", "none.csv"},
			want: "-policy: open none.yaml: no such file or directory\nreplay: -load: stat none.csv: no such file or directory"},
		"a key that no ScaledObject has": {args: both, policy: object(redisTrigger, "  poolingInterval: 5\n"), load: twoSteps,
			want: `policy.yaml: document 1: ScaledObject: strict decoding error: unknown field "spec.poolingInterval"`},
		"a ScaledJob": {args: both, policy: "apiVersion: keda.sh/v1alpha1\nkind: ScaledJob\nmetadata: {name: a}\nspec:\n  jobTargetRef: {template: {spec: {containers: [{name: a, image: a}]}}}\n  triggers:\n" + redisTrigger, load: twoSteps,
			want: "policy.yaml: there is a ScaledJob, and only ScaledObjects can be played"},
		"nothing": {args: both, policy: "kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n", load: twoSteps,
			want: "policy.yaml: there are 0 ScaledObjects, and it takes one in each file"},
		"several triggers": {args: both, policy: object(redisTrigger + otherTrigger), load: twoSteps,
			want: "policy.yaml: -trigger has to say which trigger reads the queue: orders (redis), triggers[1] (redis)"},
		"a trigger that there is not": {args: append(both, "-trigger", "day"), policy: object(redisTrigger + cronTrigger), load: twoSteps,
			want: "policy.yaml: -trigger day: no trigger that reads a queue is called so: there is orders (redis), day (cron)"},
		"no queue": {args: both, policy: object(cronTrigger), load: twoSteps,
			want: "policy.yaml: no trigger reads a queue: there is day (cron)"},
		"a key that no trigger has": {args: both, policy: object("  - {type: redis, metadata: {address: 'redis:6379', listNam: orders}}\n"), load: twoSteps,
			want: "policy.yaml: trigger triggers[0] (redis): redis trigger: listNam: is not a parameter of this trigger type; did you mean \"listName\"?\n" +
				"replay: policy.yaml: trigger triggers[0] (redis): redis trigger: listName: is missing: set it in the metadata"},
		"a secret that is elsewhere": {args: both, policy: object("  - {type: redis, metadata: {address: 'redis:6379', listName: orders}, authenticationRef: {name: redis}}\n"), load: twoSteps,
			want: "policy.yaml: trigger triggers[0] (redis): redis trigger: TriggerAuthentication redis does not exist (what is missing may stand in the same file, or -target policy.yaml=… takes its place)"},
		"a formula of several triggers": {args: append(both, "-trigger", "orders"), policy: object(redisTrigger+cronTrigger, "  advanced: {scalingModifiers: {formula: orders + day, target: '5'}}\n"), load: twoSteps,
			want: `policy.yaml: trigger orders (redis): the formula needs more than this trigger: formula "orders + day": no reading of "day"`},

		"an empty recording": {args: []string{"-policy", "policy.yaml", "-load", "rounds"}, policy: object(redisTrigger),
			want: "rounds: rounds has no file rounds-*.jsonl"},
		"a workload of a series": {args: append(both, "-workload", "prod/orders"), policy: object(redisTrigger), load: twoSteps,
			want: "load.csv: -workload, -reading and -busy are for recordings"},
		"a gap": {args: both, policy: object(redisTrigger), load: twoSteps + "2026-01-31T08:05:00Z,90\n",
			want: "load.csv: line 3: 2026-01-31T08:05:00Z is 4m0s after the line before, and the second line was 1m0s after the first: fill the gap with zero or repeat"},
		"time that runs backwards": {args: both, policy: object(redisTrigger), load: twoSteps + "2026-01-31T07:05:00Z,90\n",
			want: "load.csv: line 3: 2026-01-31T07:05:00Z is not after the line before, 2026-01-31T08:01:00Z"},
		"another separator": {args: both, policy: object(redisTrigger), load: "2026-01-31T08:00:00Z;60\n",
			want: `load.csv: line 1: "2026-01-31T08:00:00Z;60" is separated by ";" and not by a comma`},
		"too long for its resolution": {args: append(both, "-step", "8760h"), policy: object(redisTrigger), load: twoSteps,
			want: "policy.yaml: Length: 17520h0m0s is more than 16000000 ticks of 1s; with a longer Tick it can be simulated"},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, os.WriteFile("policy.yaml", []byte(c.policy), 0o600))
			require.NoError(t, os.WriteFile("load.csv", []byte(c.load), 0o600))
			code, stdout, stderr := start(c.args...)
			require.NotZero(t, code)
			require.Empty(t, stdout)
			require.Equal(t, "replay: "+c.want+"\n", stderr)
		})
	}
}

func TestHelp(t *testing.T) {
	code, stdout, stderr := start("-help")
	require.Zero(t, code)
	require.Empty(t, stderr)
	for _, name := range append([]string{"policy", "load", "csv", "json", "html", "svg"}, assumptions...) {
		require.Contains(t, stdout, "\n  -"+name)
	}
}
