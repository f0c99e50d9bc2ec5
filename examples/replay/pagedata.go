package main

import (
	"math"
	"regexp"
	"strings"
)

// pageData is what the script of a page takes, as JSON. Times are in seconds since
// Start, which is in seconds since 1970.
type pageData struct {
	Start float64    `json:"start"`
	Dates bool       `json:"dates"` // a time of day is not enough
	At    []float64  `json:"at"`    // of the points
	Load  pageLine   `json:"load"`
	Rate  float64    `json:"rate"`
	Runs  []pageRun  `json:"runs"`
	Texts [][]string `json:"texts"` // what is between the numbers of decisions' reasons
}

// A pageLine has no Least and Most where points are not thinned.
type pageLine struct {
	Mean  []float64 `json:"mean"`
	Least []float64 `json:"least,omitempty"`
	Most  []float64 `json:"most,omitempty"`
}

// A pageRun is an outcome. Each of its decisions is [at, by, from, to, waiting, index
// of its text, its numbers].
type pageRun struct {
	Name      string    `json:"name"`
	By        int       `json:"by"`      // index of the contender
	Policy    int       `json:"policy"`  // its index
	Backlog   []float64 `json:"backlog"` // the most
	Replicas  pageLine  `json:"replicas"`
	Decisions [][7]any  `json:"decisions"`
}

func (t *timeline) data() pageData {
	d := pageData{Start: float64(t.start.UnixMilli()) / 1000, Dates: t.dates(), Load: t.pageLine(t.load), Rate: t.rate, Texts: [][]string{}}
	for _, at := range t.at() {
		d.At = append(d.At, at.Seconds())
	}
	texts := make(map[string]int)
	for _, tr := range t.traces {
		run := pageRun{Name: tr.name, By: tr.by, Policy: tr.policy, Backlog: tr.backlog.most, Replicas: t.pageLine(tr.replicas), Decisions: [][7]any{}}
		for _, c := range tr.decisions.shown {
			between := number.Split(c.reasons, -1)
			key := strings.Join(between, "\x00")
			index, ok := texts[key]
			if !ok {
				index = len(d.Texts)
				texts[key], d.Texts = index, append(d.Texts, between)
			}
			numbers := strings.Join(number.FindAllString(c.reasons, -1), " ")
			run.Decisions = append(run.Decisions, [7]any{c.at.Seconds(), c.by, c.from, c.to, c.waiting, index, numbers})
		}
		d.Runs = append(d.Runs, run)
	}
	return d
}

// The reasons of decisions differ by their numbers, so a page has the text between them
// once. That makes it many times smaller.
var number = regexp.MustCompile(`[0-9]+(?:\.[0-9]+)?`)

func (t *timeline) pageLine(l line) pageLine {
	p := pageLine{Mean: digits(l.mean)}
	if t.thinned() {
		p.Least, p.Most = digits(l.least), digits(l.most)
	}
	return p
}

// digits rounds numbers to as many digits as can be seen.
func digits(numbers []float64) []float64 {
	rounded := make([]float64, len(numbers))
	for i, n := range numbers {
		if n != 0 {
			scale := math.Pow(10, 3-math.Floor(math.Log10(n)))
			rounded[i] = math.Round(n*scale) / scale
		}
	}
	return rounded
}
