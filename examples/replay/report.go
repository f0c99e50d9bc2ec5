package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit/autoscale/simulate"
)

// A report is all that is printed.
type report struct {
	Load     loadInfo     `json:"load"`
	Assumed  []assumption `json:"assumed"`
	Policies []policyInfo `json:"policies"`
	Results  []outcome    `json:"results"` // by policy, and by who scales

	timeline *timeline // if it is to be drawn
}

type loadInfo struct {
	File     string    `json:"file"`
	Start    time.Time `json:"start"`
	Steps    int       `json:"steps"`
	Step     float64   `json:"step_s"`
	Messages float64   `json:"messages"`
	Busy     float64   `json:"busy_replicas"`      // on average, at -rate
	MostBusy float64   `json:"busy_replicas_most"` // in the fullest step
	Notes    []string  `json:"notes,omitempty"`
}

type policyInfo struct {
	File  string   `json:"file"`
	Notes []string `json:"notes"`
}

// An outcome is what became of the load with a policy and somebody who scales by it.
type outcome struct {
	Policy   string             `json:"policy"`
	By       string             `json:"by"`
	Measures map[string]float64 `json:"measures"` // by their keys
}

// A measure is a figure of an outcome.
type measure struct {
	name, key string
	of        func(*simulate.Result) float64
}

// measures are the figures in their order. Those of times are in seconds.
var measures = []measure{
	{"times of far too few replicas", "shortages", func(r *simulate.Result) float64 { return float64(len(r.Shortages)) }},
	{"time to right size, mean", "right_size_mean_s", func(r *simulate.Result) float64 { mean, _ := r.RightSize(); return mean.Seconds() }},
	{"time to right size, longest", "right_size_longest_s", func(r *simulate.Result) float64 { _, longest := r.RightSize(); return longest.Seconds() }},
	{"from the poll that saw it, mean", "right_size_seen_mean_s", func(r *simulate.Result) float64 { mean, _ := r.RightSizeSeen(); return mean.Seconds() }},
	{"too few replicas", "short_s", func(r *simulate.Result) float64 { return r.Short.Seconds() }},
	{"wait, p50", "wait_p50_s", func(r *simulate.Result) float64 { return r.P50Wait.Seconds() }},
	{"wait, p95", "wait_p95_s", func(r *simulate.Result) float64 { return r.P95Wait.Seconds() }},
	{"wait, p99", "wait_p99_s", func(r *simulate.Result) float64 { return r.P99Wait.Seconds() }},
	{"wait, longest", "wait_max_s", func(r *simulate.Result) float64 { return r.MaxWait.Seconds() }},
	{"backlog-seconds", "backlog_seconds", func(r *simulate.Result) float64 { return r.BacklogSeconds }},
	{"replica-seconds", "replica_seconds", func(r *simulate.Result) float64 { return r.ReplicaSeconds }},
	{"most replicas", "replicas_most", func(r *simulate.Result) float64 { return float64(r.Peak) }},
	{"time at max", "at_max_s", func(r *simulate.Result) float64 { return r.AtMax.Seconds() }},
	{"changes of replicas", "changes", func(r *simulate.Result) float64 { return float64(r.Changes) }},
	{"flaps", "flaps", func(r *simulate.Result) float64 { return float64(r.Flaps) }},
	{"waiting at the end", "waiting_at_end", func(r *simulate.Result) float64 { return float64(r.Waiting) }},
}

// measureOf returns the measure with a key.
func measureOf(key string) measure {
	return measures[slices.IndexFunc(measures, func(m measure) bool { return m.key == key })]
}

func newOutcome(policy, by string, r *simulate.Result) outcome {
	o := outcome{policy, by, make(map[string]float64)}
	for _, m := range measures {
		o.Measures[m.key] = m.of(r)
	}
	return o
}

// text is a figure as the table has it.
func (m measure) text(o outcome) string {
	value := o.Measures[m.key]
	if strings.HasSuffix(m.key, "_s") {
		return (time.Duration(math.Round(value*10)) * time.Second / 10).String()
	}
	return strconv.FormatFloat(math.Round(value), 'f', -1, 64)
}

// info says what a load is.
func (l load) info(cfg config) loadInfo {
	info := loadInfo{File: l.file, Start: l.series.Start, Steps: len(l.series.Messages), Step: l.series.Step.Seconds(), Messages: total(l.series), Notes: l.notes}
	for _, n := range l.series.Messages {
		info.MostBusy = max(info.MostBusy, n/info.Step/cfg.workers.Rate)
	}
	info.Busy = info.Messages / l.series.Length().Seconds() / cfg.workers.Rate
	return info
}

// text says what was played, in lines.
func (l loadInfo) text() []string {
	return append([]string{
		fmt.Sprintf("Load: %s, from %s UTC: %.0f messages in %d steps of %v, spread evenly over each.",
			l.File, l.Start.Format(time.DateTime), l.Messages, l.Steps, time.Duration(l.Step*float64(time.Second))),
		fmt.Sprintf("It keeps %.1f replicas busy on average, and %.1f in its fullest step.", l.Busy, l.MostBusy),
	}, l.Notes...)
}

// The formats of a report.
type format string

const (
	asTable format = "table"
	asCSV   format = "CSV"
	asJSON  format = "JSON"
)

func (c *config) format() format {
	switch {
	case c.csv:
		return asCSV
	case c.json:
		return asJSON
	}
	return asTable
}

// An output is what comes of the program, in one of its formats.
type output interface {
	text() string
	writeCSV(w io.Writer) error
}

func writeAs(w io.Writer, o output, f format) error {
	switch f {
	case asCSV:
		return o.writeCSV(w)
	case asJSON:
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(o)
	}
	_, err := io.WriteString(w, o.text())
	return err
}

func (r *report) writeCSV(w io.Writer) error {
	c := csv.NewWriter(w)
	head := []string{"policy", "by"}
	for _, m := range measures {
		head = append(head, m.key)
	}
	rows := [][]string{head}
	for _, o := range r.Results {
		row := []string{o.Policy, o.By}
		for _, m := range measures {
			row = append(row, strconv.FormatFloat(o.Measures[m.key], 'f', -1, 64))
		}
		rows = append(rows, row)
	}
	return c.WriteAll(rows)
}

// table is the report for people: what was played, what was assumed, and what came of
// it, with a column for each who scales.
func (r *report) text() string {
	var b strings.Builder
	for _, line := range r.Load.text() {
		fmt.Fprintln(&b, line)
	}
	writeAssumed(&b, r.Assumed)
	b.WriteString("\nPolicies:\n")
	for i, p := range r.Policies {
		fmt.Fprintf(&b, "  %d. %s\n", i+1, p.File)
		for _, note := range p.Notes {
			fmt.Fprintf(&b, "     %s\n", note)
		}
	}
	r.writeColumns(&b)
	return b.String()
}

func writeAssumed(b *strings.Builder, assumed []assumption) {
	b.WriteString("\nAssumed:\n")
	for _, a := range assumed {
		fmt.Fprintf(b, "  %-14s %-8s %-10s %s\n", a.Flag, a.Value, a.From, a.Means)
	}
}

// heading is what stands over an outcome.
func heading(policy int, by string) string { return fmt.Sprintf("%d. %s", policy+1, by) }

// writeColumns writes the outcomes side by side, each below the number of its policy.
func (r *report) writeColumns(b *strings.Builder) {
	const first, others = 34, 15
	fmt.Fprintf(b, "\n%-*s", first, "")
	for i, o := range r.Results {
		fmt.Fprintf(b, "%*s", others, heading(i/len(contenders), o.By))
	}
	b.WriteString("\n")
	for _, m := range measures {
		fmt.Fprintf(b, "%-*s", first, m.name)
		for _, o := range r.Results {
			fmt.Fprintf(b, "%*s", others, m.text(o))
		}
		b.WriteString("\n")
	}
}
