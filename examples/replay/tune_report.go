package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit/autoscale/simulate"
	"github.com/scalerkit/scalerkit/autoscale/simulate/tune"
	"github.com/scalerkit/scalerkit/examples/replay/internal/inplace"
	"github.com/scalerkit/scalerkit/internal/joined"
)

// A tuneReport is all that is printed of a search.
type tuneReport struct {
	Policy    policyInfo         `json:"policy"`
	For       string             `json:"for"`
	Objective map[string]float64 `json:"objective"` // by the keys of figures
	Assumed   []assumption       `json:"assumed"`
	Worlds    []worldInfo        `json:"loads"`
	Searched  searched           `json:"searched"`
	Meets     bool               `json:"meets_objective"`
	Causes    []causeInfo        `json:"would_meet,omitempty"` // if the objective is not met
	Given     map[string]float64 `json:"given"`                // figures, of all loads that are not held back
	Tuned     map[string]float64 `json:"tuned"`
	Changes   []edited           `json:"changes"`
	Frontier  []frontierPoint    `json:"frontier"`
	Measure   string             `json:"frontier_of"` // the key of a figure
	YAML      string             `json:"yaml,omitempty"`
	Problem   string             `json:"yaml_problem,omitempty"` // why there is none

	measure tuneFigure
	limit   time.Duration
}

type worldInfo struct {
	loadInfo
	Held       bool               `json:"held_back"`
	Given      map[string]float64 `json:"given"`
	Tuned      map[string]float64 `json:"tuned"`
	GivenMeets bool               `json:"given_meets_objective"`
	TunedMeets bool               `json:"tuned_meets_objective"`
}

type searched struct {
	Simulations int     `json:"simulations"`
	Settings    int     `json:"settings"`
	Seeds       int     `json:"seeds"`
	Seed        uint64  `json:"seed"`
	Seconds     float64 `json:"time_limit_s,omitempty"`
}

type causeInfo struct {
	If      string             `json:"if"`
	Figures map[string]float64 `json:"figures"`
	Meets   bool               `json:"meets_objective"`
}

type frontierPoint struct {
	Figures map[string]float64 `json:"figures"`
	Meets   bool               `json:"meets_objective"`
	Values  map[string]string  `json:"values"`
	Given   bool               `json:"given,omitempty"`
	Tuned   bool               `json:"tuned,omitempty"`
}

// A tuneFigure is one that an objective may limit. Times are in seconds.
type tuneFigure struct {
	name, key, flag string
	of              func(tune.Figures) float64
	limit           func(simulate.Objective) time.Duration
}

var tuneFigures = []tuneFigure{
	{"wait, p50", "wait_p50_s", "p50", func(f tune.Figures) float64 { return f.P50Wait.Seconds() }, func(o simulate.Objective) time.Duration { return o.P50Wait }},
	{"wait, p95", "wait_p95_s", "p95", func(f tune.Figures) float64 { return f.P95Wait.Seconds() }, func(o simulate.Objective) time.Duration { return o.P95Wait }},
	{"wait, p99", "wait_p99_s", "p99", func(f tune.Figures) float64 { return f.P99Wait.Seconds() }, func(o simulate.Objective) time.Duration { return o.P99Wait }},
	{"wait, longest", "wait_max_s", "max-wait", func(f tune.Figures) float64 { return f.MaxWait.Seconds() }, func(o simulate.Objective) time.Duration { return o.MaxWait }},
	{"time to right size, longest", "right_size_longest_s", "right-size", func(f tune.Figures) float64 { return f.RightSize.Seconds() }, func(o simulate.Objective) time.Duration { return o.RightSize }},
	{"replica-seconds", "replica_seconds", "", func(f tune.Figures) float64 { return f.ReplicaSeconds }, func(simulate.Objective) time.Duration { return 0 }},
}

// figureOf is the figure that tune calls so.
var figureOf = map[string]int{"P50Wait": 0, "P95Wait": 1, "P99Wait": 2, "MaxWait": 3, "RightSize": 4}

func figures(f tune.Figures) map[string]float64 {
	all := make(map[string]float64)
	for _, m := range tuneFigures {
		all[m.key] = m.of(f)
	}
	return all
}

// report makes one of what came of a search.
func (t *tunable) report(cfg *tuneConfig, worlds []world, r *tune.Result) *tuneReport {
	p := t.policy
	rep := &tuneReport{
		Policy: policyInfo{p.file, append(slices.Clone(p.notes), t.notes...)}, For: cfg.mode, Objective: make(map[string]float64),
		Assumed:  worlds[0].cfg.assumed,
		Searched: searched{r.Simulations, len(r.Trials), cfg.seeds, cfg.seed, cfg.time.Seconds()},
		Given:    figures(r.Given.Figures), Tuned: figures(r.Best.Figures), Meets: r.Best.Meets, Changes: t.changes(r.Best.Setting),
		measure: tuneFigures[figureOf[r.Measure]],
	}
	rep.Measure, rep.limit = rep.measure.key, rep.measure.limit(cfg.objective)
	for _, m := range tuneFigures {
		if limit := m.limit(cfg.objective); limit > 0 {
			rep.Objective[m.key] = limit.Seconds()
		}
	}
	compared := append(slices.Clone(r.Loads), r.Held...) // worlds are in this order, too
	for i, w := range worlds {
		c := compared[i]
		rep.Worlds = append(rep.Worlds, worldInfo{w.load.info(w.cfg), w.held, figures(c.Given), figures(c.Best), c.GivenMeets, c.BestMeets})
	}
	for _, c := range r.Causes {
		rep.Causes = append(rep.Causes, causeInfo{c.If, figures(c.Figures), c.Meets})
	}
	for _, trial := range r.Frontier {
		values := make(map[string]string)
		for _, c := range t.changes(trial.Setting) {
			values[c.Key] = c.Tuned
		}
		rep.Frontier = append(rep.Frontier, frontierPoint{
			figures(trial.Figures), trial.Meets, values, len(values) == 0, reflect.DeepEqual(trial, r.Best),
		})
	}
	text, err := t.yaml(cfg, r.Best.Setting, rep.Changes)
	if rep.YAML = string(text); err != nil {
		rep.Problem = err.Error()
	}
	return rep
}

// yaml is the ScaledObject with the changes, from which the same setting comes.
func (t *tunable) yaml(cfg *tuneConfig, want tune.Setting, changes []edited) ([]byte, error) {
	file := examplePolicy
	if len(cfg.policies) > 0 {
		var err error
		if file, err = os.ReadFile(t.policy.file); err != nil {
			return nil, err
		}
	}
	document, err := inplace.ScaledObject(file)
	if err != nil {
		return nil, err
	}
	var edits []inplace.Change
	for _, c := range changes {
		edits = append(edits, inplace.Change{Key: c.Key, Path: c.path, Value: c.value})
	}
	text, err := inplace.Edit(document, edits)
	if err != nil {
		return nil, err
	}
	with := bytes.Replace(file, bytes.TrimSpace(document), bytes.TrimSpace(text), 1) // and what it refers to
	p, err := parsePolicy(cfg.config, t.policy.file, with)
	if err != nil {
		return nil, errors.Join(joined.Each("with the values ", err)...)
	}
	again, err := newTunable(cfg, &p)
	if err != nil {
		return nil, err
	}
	if left := again.changes(want); len(left) > 0 {
		return nil, fmt.Errorf("%s: %w", left[0].Key, inplace.ErrWritten)
	}
	return text, nil
}

// writeCSV writes the frontier.
func (r *tuneReport) writeCSV(w io.Writer) error {
	var keys []string
	for _, p := range r.Frontier {
		for key := range p.Values {
			if !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	slices.Sort(keys)
	head := []string{"meets_objective", "is"}
	for _, m := range tuneFigures {
		head = append(head, m.key)
	}
	rows := [][]string{append(head, keys...)}
	for _, p := range r.Frontier {
		row := []string{strconv.FormatBool(p.Meets), p.is()}
		for _, m := range tuneFigures {
			row = append(row, strconv.FormatFloat(p.Figures[m.key], 'f', -1, 64))
		}
		for _, key := range keys {
			row = append(row, p.Values[key])
		}
		rows = append(rows, row)
	}
	return csv.NewWriter(w).WriteAll(rows)
}

func (p frontierPoint) is() string {
	switch {
	case p.Tuned:
		return "tuned"
	case p.Given:
		return "given"
	}
	return ""
}

func replicaSecondsText(figures map[string]float64) string {
	return tuneFigures[len(tuneFigures)-1].text(figures)
}

// text is a figure as the tables have it.
func (f tuneFigure) text(of map[string]float64) string {
	return measure{key: f.key}.text(outcome{Measures: of})
}

// text is the report for people.
func (r *tuneReport) text() string {
	var b strings.Builder
	for _, w := range r.Worlds {
		lines := w.loadInfo.text()
		if w.Held {
			lines[0] = "Held back: " + strings.TrimPrefix(lines[0], "Load: ")
		}
		fmt.Fprintln(&b, strings.Join(lines, "\n"))
	}
	writeAssumed(&b, r.Assumed)
	fmt.Fprintf(&b, "\nPolicy: %s, for %s\n", r.Policy.File, map[string]string{
		forDirect: "this library", forHPA: "this library with an HPA", forKEDA: "KEDA with its HPA"}[r.For])
	for _, note := range r.Policy.Notes {
		fmt.Fprintf(&b, "  %s\n", note)
	}
	s := r.Searched
	fmt.Fprintf(&b, "\nSearched: %d settings in %d simulations, each load up to %d times, from seed %d.\n", s.Settings, s.Simulations, s.Seeds, s.Seed)
	if s.Seconds > 0 {
		b.WriteString("Time was the limit, so that the same seed may find something else.\n")
	}
	r.writeVerdict(&b)
	r.writeComparison(&b)
	r.writeFrontier(&b)
	if r.Problem != "" {
		fmt.Fprintf(&b, "\nThe ScaledObject has to be changed by hand: %s.\n", r.Problem)
	} else {
		fmt.Fprintf(&b, "\n---\n%s", r.YAML)
	}
	return b.String()
}

// wanted says what the objective is.
func (r *tuneReport) wanted() string {
	var list []string
	for _, m := range tuneFigures {
		if limit, ok := r.Objective[m.key]; ok {
			list = append(list, fmt.Sprintf("%s at most %v", m.name, time.Duration(limit*float64(time.Second))))
		}
	}
	return strings.Join(list, "; ")
}

func (r *tuneReport) writeVerdict(b *strings.Builder) {
	fmt.Fprintf(b, "\nObjective: %s; with the fewest replica-seconds.\n", r.wanted())
	switch {
	case r.Meets:
		b.WriteString("It is met.\n")
	default:
		b.WriteString("It is not met by any setting that was tried. The nearest one is shown.\n")
		b.WriteString("Scaled up as fast as it may be,\n")
		for _, c := range r.Causes {
			is := "it would not be met either"
			if c.Meets {
				is = "it would be met"
			}
			fmt.Fprintf(b, "  if %s, %s: %s %s.\n", c.If, is, r.measure.name, r.measure.text(c.Figures))
		}
	}
	if len(r.Changes) == 0 {
		b.WriteString("\nNothing is better than the given values.\n")
		return
	}
	fmt.Fprintf(b, "\n%-42s%-24s%s\n", "", "given", "tuned")
	for _, c := range r.Changes {
		fmt.Fprintf(b, "%-42s%-24s%s\n", c.Key, c.Given, c.Tuned)
	}
}

// writeComparison writes what the values gain with each load.
func (r *tuneReport) writeComparison(b *strings.Builder) {
	for _, w := range r.Worlds {
		name := w.File
		if w.Held {
			name = "held back: " + name
		}
		fmt.Fprintf(b, "\n%s\n%-42s%-24s%s\n", name, "", "given", "tuned")
		for _, m := range tuneFigures {
			given, tuned := m.text(w.Given), m.text(w.Tuned)
			if _, limited := r.Objective[m.key]; limited {
				given, tuned = given+missed(w.Given, r, m), tuned+missed(w.Tuned, r, m)
			}
			if m.key == "replica_seconds" && w.Given[m.key] > 0 {
				tuned += fmt.Sprintf(" (%+.0f %%)", 100*(w.Tuned[m.key]/w.Given[m.key]-1))
			}
			fmt.Fprintf(b, "  %-40s%-24s%s\n", m.name, given, tuned)
		}
	}
}

func missed(figures map[string]float64, r *tuneReport, m tuneFigure) string {
	if figures[m.key] > r.Objective[m.key] {
		return " missed"
	}
	return ""
}

// mostRows is how many settings of a frontier are shown.
const mostRows = 20

// writeFrontier draws what a shorter time costs.
func (r *tuneReport) writeFrontier(b *strings.Builder) {
	fmt.Fprintf(b, "\nFrontier: %s against replica-seconds, of all that was tried\n", r.measure.name)
	rows := r.Frontier
	if len(rows) > mostRows {
		rows = nil
		for i, p := range r.Frontier {
			if p.Tuned || p.Given || i*mostRows/len(r.Frontier) != (i-1)*mostRows/len(r.Frontier) || i == 0 {
				rows = append(rows, p)
			}
		}
	}
	longest := 0.0
	for _, p := range rows {
		longest = max(longest, math.Log1p(p.Figures[r.Measure]))
	}
	for _, p := range rows {
		const width = 40
		bar := 0
		if longest > 0 {
			bar = int(math.Round(width * math.Log1p(p.Figures[r.Measure]) / longest))
		}
		mark := " "
		if p.Meets {
			mark = "*"
		}
		line := fmt.Sprintf("%14s  %10s %s %s %s", replicaSecondsText(p.Figures), r.measure.text(p.Figures), mark, strings.Repeat("=", bar), p.is())
		fmt.Fprintln(b, strings.TrimRight(line, " "))
	}
	b.WriteString("(* meets the objective; the bars have a logarithmic scale)\n")
}

// save writes the files that cfg asks for.
func (r *tuneReport) save(cfg tuneConfig, log io.Writer) error {
	if cfg.out != "" {
		if r.Problem != "" {
			return fmt.Errorf("-out %s: %s", cfg.out, r.Problem)
		}
		if err := os.WriteFile(cfg.out, []byte(r.YAML), 0o644); err != nil {
			return err
		}
		fmt.Fprintf(log, "replay: wrote %s\n", cfg.out)
	}
	if cfg.svg != "" {
		var content bytes.Buffer
		if err := r.writePicture(&content); err != nil {
			return fmt.Errorf("%s: %w", cfg.svg, err)
		}
		if err := os.WriteFile(cfg.svg, content.Bytes(), 0o644); err != nil {
			return err
		}
		fmt.Fprintf(log, "replay: wrote %s\n", cfg.svg)
	}
	return nil
}
