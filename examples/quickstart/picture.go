package main

import (
	"fmt"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/scalerkit/scalerkit/autoscale/control"
)

// A snapshot has the numbers of a show at one time.
type snapshot struct {
	title       string
	elapsed     time.Duration
	total       time.Duration
	max         int
	balance     balance
	transformed int
}

// A picture is all that the screen shows.
type picture struct {
	snapshot
	points         []point
	latest, change control.Round
}

// The colours are the terminal's own, to go with its background.
var (
	plain  = lipgloss.NewStyle()
	bold   = lipgloss.NewStyle().Bold(true)
	faint  = lipgloss.NewStyle().Faint(true)
	blue   = lipgloss.NewStyle().Foreground(lipgloss.Blue)
	green  = lipgloss.NewStyle().Foreground(lipgloss.Green)
	yellow = lipgloss.NewStyle().Foreground(lipgloss.Yellow)
	red    = lipgloss.NewStyle().Foreground(lipgloss.Red)
)

const (
	margin      = "  "
	reasonLines = 4  // that a decision takes on the screen
	otherLines  = 18 // that are not graphs
)

// render draws the picture for a terminal of the given size.
func (p picture) render(width, height int) string {
	inner := width - 2*len(margin)
	rows := min(max((height-otherLines)/2, 2), 8)

	var lines []string
	add := func(more ...string) { lines = append(lines, more...) }
	add("", spread(inner, bold.Render("scalerkit quickstart")+"  "+faint.Render(p.title), p.clock()), "")
	add(heading("waiting messages", blue, waiting(p.latest)))
	add(p.graph(blue, inner, rows, 0, func(pt point) float64 { return pt.waiting })...)
	add("")
	add(heading("workers", green, fmt.Sprint(p.latest.Decision.Replicas)))
	add(p.graph(green, inner, rows, float64(p.max), func(pt point) float64 { return pt.workers })...)
	add("")
	add(decision("latest decision", p.latest)...)
	add(decision("latest change", p.change)...)
	add(spread(inner, p.counts(), faint.Render("Ctrl-C ends")))

	for i, l := range lines {
		lines[i] = margin + ansi.Truncate(l, max(inner, 0), "…")
	}
	return strings.Join(lines[:min(len(lines), max(height, 0))], "\n")
}

func (p picture) clock() string {
	return fmt.Sprintf("%.1f s of %v s", p.elapsed.Seconds(), p.total.Seconds())
}

func (p picture) counts() string {
	b := p.balance
	text := fmt.Sprintf("published %d   transformed %d   verified %d   ", b.published, p.transformed, b.verified)
	if wrong := b.doubled + b.strange; wrong > 0 {
		return text + red.Render(fmt.Sprintf("doubled %d", wrong))
	}
	return text + green.Render("doubled 0")
}

func heading(name string, style lipgloss.Style, value string) string {
	return bold.Render(name) + "  " + style.Render(value)
}

// decision says what a round decided and why, in reasonLines and a heading.
func decision(name string, r control.Round) []string {
	lines := make([]string, 1+reasonLines)
	style, number := plain, ""
	if r.Decided {
		number = count(r.Current, "worker")
	}
	if r.Current != r.Decision.Replicas {
		style, number = yellow, fmt.Sprintf("%d -> %s", r.Current, count(r.Decision.Replicas, "worker"))
	}
	lines[0] = heading(name, style, number)
	for i, reason := range reasons(r) {
		if i < reasonLines {
			lines[1+i] = margin + reason
		}
	}
	return lines
}

// spread puts one text to the left and one to the right.
func spread(width int, left, right string) string {
	gap := width - ansi.StringWidth(left) - ansi.StringWidth(right)
	if gap < 1 {
		return left
	}
	return left + strings.Repeat(" ", gap) + right
}
