package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/autoscale/simulate"
)

func TestTuneWithoutArgumentsTunesAnExample(t *testing.T) {
	golden(t, "tune.csv", "tune", "-budget", "60", "-seeds", "1", "-csv")
	golden(t, "tune.json", "tune", "-budget", "60", "-seeds", "1", "-json")
	text := golden(t, "tune.txt", "tune", "-budget", "200")
	inReadme(t, "```\nLoad: example/series.csv, first", text[len("Load: example/series.csv, first"):])
}

// inReadme holds a block of README.md, from a beginning on, against a text.
func inReadme(t *testing.T, beginning, text string) {
	t.Helper()
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(readme), beginning)
	_, after, ok2 := strings.Cut(rest, "```")
	require.True(t, ok && ok2, "README.md does not show the example")
	want := before + beginning + text + "```" + after
	if *write {
		require.NoError(t, os.WriteFile("README.md", []byte(want), 0o644))
		return
	}
	require.Equal(t, want, string(readme), "go test ./examples/replay -write")
}

// bursts are a series of an hour with a burst in every twelfth minute.
func bursts() string {
	text := "time,messages\n"
	for i := range 60 {
		messages := 30
		if i%12 == 5 {
			messages = 900
		}
		text += strconv.Itoa(1_700_000_000+60*i) + "," + strconv.Itoa(messages) + "\n"
	}
	return text
}

const (
	formulaSpec = "  advanced: {scalingModifiers: {formula: 'orders * 2', target: '20'}}\n"
	limitsSpec  = `  pollingInterval: 15 # seconds
  minReplicaCount: 1
  advanced:
    restoreToOriginalReplicaCount: true
    horizontalPodAutoscalerConfig:
      behavior:
        # slowly
        scaleDown:
          stabilizationWindowSeconds: 600
          policies:
          - {type: Percent, value: 10, periodSeconds: 60}
        scaleUp: {stabilizationWindowSeconds: 0, policies: [{type: Pods, value: 2, periodSeconds: 15}]}
`
)

func TestWhatIsPrintedDoesWhatWasPromised(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("load.csv", []byte(bursts()), 0o600))
	columns := map[string]string{forDirect: "direct", forHPA: "with an HPA", forKEDA: "KEDA + HPA"}
	for name, policy := range map[string]string{
		"few keys":   object(redisTrigger),
		"limits":     object(cronTrigger+redisTrigger, limitsSpec),
		"a formula":  object(redisTrigger, formulaSpec),
		"no target":  object("  - type: redis\n    metadata:\n      # the list\n      listName: orders\n      address: redis:6379\n"),
		"idle":       object(redisTrigger, "  minReplicaCount: 4\n  idleReplicaCount: 1\n"),
		"more of it": "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {a: b}\n---\n" + object(redisTrigger) + "---\n",
	} {
		for mode, column := range columns {
			t.Run(name+" for "+mode, func(t *testing.T) {
				require.NoError(t, os.WriteFile("policy.yaml", []byte(policy), 0o600))
				both := []string{"-load", "load.csv", "-rate", "2", "-seed", "3"}
				code, stdout, _ := start(append(both, "-policy", "policy.yaml", "-out", "tuned.yaml",
					"-for", mode, "-hold", "none", "-budget", "30", "-seeds", "1", "-p99", "40s", "-json")...)
				require.NotZero(t, code, "these are no flags of replay itself")
				require.Empty(t, stdout)
				code, stdout, stderr := start(append([]string{"tune", "-policy", "policy.yaml", "-out", "tuned.yaml",
					"-for", mode, "-hold", "none", "-budget", "30", "-seeds", "1", "-p99", "40s", "-json"}, both...)...)
				require.Zero(t, code, stderr)
				require.Equal(t, "replay: wrote tuned.yaml\n", stderr)
				var report tuneReport
				require.NoError(t, json.Unmarshal([]byte(stdout), &report))
				require.NotEmpty(t, report.Changes)
				tuned, err := os.ReadFile("tuned.yaml")
				require.NoError(t, err)
				require.Equal(t, report.YAML, string(tuned))
				require.NotContains(t, report.YAML, "Secret")

				for file, promised := range map[string]map[string]float64{"policy.yaml": report.Worlds[0].Given, "tuned.yaml": report.Worlds[0].Tuned} {
					code, stdout, stderr = start(append([]string{"-policy", file, "-trigger", "triggers[" + strconv.Itoa(strings.Count(policy, cronTrigger)) + "]", "-csv"}, both...)...)
					require.Zero(t, code, stderr)
					rows, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
					require.NoError(t, err)
					for _, row := range rows[1:] {
						if row[1] != column {
							continue
						}
						for i, key := range rows[0] {
							if promised, ok := promised[key]; ok {
								is, err := strconv.ParseFloat(row[i], 64)
								require.NoError(t, err)
								require.Equal(t, promised, is, "%s: %s", file, key)
							}
						}
					}
				}
			})
		}
	}
}

func TestPictureOfTheFrontierIsXML(t *testing.T) {
	t.Chdir(t.TempDir())
	name := "<svg \a\xff onload=alert(1)>.yaml"
	require.NoError(t, os.WriteFile(name, []byte(object(redisTrigger)), 0o600))
	require.NoError(t, os.WriteFile("load.csv", []byte(bursts()), 0o600))
	code, _, stderr := start("tune", "-policy", name, "-load", "load.csv", "-budget", "30", "-seeds", "1", "-svg", "frontier.svg")
	require.Zero(t, code, stderr)
	require.Equal(t, "replay: wrote frontier.svg\n", stderr)
	picture, err := os.ReadFile("frontier.svg")
	require.NoError(t, err)
	for d := xml.NewDecoder(bytes.NewReader(picture)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if element, ok := token.(xml.StartElement); ok {
			require.Contains(t, []string{"svg", "title", "desc", "style", "rect", "text", "line", "path"}, element.Name.Local)
		}
	}
	require.Contains(t, string(picture), "Objective: wait, p95 at most 30s.")
	for _, class := range []string{"load", "by0", "by1", "by2"} {
		require.Contains(t, string(picture), `<path class="curve `+class+`" d="M`)
	}
}

func TestBadInputOfTuneGetsOneClearLine(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("policy.yaml", []byte(object(redisTrigger)), 0o600))
	require.NoError(t, os.WriteFile("paused.yaml", []byte(strings.Replace(object(redisTrigger), "{name: orders}", "{name: orders, annotations: {autoscaling.keda.sh/paused: 'true'}}", 1)), 0o600))
	require.NoError(t, os.WriteFile("load.csv", []byte(bursts()), 0o600))
	require.NoError(t, os.WriteFile("one.csv", []byte(twoSteps), 0o600))
	both := []string{"-policy", "policy.yaml", "-load", "load.csv"}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"a flag of replay":   {[]string{"-html", "x.html"}, "flag provided but not defined: -html (tune -help lists the flags)"},
		"an argument":        {[]string{"load.csv"}, `"load.csv": there are only flags and no arguments (tune -help lists them)`},
		"no load":            {[]string{"-policy", "policy.yaml"}, "-policy needs a -load, a file of times and messages that arrived, or -prometheus"},
		"two policies":       {append(both, "-policy", "b.yaml"), "-policy: tune takes one at a time"},
		"somebody else":      {[]string{"-for", "nomad"}, "-for nomad: want direct, hpa or keda"},
		"no time":            {[]string{"-p95", "0s"}, "-p95 0s: want more than 0s"},
		"less than no time":  {[]string{"-max-wait", "-1s"}, "-max-wait -1s: want more than 0s"},
		"no budget":          {[]string{"-budget", "0"}, `invalid value "0" for flag -budget: want a number greater than 0, or a time such as 2m (tune -help lists the flags)`},
		"a small budget":     {[]string{"-budget", "5"}, "example/scaledobject.yaml: Budget: 5 is less than 12, which it takes to play the given setting, what is held back and what stands in the way"},
		"no seeds":           {[]string{"-seeds", "0"}, "-seeds 0: want 1 to 1000"},
		"too fast":           {[]string{"-fastest", "10ms"}, "-fastest 10ms: want 1s to 1h0m0s"},
		"a key of nobody":    {[]string{"-keep", "threshold"}, `invalid value "threshold" for flag -keep: want one of ` + strings.Join(tunedKeys, ", ") + " (tune -help lists the flags)"},
		"the same twice":     {append(both, "-hold", "load.csv"), "-hold load.csv: it is a -load, too"},
		"over the policy":    {append(both, "-out", "policy.yaml"), "-out policy.yaml: it is the -policy, which stays as it is"},
		"no file":            {append(both, "-hold", "none.csv"), "-load: stat none.csv: no such file or directory"},
		"a paused object":    {[]string{"-policy", "paused.yaml", "-load", "load.csv"}, "paused.yaml: it is paused, and nothing that could be tuned counts"},
		"a picture of sorts": {[]string{"-svg", "x.png"}, "-svg x.png: want a name that ends in .svg"},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := start(append([]string{"tune"}, c.args...)...)
			require.NotZero(t, code)
			require.Empty(t, stdout)
			require.Equal(t, "replay: "+c.want+"\n", stderr)
		})
	}
}

func TestAnObjectiveThatCannotBeMet(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("policy.yaml", []byte(object(redisTrigger, "  maxReplicaCount: 2\n")), 0o600))
	require.NoError(t, os.WriteFile("load.csv", []byte(bursts()), 0o600))
	code, stdout, stderr := start("tune", "-policy", "policy.yaml", "-load", "load.csv", "-rate", "2", "-budget", "40", "-seeds", "1")
	require.Zero(t, code, stderr)
	_, verdict, _ := strings.Cut(stdout, "\nObjective: ")
	verdict, _, _ = strings.Cut(verdict, "\n\n")
	require.Regexp(t, `^wait, p95 at most 30s; with the fewest replica-seconds\.
It is not met by any setting that was tried\. The nearest one is shown\.
Scaled up as fast as it may be,
  if Max were ten times as large, it would be met: wait, p95 \d+s\.
  if replicas started at once, it would not be met either: wait, p95 \d+m\d+s\.
  if replicas worked ten times as fast, it would be met: wait, p95 \d+s\.$`, verdict)
}

func TestHelpOfTune(t *testing.T) {
	code, stdout, stderr := start("tune", "-help")
	require.Zero(t, code)
	require.Empty(t, stderr)
	for _, name := range append([]string{"policy", "load", "hold", "p95", "budget", "out"}, assumptions...) {
		require.Contains(t, stdout, "\n  -"+name)
	}
}

func TestPatience(t *testing.T) {
	hours := func(n int) world {
		return world{load: load{series: simulate.Series{Step: time.Hour, Messages: make([]float64, n)}}, cfg: config{tick: time.Second}}
	}
	require.Empty(t, patience(500, []world{hours(18), hours(6)}))
	require.Equal(t, "replay: 500 simulations of up to 1080h0m0s may take long: "+
		"a larger -tick, a shorter -step or a smaller -budget, which may be a time, take less\n", patience(500, []world{hours(1080), hours(360)}))
}

func TestWhereNothingIsBetter(t *testing.T) {
	args := []string{"tune", "-budget", "20", "-seeds", "1", "-max-wait", "1h"}
	for _, key := range tunedKeys {
		args = append(args, "-keep", key)
	}
	code, stdout, stderr := start(args...)
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "\nNothing is better than the given values.\n")
	code, stdout, stderr = start(append(args, "-json")...)
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, `"changes": [],`)
}
