package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit/autoscale/record"
	"github.com/scalerkit/scalerkit/autoscale/record/promrange"
	"github.com/scalerkit/scalerkit/autoscale/simulate"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// workloadOf returns by which names a Prometheus knows a ScaledObject.
func workloadOf(so *v1alpha1.ScaledObject) promrange.Workload {
	w := promrange.Workload{Namespace: so.Namespace, ScaledObject: so.Name, HPA: so.HPAName()}
	if target := so.Spec.ScaleTargetRef; target != nil {
		w.Kind, w.Target = cmp.Or(target.Kind, "Deployment"), target.Name
	}
	return w
}

// load returns what arrived: by a query for it, or as an estimate from what KEDA told of
// the workload of p.
func (p *prometheus) load(ctx context.Context, cfg *config, of policy) (load, error) {
	l := load{file: strings.Join(p.from, ", ")}
	address := p.address()
	if address == nil {
		series, err := p.saved()
		if err == nil {
			err = l.estimate(cfg, of, func(w promrange.Workload) ([]record.Round, []string, error) { return w.Rounds(series) })
		}
		if err != nil {
			return l, fmt.Errorf("%s: %w", l.file, err)
		}
		return l, nil
	}
	window, err := p.window(time.Now())
	if err != nil {
		return l, err
	}
	server, err := p.server()
	if err != nil {
		return l, err
	}
	l.file = server.URL
	if p.query != "" {
		err = l.ask(ctx, cfg, server, window)
	} else {
		err = l.estimate(cfg, of, func(w promrange.Workload) ([]record.Round, []string, error) { return askKEDA(ctx, server, w, window) })
	}
	if err != nil {
		return l, fmt.Errorf("%s: %w", l.file, err)
	}
	l.covers(window)
	return l, nil
}

// saved reads the files of -prometheus.
func (p *prometheus) saved() ([]promrange.Series, error) {
	var answers [][]promrange.Series
	for _, file := range p.from {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		series, err := promrange.Parse(text)
		if err != nil {
			return nil, inFile(file, len(p.from), err)
		}
		answers = append(answers, series)
	}
	return promrange.Join(answers...), nil
}

// inFile names the file where there are several.
func inFile(file string, files int, err error) error {
	if files == 1 {
		return err
	}
	return fmt.Errorf("%s: %w", file, err)
}

// askKEDA asks for the rounds of a workload. If there are none, the error says of whom
// there are some.
func askKEDA(ctx context.Context, server promrange.Server, w promrange.Workload, window promrange.Window) ([]record.Round, []string, error) {
	series, err := server.Query(ctx, w.Query(), window)
	if err != nil {
		return nil, nil, err
	}
	rounds, notes, err := w.Rounds(series)
	if errors.Is(err, promrange.ErrNotThere) {
		few := window
		few.Step = max(window.Step, window.To.Sub(window.From)/100)
		all, queryErr := server.Query(ctx, w.Everybody(), few)
		if queryErr != nil {
			return nil, nil, queryErr
		}
		_, _, err = w.Rounds(all)
	}
	return rounds, notes, err
}

// estimate estimates the load from rounds, as from those of a recording.
func (l *load) estimate(cfg *config, of policy, rounds func(promrange.Workload) ([]record.Round, []string, error)) error {
	w := of.workload
	w.Where, w.Reading = cfg.prometheus.where, cfg.reading
	if cfg.workload != "" {
		var ok bool
		if w.Namespace, w.ScaledObject, ok = strings.Cut(cfg.workload, "/"); !ok {
			return fmt.Errorf("-workload %s: want namespace/name of a ScaledObject", cfg.workload)
		}
	}
	found, notes, err := rounds(w)
	if err != nil {
		return err
	}
	rec := recording{inFlight: of.metric.InFlight}
	failed := make(map[string]int)
	for _, r := range found {
		if s := r.Samples[0]; s.Error != "" {
			failed[s.Error]++
		} else {
			rec.levels = append(rec.levels, levelOf(r, s))
		}
	}
	for _, why := range slices.Sorted(maps.Keys(failed)) {
		notes = append(notes, fmt.Sprintf("%d of %d readings are left out: %s then.", failed[why], len(found), why))
	}
	if len(rec.levels) < 3 {
		return fmt.Errorf("there are %d readings, and it takes 3: %s", len(rec.levels), strings.Join(notes, " "))
	}
	var estimated []string
	l.series, estimated, err = rec.estimate(cfg)
	l.notes = append(notes, estimated...)
	return err
}

// ask asks for what arrived.
func (l *load) ask(ctx context.Context, cfg *config, server promrange.Server, window promrange.Window) error {
	if cfg.given["busy"] || cfg.given["workload"] || cfg.given["reading"] {
		return errors.New("-workload, -reading and -busy are for what KEDA told, and -query is for what arrived")
	}
	window.From = window.From.Add(window.Step) // the first answer is of the step before it
	series, err := server.Query(ctx, cfg.prometheus.query, window)
	if err != nil {
		return err
	}
	l.series, err = arrivals(series, window.Step, simulate.Gaps(cfg.gaps))
	l.notes = []string{fmt.Sprintf("What arrived in each step is the result of the query %q.", cfg.prometheus.query)}
	return err
}

// covers notes that there is less than was asked about.
func (l *load) covers(window promrange.Window) {
	from, to := l.series.Start, l.series.Start.Add(l.series.Length())
	if from.Sub(window.From) > window.Step || window.To.Sub(to) > 2*window.Step {
		l.notes = append(l.notes, fmt.Sprintf("There is nothing but from %s to %s UTC, of %s to %s that were asked about.",
			from.Format(time.DateTime), to.Format(time.DateTime), window.From.Format(time.DateTime), window.To.Format(time.DateTime)))
	}
}

// savedArrivals reads what arrived from an answer that was saved. Its step is the
// shortest one between two values.
func savedArrivals(r io.Reader, gaps simulate.Gaps) (simulate.Series, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return simulate.Series{}, err
	}
	series, err := promrange.Parse(text)
	if err != nil {
		return simulate.Series{}, err
	}
	var step time.Duration
	for _, s := range series {
		for i := 1; i < len(s.Points); i++ {
			if d := s.Points[i].Time.Sub(s.Points[i-1].Time); step == 0 || d < step {
				step = d
			}
		}
	}
	return arrivals(series, step, gaps)
}

// arrivals makes a load of a series in which each value is how many messages arrived in
// the step that ends then.
func arrivals(series []promrange.Series, step time.Duration, gaps simulate.Gaps) (simulate.Series, error) {
	switch {
	case len(series) == 0:
		return simulate.Series{}, errors.New("the query has no result")
	case len(series) > 1:
		return simulate.Series{}, fmt.Errorf("the query results in %d series: make one of them, with sum(), say", len(series))
	case len(series[0].Points) < 2:
		return simulate.Series{}, errors.New("the query results in one value, and it takes 2")
	}
	points := series[0].Points
	load := simulate.Series{Start: points[0].Time.Add(-step), Step: step}
	for i, p := range points {
		at := p.Time.Format(time.RFC3339)
		if !(p.Value >= 0) || math.IsInf(p.Value, 0) {
			return load, fmt.Errorf("at %s the result is %v: want a number of at least 0", at, p.Value)
		}
		fill := 0.0
		if i > 0 {
			away := p.Time.Sub(points[i-1].Time)
			switch {
			case away <= 0:
				return load, fmt.Errorf("%s is not after the value before", at)
			case away%step != 0:
				return load, fmt.Errorf("%s is %v after the value before, and others are %v apart", at, away, step)
			case away > step && gaps == simulate.RefuseGaps:
				return load, fmt.Errorf("%s is %v after the value before, and others are %v apart: fill the gap with -gaps %s or %s",
					at, away, step, simulate.FillZero, simulate.FillRepeat)
			case len(load.Messages)+int(away/step) > mostSteps:
				return load, fmt.Errorf("there are more than %d steps", mostSteps)
			case gaps == simulate.FillRepeat:
				fill = points[i-1].Value
			}
			load.Messages = append(load.Messages, slices.Repeat([]float64{fill}, int(away/step)-1)...)
		}
		load.Messages = append(load.Messages, p.Value)
	}
	return load, nil
}
