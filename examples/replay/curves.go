package main

import (
	"cmp"
	"math"
	"strconv"
	"strings"
	"time"
)

// A scale turns values into heights in a picture.
type scale struct {
	most        float64 // the value at the top: a multiple of step
	step        float64 // from one label to the next
	top, height int
}

// scaleOf returns a scale from 0 up to a value.
func scaleOf(most float64) scale {
	const mostLabels = 4 // above 0
	most = cmp.Or(most, 1)
	step := math.Pow(10, math.Floor(math.Log10(most))-1)
	for _, factor := range []float64{1, 2, 5, 10, 20, 50} {
		if most <= step*factor*mostLabels {
			step *= factor
			break
		}
	}
	return scale{most: math.Ceil(most/step) * step, step: step}
}

// y is the height of a value, which counts from above.
func (s scale) y(value float64) float64 {
	return float64(s.top) + float64(s.height)*(1-value/s.most)
}

func (s scale) values() []label {
	var labels []label
	for i := range int(math.Round(s.most/s.step)) + 1 {
		value := float64(i) * s.step
		labels = append(labels, label{pixels(s.y(value)), strconv.FormatFloat(value, 'g', 6, 64)})
	}
	return labels
}

// pixels is a number in a path: to a tenth of a pixel.
func pixels(n float64) string { return strconv.FormatFloat(math.Round(n*10)/10, 'f', -1, 64) }

// x is where a time is: seconds since the start.
func (t *timeline) x(seconds float64) float64 {
	return chartsLeft + (chartsRight-chartsLeft)*seconds/t.length.Seconds()
}

// curveGrid takes two points for each pixel.
func (t *timeline) curveGrid() grid {
	return grid{ticks: len(t.at), most: 2 * (chartsRight - chartsLeft)}
}

// line returns a curve that goes from point to point.
func (s scale) line(t *timeline, class string, points []float64) curve {
	g := t.curveGrid()
	at := g.at()
	var path strings.Builder
	for i, n := range g.points(func(i int) float64 { return points[i] }) {
		path.WriteString([]string{"M", "L"}[min(i, 1)] + pixels(t.x(t.at[at[i]])) + " " + pixels(s.y(n)))
	}
	return curve{Class: class, Path: path.String()}
}

// steps returns a curve that stays at each point until the next one, and what is
// below it.
func (s scale) steps(t *timeline, class string, points []float64) curve {
	g := t.curveGrid()
	at := g.at()
	var path strings.Builder
	before := ""
	for i, n := range g.points(func(i int) float64 { return points[i] }) {
		x, y := pixels(t.x(t.at[at[i]])), pixels(s.y(n))
		switch {
		case i == 0:
			path.WriteString("M" + x + " " + y)
		case y != before:
			path.WriteString("H" + x + "V" + y)
		}
		before = y
	}
	path.WriteString("H" + strconv.Itoa(chartsRight))
	bottom := pixels(s.y(0))
	return curve{Class: class, Path: path.String(), Area: path.String() + "V" + bottom + "H" + strconv.Itoa(chartsLeft) + "Z"}
}

// The steps of an axis of time.
var timeSteps = []time.Duration{
	time.Second, 5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	24 * time.Hour, 2 * 24 * time.Hour, 7 * 24 * time.Hour, 28 * 24 * time.Hour, 91 * 24 * time.Hour,
}

// times returns the labels of the axis of time, in UTC.
func (t *timeline) times() []label {
	const most = 9
	step := timeSteps[len(timeSteps)-1]
	for _, s := range timeSteps {
		if t.length <= most*s {
			step = s
			break
		}
	}
	layout := "15:04"
	switch {
	case step >= 24*time.Hour:
		layout = "Jan 2"
	case step < time.Minute:
		layout = time.TimeOnly
	}
	var labels []label
	first := t.start.UTC().Truncate(step)
	for at := first; !at.After(t.start.Add(t.length)); at = at.Add(step) {
		if !at.Before(t.start) {
			labels = append(labels, label{pixels(t.x(at.Sub(t.start).Seconds())), at.Format(layout)})
		}
	}
	return labels
}
