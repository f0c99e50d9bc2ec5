package main

import (
	"cmp"
	"fmt"
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
func (s scale) y(value float64) string {
	return pixels(float64(s.top) + float64(s.height)*(1-value/s.most))
}

// labels returns the labels of an axis on which place says where a value is.
func (s scale) labels(place func(value float64) string) []label {
	var labels []label
	for i := range int(math.Round(s.most/s.step)) + 1 {
		value := float64(i) * s.step
		labels = append(labels, label{place(value), strconv.FormatFloat(value, 'g', 6, 64)})
	}
	return labels
}

// pixels is a number in a path: to a tenth of a pixel.
func pixels(n float64) string { return strconv.FormatFloat(math.Round(n*10)/10, 'f', -1, 64) }

// x is where a part of the time is.
func x(part float64) string { return pixels(chartsLeft + (chartsRight-chartsLeft)*part) }

// A pen draws a line into a chart, with a point for each pixel.
type pen struct {
	scale
	mean, least, most []float64
}

func (s scale) pen(l line) pen {
	p := pen{scale: s}
	p.mean, p.least, p.most = thin(len(l.mean), chartsRight-chartsLeft,
		func(i int) float64 { return l.mean[i] }, func(i int) float64 { return l.least[i] }, func(i int) float64 { return l.most[i] })
	return p
}

// path goes up and down from point to point.
func (p pen) path(values []float64) string {
	var path strings.Builder
	for i, n := range values {
		path.WriteString([]string{"M", "L"}[min(i, 1)] + x(float64(i)/float64(len(values))) + " " + p.y(n))
	}
	return path.String()
}

// steps stays at each point until the next one.
func (p pen) steps(values []float64) string {
	var path strings.Builder
	before := ""
	for i, n := range values {
		x, y := x(float64(i)/float64(len(values))), p.y(n)
		switch {
		case i == 0:
			path.WriteString("M" + x + " " + y)
		case y != before:
			path.WriteString("H" + x + "V" + y)
		}
		before = y
	}
	return path.String() + "H" + strconv.Itoa(chartsRight)
}

// area is what is below a path of steps.
func (p pen) area(values []float64) string {
	return p.steps(values) + "V" + p.y(0) + "H" + strconv.Itoa(chartsLeft) + "Z"
}

// band reaches from the least to the most: one rectangle for each point at which they
// differ.
func (p pen) band() string {
	var path strings.Builder
	for i := range p.mean {
		if low, high := p.y(p.least[i]), p.y(p.most[i]); low != high {
			left, right := x(float64(i)/float64(len(p.mean))), x(float64(i+1)/float64(len(p.mean)))
			fmt.Fprintf(&path, "M%s %sV%sH%sV%sZ", left, low, high, right, low)
		}
	}
	return path.String()
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
	for at := t.start.UTC().Truncate(step); !at.After(t.start.Add(t.length)); at = at.Add(step) {
		if !at.Before(t.start) {
			labels = append(labels, label{x(float64(at.Sub(t.start)) / float64(t.length)), at.Format(layout)})
		}
	}
	return labels
}
