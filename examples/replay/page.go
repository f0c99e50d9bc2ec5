package main

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
)

// What a page is made of. uPlot.json says where uPlot is from.
var (
	//go:embed page/page.html
	pageHTML string
	//go:embed page/colours.css
	coloursCSS string
	//go:embed page/page.css
	pageCSS string
	//go:embed page/page.js
	pageJS string
	//go:embed page/uPlot.min.css
	plotCSS string
	//go:embed page/uPlot.iife.min.js
	plotJS string
	//go:embed page/uPlot.LICENSE
	plotLicence string

	pageTemplate = template.Must(template.New("page").Parse(pageHTML))
)

// mostDecisions is how many decisions a page has, of all outcomes together: they take
// less than a megabyte.
const mostDecisions = 12_000

// A page is what its template takes.
type page struct {
	*report
	LoadText   []string
	Cards      []card
	Charts     []chart
	Rows       []row
	Runs       []runText
	Resolution string

	Security string // what the browser may do
	Styles   []template.CSS
	Scripts  []template.JS
	Licence  string
	Data     pageData
}

// A card has the figures of an outcome that say most.
type card struct {
	Name    string
	By      int // index of the contender
	Figures []figure
}

type figure struct{ Name, Value string }

// The keys of the figures on a card.
var onCard = []string{"right_size_mean_s", "wait_p95_s", "replica_seconds"}

// A chart is drawn by the script; here it is in words.
type chart struct {
	Title, Unit string
	By          int // index of the contender, or -1
	Texts       []chartText
}

// A chartText is about a line.
type chartText struct {
	By   int
	Text string
}

// A row of the table.
type row struct {
	Name   string
	Values []string
}

// A runText is what is told of an outcome at length.
type runText struct {
	Name    string
	By      int
	Index   int // of the outcome
	Kept    string
	Moments []momentText
}

type momentText struct {
	What, Text string
	From, To   float64 // seconds
	Decisions  []decisionText
	More       int
}

type decisionText struct{ At, By, Change, Waiting, Reasons string }

// writePage writes the report as a page that needs nothing else.
func (r *report) writePage(w io.Writer) error {
	t := r.timeline
	p := page{
		report:   r,
		LoadText: r.Load.text(), Resolution: t.resolution(), Charts: t.charts(),
		Styles:  []template.CSS{template.CSS(plotCSS), template.CSS(coloursCSS), template.CSS(pageCSS)},
		Scripts: []template.JS{template.JS(plotJS), template.JS(pageJS)},
		Licence: plotLicence, Data: t.data(),
	}
	p.Security = fmt.Sprintf("default-src 'none'; script-src %s; style-src %s; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
		hashes(plotJS, pageJS), hashes(plotCSS, coloursCSS, pageCSS))
	for _, m := range measures {
		row := row{Name: m.name}
		for _, o := range r.Results {
			row.Values = append(row.Values, m.text(o))
		}
		p.Rows = append(p.Rows, row)
	}
	for i, tr := range t.traces {
		card := card{Name: tr.name, By: tr.by}
		for _, key := range onCard {
			m := measureOf(key)
			card.Figures = append(card.Figures, figure{m.name, m.text(r.Results[i])})
		}
		p.Cards = append(p.Cards, card)
		p.Runs = append(p.Runs, t.run(i))
	}
	return pageTemplate.Execute(w, p)
}

// hashes lets a browser take these texts and no others.
func hashes(texts ...string) string {
	for i, text := range texts {
		sum := sha256.Sum256([]byte(text))
		texts[i] = "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return strings.Join(texts, " ")
}

// charts says what the charts show.
func (t *timeline) charts() []chart {
	load := chart{Title: "Load", Unit: "messages a second", By: -1, Texts: []chartText{{By: -1, Text: t.peakText("%.3g", t.load)}}}
	backlog := chart{Title: "Backlog", Unit: "messages that wait", By: -1}
	charts := []chart{load, backlog}
	for _, tr := range t.traces {
		charts[1].Texts = append(charts[1].Texts, chartText{tr.by, tr.name + " " + t.peakText("%.0f", tr.backlog)})
		charts = append(charts, chart{Title: tr.name, Unit: "replicas", By: tr.by, Texts: []chartText{{-1, t.peakText("%.0f", tr.replicas)}}})
	}
	return charts
}

func (t *timeline) peakText(format string, l line) string {
	return fmt.Sprintf("at most "+format+", at %s", l.peak, t.clock(l.peakAt))
}

// run tells of an outcome.
func (t *timeline) run(i int) runText {
	tr := t.traces[i]
	run := runText{Name: tr.name, By: tr.by, Index: i, Kept: tr.decisions.String()}
	for _, m := range tr.moments {
		text := momentText{What: m.what, Text: m.text, From: m.from.Seconds(), To: m.to.Seconds(), More: m.more}
		for _, d := range m.decisions {
			text.Decisions = append(text.Decisions, decisionText{
				At: t.clock(d.at), By: d.by, Reasons: d.reasons,
				Change: fmt.Sprintf("%d → %d", d.from, d.to), Waiting: fmt.Sprintf("%d waiting", d.waiting),
			})
		}
		run.Moments = append(run.Moments, text)
	}
	return run
}
