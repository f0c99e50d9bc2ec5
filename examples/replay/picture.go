package main

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"
	"unicode"
)

// The picture is drawn here: what libraries for Go draw has the same colours on a dark
// screen as on a light one.
var (
	//go:embed page/picture.svg
	pictureSVG string

	pictureTemplate = template.Must(template.New("picture").Parse(pictureSVG))
)

// The layout of a picture, in its pixels.
const (
	pictureWidth = 900
	chartsLeft   = 52
	chartsRight  = 660
	chartsTop    = 76
	chartsGap    = 22
	textsLeft    = chartsRight + 20
	textHeight   = 17
)

// A picture is what its template takes.
type picture struct {
	Colours       template.CSS
	Title, About  string
	Words         string // what the charts show
	Width, Height int
	Left, Right   int // of the charts
	Texts         int // left of what is beside them
	Top, Bottom   int // of all charts
	Charts        []pictureChart
	Times         []label
}

type pictureChart struct {
	Top, Bottom int
	Values      []label
	Curves      []curve
	Texts       []pictureText
}

// A label is a text at a place on an axis.
type label struct{ At, Text string }

type pictureText struct {
	Y           int
	Class, Text string
}

// A curve is a path.
type curve struct{ Class, Path string }

// newPicture returns a picture without charts. The title may have names of files.
func newPicture(title, about string) *picture {
	return &picture{
		Colours: template.CSS(coloursCSS),
		Title:   strings.Map(inXML, strings.ToValidUTF8(title, "\ufffd")),
		About:   about,
		Width:   pictureWidth, Left: chartsLeft, Right: chartsRight, Texts: textsLeft, Top: chartsTop,
	}
}

// writePicture writes the charts as an SVG.
func (r *report) writePicture(w io.Writer) error {
	t := r.timeline
	p := newPicture("Replay of "+r.Load.File,
		fmt.Sprintf("%.0f messages in %v, from %s UTC; they keep %.1f replicas busy on average, and %.1f in the fullest step.",
			r.Load.Messages, t.length, t.start.UTC().Format(time.DateTime), r.Load.Busy, r.Load.MostBusy))
	p.Times = t.times()
	var words []string
	for _, c := range t.charts() {
		texts := make([]string, len(c.Texts))
		for i, text := range c.Texts {
			texts[i] = text.Text
		}
		words = append(words, fmt.Sprintf("%s, %s: %s.", c.Title, c.Unit, strings.Join(texts, "; ")))
	}
	p.Words = strings.Join(words, " ")

	p.add(70, scaleOf(t.load.peak), func(s scale) []curve { return s.load(t.load) },
		title("", "Load"), plain("messages a second"), plain(t.peakText("%.3g", t.load)))

	most := 0.0
	texts := []pictureText{title("", "Backlog"), plain("messages that wait")}
	for _, tr := range t.traces {
		most = max(most, tr.backlog.peak)
		texts = append(texts, pictureText{Class: tr.class(), Text: fmt.Sprintf("%s: at most %.0f", tr.name, tr.backlog.peak)})
	}
	p.add(110, scaleOf(most), func(s scale) (curves []curve) {
		for _, tr := range t.traces {
			p := s.pen(tr.backlog)
			curves = append(curves, curve{"curve " + tr.class(), p.path(p.most)})
		}
		return curves
	}, texts...)

	busy := t.load.times(1 / t.rate)
	most = busy.peak
	for _, tr := range t.traces {
		most = max(most, tr.replicas.peak)
	}
	for i, tr := range t.traces {
		texts := []pictureText{title(tr.class(), tr.name), plain("replicas; grey are those kept busy")}
		for _, key := range onCard {
			m := measureOf(key)
			texts = append(texts, plain(m.name+": "+m.text(r.Results[i])))
		}
		p.add(80, scaleOf(most), func(s scale) []curve {
			p := s.pen(tr.replicas)
			return append(s.load(busy), curve{"band " + tr.class(), p.band()}, curve{"curve " + tr.class(), p.steps(p.mean)})
		}, texts...)
	}
	return pictureTemplate.Execute(w, p)
}

// load returns the curves of a load, or of the replicas that it keeps busy.
func (s scale) load(l line) []curve {
	p := s.pen(l)
	return []curve{{"area", p.area(p.mean)}, {"band load", p.band()}, {"curve load", p.steps(p.mean)}}
}

// times returns a line with so many times its values.
func (l line) times(factor float64) line {
	scaled := func(values []float64) []float64 {
		result := make([]float64, len(values))
		for i, n := range values {
			result[i] = factor * n
		}
		return result
	}
	return line{scaled(l.mean), scaled(l.least), scaled(l.most), factor * l.peak, l.peakAt}
}

// inXML replaces what XML cannot have.
func inXML(r rune) rune {
	if unicode.IsControl(r) {
		return unicode.ReplacementChar
	}
	return r
}

func (t *trace) class() string { return fmt.Sprintf("by%d", t.by) }

func plain(text string) pictureText        { return pictureText{Text: text} }
func title(class, text string) pictureText { return pictureText{Class: class + " title", Text: text} }

// add adds a chart below the others, as high as its texts or more.
func (p *picture) add(height int, s scale, curves func(scale) []curve, texts ...pictureText) {
	s.top = chartsTop
	if n := len(p.Charts); n > 0 {
		s.top = p.Charts[n-1].Bottom + chartsGap
	}
	s.height = max(height, len(texts)*textHeight-6)
	c := pictureChart{Top: s.top, Bottom: s.top + s.height, Values: s.labels(s.y), Curves: curves(s), Texts: texts}
	for i := range texts {
		texts[i].Y = s.top + 10 + i*textHeight
	}
	p.Charts = append(p.Charts, c)
	p.Bottom, p.Height = c.Bottom, c.Bottom+40
}
