package shadow

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Report is what came of a Shadow.
type Report struct {
	Workload string    `json:"workload"`
	Start    time.Time `json:"start"` // of the first round in which the replicas were known
	End      time.Time `json:"end"`   // the last round
	Rounds   int       `json:"rounds"`
	Unknown  int       `json:"rounds_without_replicas"`
	Unseen   float64   `json:"unseen_s"`
	By       []Figures `json:"by"` // the cluster first
	Moments  []Moment  `json:"replicas"`
	Failures []Failure `json:"failures,omitempty"`
	Notes    []string  `json:"notes,omitempty"`
}

// Figures are what somebody's replicas came to.
type Figures struct {
	By             string  `json:"by"`
	First          int     `json:"replicas_first"`
	Last           int     `json:"replicas_last"`
	Least          int     `json:"replicas_least"`
	Most           int     `json:"replicas_most"`
	ReplicaSeconds float64 `json:"replica_seconds"`
	Changes        int     `json:"changes"`

	// Of a policy.
	Decided int      `json:"decided,omitempty"`
	Differs int      `json:"rounds_that_differ"`
	Spans   []Span   `json:"differs,omitempty"`
	Why     []string `json:"why,omitempty"` // the last decision
}

// Report returns what came of it until now, of a workload by its name.
func (s *Shadow) Report(workload string, notes []string) Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := Report{
		Workload: workload, Start: s.start.UTC(), End: s.last.UTC(), Rounds: s.rounds, Unknown: s.unknown,
		Unseen: s.unseen.Seconds(), By: []Figures{s.cluster.figures(Actual)}, Notes: notes,
		Moments: slices.Clone(s.moments),
	}
	for _, p := range s.policies {
		f := p.figures(p.Name)
		f.Decided, f.Differs, f.Spans, f.Why = p.decided, p.differs, slices.Clone(p.spans), p.why
		r.By = append(r.By, f)
	}
	for _, of := range slices.Sorted(maps.Keys(s.failures)) {
		r.Failures = append(r.Failures, *s.failures[of])
	}
	return r
}

func (a *actor) figures(by string) Figures {
	return Figures{By: by, First: a.first, Last: a.replicas, Least: a.least, Most: a.most, ReplicaSeconds: a.seconds, Changes: a.changes}
}

// WriteCSV writes everybody's replicas over time: a line for each change.
func (r Report) WriteCSV(w io.Writer) error {
	c := csv.NewWriter(w)
	head := []string{"time"}
	for _, f := range r.By {
		head = append(head, f.By)
	}
	rows := [][]string{head}
	moments := r.Moments
	if n := len(moments); n > 0 && r.End.After(moments[n-1].At) {
		moments = append(slices.Clip(moments), Moment{r.End, moments[n-1].Replicas})
	}
	for _, m := range moments {
		row := []string{m.At.Format(time.RFC3339)}
		for _, n := range m.Replicas {
			row = append(row, strconv.Itoa(n))
		}
		rows = append(rows, row)
	}
	return c.WriteAll(rows)
}

// mostSpans is how many times of difference are told of each policy: the longest.
const mostSpans = 20

// Text is the report for people.
func (r Report) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Shadow of %s", r.Workload)
	if r.Rounds == r.Unknown {
		fmt.Fprintf(&b, ": in none of %d rounds the replicas were known.\n", r.Rounds)
	} else {
		fmt.Fprintf(&b, " from %s to %s UTC, in %d rounds.\n", r.Start.Format(time.DateTime), r.End.Format(time.DateTime), r.Rounds)
	}
	for _, note := range r.Notes {
		fmt.Fprintln(&b, note)
	}
	for _, f := range r.Failures {
		fmt.Fprintf(&b, "Rounds in which %s could not be read: %d, the last one at %s: %s\n", f.Of, f.Rounds, f.Last.Format(time.TimeOnly), f.Error)
	}
	if r.Unseen > 0 {
		fmt.Fprintf(&b, "%v count for nobody, for what the cluster did was not known.\n", time.Duration(r.Unseen*float64(time.Second)).Round(time.Second))
	}
	if r.Rounds == r.Unknown {
		return b.String()
	}
	r.writeTable(&b)
	for _, f := range r.By[1:] {
		f.writeSpans(&b)
	}
	return b.String()
}

func (r Report) writeTable(b *strings.Builder) {
	const first, least = 24, 16
	row := func(name string, cell func(Figures) string) {
		fmt.Fprintf(b, "%-*s", first, name)
		for _, f := range r.By {
			fmt.Fprintf(b, "%*s", max(least, len(f.By)+2), cell(f))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
	row("", func(f Figures) string { return f.By })
	row("replicas at the begin", func(f Figures) string { return fmt.Sprint(f.First) })
	row("replicas at the end", func(f Figures) string { return fmt.Sprint(f.Last) })
	row("least, most", func(f Figures) string { return fmt.Sprintf("%d, %d", f.Least, f.Most) })
	row("replica-seconds", func(f Figures) string { return fmt.Sprintf("%.0f", f.ReplicaSeconds) })
	row("changes", func(f Figures) string { return fmt.Sprint(f.Changes) })
	row("rounds that differ", func(f Figures) string {
		if f.By == Actual {
			return "-"
		}
		return fmt.Sprintf("%d of %d", f.Differs, r.Rounds-r.Unknown)
	})
}

// writeSpans writes when a policy differed from the cluster, and why.
func (f Figures) writeSpans(b *strings.Builder) {
	if len(f.Spans) == 0 {
		fmt.Fprintf(b, "\n%s never differed.\n", f.By)
		return
	}
	told := f.Spans
	if len(told) > mostSpans {
		told = slices.SortedStableFunc(slices.Values(told), func(a, b Span) int { return int(b.To.Sub(b.From) - a.To.Sub(a.From)) })[:mostSpans]
		slices.SortFunc(told, func(a, b Span) int { return a.From.Compare(b.From) })
	}
	fmt.Fprintf(b, "\n%s differed", f.By)
	if more := len(f.Spans) - len(told); more > 0 {
		fmt.Fprintf(b, " %d times, and these were the longest", len(f.Spans))
	}
	b.WriteString(":\n")
	for _, s := range told {
		fmt.Fprintf(b, "  %s to %s: %d, and the cluster had %d\n", s.From.Format(time.TimeOnly), s.To.Format(time.TimeOnly), s.Policy, s.Cluster)
		for _, step := range s.Why {
			fmt.Fprintf(b, "    %s\n", step)
		}
	}
}
