package main

import (
	"fmt"
	"io"
	"strings"
)

// writePicture draws the frontier as an SVG: what a shorter time costs. What is far
// beyond the objective, the given and the tuned values is left out.
func (r *tuneReport) writePicture(w io.Writer) error {
	p := newPicture(fmt.Sprintf("Tuning of %s: %s against replica-seconds", r.Policy.File, r.measure.name),
		fmt.Sprintf("%d settings in %d simulations. Objective: %s.", r.Searched.Settings, r.Searched.Simulations, r.wanted()))
	at := func(f map[string]float64) (cost, time float64) { return f["replica_seconds"], f[r.Measure] }
	mostCost, mostTime := at(r.Given)
	tunedCost, tunedTime := at(r.Tuned)
	mostCost, mostTime = max(mostCost, tunedCost), max(mostTime, tunedTime, 2*r.limit.Seconds())
	mostCost *= 1.5
	across := scaleOf(mostCost)
	x := func(cost float64) string { return x(cost / across.most) }
	p.Times = across.labels(x)
	texts := []pictureText{title("by2", "Frontier"), plain(r.measure.name + ", seconds"), plain("replica-seconds from left to right")}
	texts = append(texts, r.legend("by0", "given", r.Given)...)
	texts = append(texts, r.legend("by1", "tuned", r.Tuned)...)
	p.Words = fmt.Sprintf("Given: %s. Tuned: %s.", r.brief(r.Given), r.brief(r.Tuned))
	p.add(300, scaleOf(mostTime), func(s scale) []curve {
		var path strings.Builder
		for _, f := range r.Frontier {
			cost, time := at(f.Figures)
			switch {
			case time > mostTime || cost > mostCost:
			case path.Len() == 0:
				fmt.Fprintf(&path, "M%s %s", x(cost), s.y(time))
			default:
				fmt.Fprintf(&path, "H%sV%s", x(cost), s.y(time))
			}
		}
		mark := func(class string, f map[string]float64) curve {
			cost, time := at(f)
			return curve{Class: "curve " + class, Path: fmt.Sprintf("M%s %sm-5 0l5 -5l5 5l-5 5z", x(cost), s.y(time))}
		}
		limit := curve{Class: "curve load", Path: fmt.Sprintf("M%d %sH%d", chartsLeft, s.y(r.limit.Seconds()), chartsRight)}
		return []curve{limit, {Class: "curve by2", Path: path.String()}, mark("by0", r.Given), mark("by1", r.Tuned)}
	}, texts...)
	return pictureTemplate.Execute(w, p)
}

func (r *tuneReport) legend(class, name string, figures map[string]float64) []pictureText {
	return []pictureText{title(class, name), plain(r.measure.name + ": " + r.measure.text(figures)), plain("replica-seconds: " + replicaSecondsText(figures))}
}

func (r *tuneReport) brief(figures map[string]float64) string {
	return fmt.Sprintf("%s %s, %s replica-seconds", r.measure.name, r.measure.text(figures), replicaSecondsText(figures))
}
