package main

import (
	"fmt"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
)

// Blocks are bars of 0 to 8 eighths of a line.
var blocks = []rune(" ▁▂▃▄▅▆▇█")

// graph draws a number over the time of the whole show, in so many rows. The
// scale goes to top, or further where there is more.
func (p picture) graph(style lipgloss.Style, width, rows int, top float64, of func(point) float64) []string {
	const axis = 6 // columns for the numbers to the left
	columns := p.columns(max(width-axis, 1), of)
	for _, c := range columns {
		top = max(top, c)
	}
	var lines []string
	for row := rows - 1; row >= 0; row-- {
		label := ""
		switch row {
		case rows - 1:
			label = fmt.Sprintf("%.0f", top)
		case 0:
			label = "0"
		}
		lines = append(lines, faint.Render(fmt.Sprintf("%4s ┤", label))+style.Render(bars(columns, top, row, rows)))
	}
	return lines
}

// columns spreads the points over the width, which is the whole show. A number
// holds until the next; where several fall into one column, it has the
// greatest. Columns that are still to come are not there.
func (p picture) columns(width int, of func(point) float64) []float64 {
	if p.total <= 0 {
		return nil
	}
	at := func(t time.Duration) int { return min(int(int64(t)*int64(width)/int64(p.total)), width-1) }
	columns := make([]float64, at(p.elapsed)+1)
	for i, pt := range p.points {
		end := len(columns) - 1
		if i+1 < len(p.points) {
			end = at(p.points[i+1].at)
		}
		for c := at(pt.at); c <= min(end, len(columns)-1); c++ {
			if c > at(pt.at) || columns[c] < of(pt) {
				columns[c] = of(pt)
			}
		}
	}
	return columns
}

// bars returns one row of the graph, row 0 being the lowest. What is not zero
// is seen, however little it is.
func bars(columns []float64, top float64, row, rows int) string {
	var text strings.Builder
	for _, c := range columns {
		eighths := 0
		if top > 0 && c > 0 {
			eighths = max(int(c/top*float64(8*rows)+0.5), 1)
		}
		text.WriteRune(blocks[min(max(eighths-8*row, 0), 8)])
	}
	return text.String()
}
