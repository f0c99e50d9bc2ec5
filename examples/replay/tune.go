package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/simulate"
	"github.com/scalerkit/scalerkit/autoscale/simulate/tune"
	"github.com/scalerkit/scalerkit/examples/replay/internal/progress"
	"github.com/scalerkit/scalerkit/internal/joined"
)

// A tuneConfig is what the flags of replay tune say. Those of replay are among them.
type tuneConfig struct {
	config
	loads     []string
	hold      string // a file, or none; empty: a part of the loads
	objective simulate.Objective
	mode      string
	budget    int           // simulations; 0: as many as there is time for
	time      time.Duration // 0: as many simulations as the budget says
	seeds     int
	fastest   time.Duration
	keep      map[string]bool
	out       string
}

// Who may scale by what is tuned.
const (
	forDirect = "direct"
	forHPA    = "hpa"
	forKEDA   = "keda"
)

const (
	holdNone       = "none"
	defaultFastest = 5 * time.Second
	defaultWait    = 30 * time.Second
	mostInTime     = 1_000_000 // simulations
)

// notForTune are the flags of replay that mean something else here, or nothing.
var notForTune = []string{"load", "html", "svg", "csv", "json"}

func tuneFlags(cfg *tuneConfig) *flag.FlagSet {
	f := flag.NewFlagSet("replay tune", flag.ContinueOnError)
	flagSet(&cfg.config).VisitAll(func(of *flag.Flag) {
		if !slices.Contains(notForTune, of.Name) {
			f.Var(of.Value, of.Name, of.Usage)
		}
	})
	f.Func("load", "`file` of what arrived, as replay takes it; may be given several times", func(file string) error {
		cfg.loads = append(cfg.loads, file)
		return nil
	})
	f.StringVar(&cfg.hold, "hold", "", "`file` of a load that does not take part in the choice, or none\n"+
		"(default the last of several loads, or the last quarter of one)")
	for _, limit := range []struct {
		name, what string
		to         *time.Duration
	}{
		{"p50", "what half of the messages may wait at most", &cfg.objective.P50Wait},
		{"p95", "what 95 % of the messages may wait at most; 30s if nothing else is limited", &cfg.objective.P95Wait},
		{"p99", "what 99 % of the messages may wait at most", &cfg.objective.P99Wait},
		{"max-wait", "what any message may wait at most", &cfg.objective.MaxWait},
		{"right-size", "how long there may be far too few replicas at most", &cfg.objective.RightSize},
	} {
		f.DurationVar(limit.to, limit.name, 0, limit.what)
	}
	f.StringVar(&cfg.mode, "for", forDirect, "who scales: `direct`, hpa for this library with an HPA, or keda")
	cfg.budget = tune.DefaultBudget
	f.Func("budget", "`simulations` to make at most, or how long to search, as 2m (default 500)", func(text string) error {
		if n, err := strconv.Atoi(text); err == nil && n > 0 {
			cfg.budget, cfg.time = n, 0
			return nil
		}
		d, err := time.ParseDuration(text)
		if err != nil || d <= 0 {
			return errors.New("want a number greater than 0, or a time such as 2m")
		}
		cfg.budget, cfg.time = mostInTime, d
		return nil
	})
	f.IntVar(&cfg.seeds, "seeds", tune.DefaultSeeds, "how many `times` each load is played with the same values, with other chance")
	f.DurationVar(&cfg.fastest, "fastest", defaultFastest, "the shortest pollingInterval that is tried: polls are for free here, and not for the source")
	cfg.keep = make(map[string]bool)
	f.Func("keep", "`key` that keeps its value: "+strings.Join(tunedKeys, ", ")+"; may be given several times", func(key string) error {
		if !slices.Contains(tunedKeys, key) {
			return errors.New("want one of " + strings.Join(tunedKeys, ", "))
		}
		cfg.keep[key] = true
		return nil
	})
	f.StringVar(&cfg.out, "out", "", "write the ScaledObject with the values to this `file`")
	f.StringVar(&cfg.svg, "svg", "", "write a picture of the frontier to this `file`")
	f.BoolVar(&cfg.csv, "csv", false, "print the frontier as CSV")
	f.BoolVar(&cfg.json, "json", false, "print everything as JSON")
	return f
}

func tuneUsage() string {
	var text strings.Builder
	f := tuneFlags(new(tuneConfig))
	f.SetOutput(&text)
	fmt.Fprintln(&text, "Replay tune finds the values of a ScaledObject that meet an objective with the fewest replica-seconds.")
	fmt.Fprintln(&text, "Without -policy and -load it tunes an example.")
	fmt.Fprintln(&text)
	f.PrintDefaults()
	return text.String()
}

// parseTune returns the config that args ask for. Its errors take one line.
func parseTune(args []string) (tuneConfig, error) {
	var cfg tuneConfig
	f := tuneFlags(&cfg)
	f.SetOutput(new(strings.Builder)) // errors are for runTune to print
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return cfg, err
		}
		return cfg, fmt.Errorf("%w (tune -help lists the flags)", err)
	}
	if f.NArg() > 0 {
		return cfg, fmt.Errorf("%q: there are only flags and no arguments (tune -help lists them)", f.Arg(0))
	}
	if len(cfg.loads) > 0 {
		cfg.load = cfg.loads[0]
	}
	cfg.assume(f)
	return cfg, cfg.check()
}

func (c *tuneConfig) check() error {
	if err := c.config.check(); err != nil {
		return err
	}
	o := &c.objective
	for _, m := range tuneFigures {
		if limit := m.limit(*o); limit < 0 || limit == 0 && c.given[m.flag] {
			return fmt.Errorf("-%s %v: want more than 0s", m.flag, limit)
		}
	}
	if *o == (simulate.Objective{}) {
		o.P95Wait = defaultWait
	}
	switch {
	case len(c.policies) > 1:
		return errors.New("-policy: tune takes one at a time")
	case c.mode != forDirect && c.mode != forHPA && c.mode != forKEDA:
		return fmt.Errorf("-for %s: want %s, %s or %s", c.mode, forDirect, forHPA, forKEDA)
	case slices.Contains(c.loads, c.hold):
		return fmt.Errorf("-hold %s: it is a -load, too", c.hold)
	case c.out != "" && slices.Contains(c.policies, c.out):
		return fmt.Errorf("-out %s: it is the -policy, which stays as it is", c.out)
	case c.seeds < 1 || c.seeds > 1000:
		return fmt.Errorf("-seeds %d: want 1 to 1000", c.seeds)
	}
	return between("-fastest", c.fastest, time.Second, time.Hour)
}

// runTune is the program's other half: it returns the exit code.
func runTune(args []string, stdout, stderr io.Writer) int {
	cfg, err := parseTune(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, tuneUsage())
		return 0
	}
	if err != nil {
		fmt.Fprintln(stderr, "replay:", err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	report, err := tunePolicy(ctx, cfg, stderr)
	if err == nil {
		err = writeAs(stdout, report, cfg.format())
	}
	if err == nil {
		err = report.save(cfg, stderr)
	}
	return exit(err, stderr)
}

// tunePolicy does what cfg asks for.
func tunePolicy(ctx context.Context, cfg tuneConfig, log io.Writer) (*tuneReport, error) {
	policies, err := readPolicies(cfg.config) //nolint:contextcheck // a trigger that is opened asks nobody
	if err != nil && cfg.prometheus.asked() {
		return nil, err // they say whom to ask about
	}
	worlds, loadErr := readWorlds(ctx, &cfg, policies)
	if err = errors.Join(err, loadErr); err != nil {
		return nil, err
	}
	p := &policies[0]
	if p.direct.Pause.All || p.direct.Pause.Replicas != nil {
		return nil, fmt.Errorf("%s: it is paused, and nothing that could be tuned counts", p.file)
	}
	t, err := newTunable(&cfg, p) //nolint:contextcheck // a trigger that is opened asks nobody
	if err != nil {
		return nil, err
	}
	search := tune.Search{
		Given: t.given, Space: t.space, Objective: cfg.objective,
		Budget: cfg.budget, Seeds: cfg.seeds, Seed: cfg.seed,
	}
	for _, w := range worlds {
		l := tune.Load{Name: w.load.file, Scenario: p.scenario(w.cfg, w.load), AtRest: cfg.replicas == nil}
		if w.held {
			search.Held = append(search.Held, l)
		} else {
			search.Loads = append(search.Loads, l)
		}
	}
	if cfg.mode == forKEDA {
		search.Decider = func(p autoscale.Policy) autoscale.Decider { return simulate.KEDA{Policy: p} }
	}
	if cfg.time == 0 {
		fmt.Fprint(log, patience(cfg.budget, worlds))
	}
	bar := progress.New(log)
	defer bar.End()
	search.Progress = func(n int) { bar.Done(float64(n) / float64(cfg.budget)) }
	if begin := time.Now(); cfg.time > 0 {
		search.Enough = func() bool { return time.Since(begin) > cfg.time }
		search.Progress = func(int) { bar.Done(min(time.Since(begin).Seconds()/cfg.time.Seconds(), 1)) }
	}
	result, err := tune.Run(ctx, search)
	if err != nil {
		if errors.Is(err, context.Canceled) {
			return nil, errors.New("interrupted")
		}
		return nil, errors.Join(joined.Each(p.file+": ", err)...)
	}
	return t.report(&cfg, worlds, &result), nil //nolint:contextcheck // a trigger that is opened asks nobody
}

// longTicks is how many ticks are played in some minutes.
const longTicks = 500_000_000

// patience tells of a search that may take more than some minutes.
func patience(budget int, worlds []world) string {
	var longest time.Duration
	ticks := 0.0
	for _, w := range worlds {
		length := w.load.series.Length()
		longest = max(longest, length)
		ticks += float64(length) / float64(w.cfg.tick) / float64(len(worlds)) * float64(budget)
	}
	if ticks < longTicks {
		return ""
	}
	return fmt.Sprintf("replay: %d simulations of up to %v may take long: a larger -tick, a shorter -step or a smaller -budget, which may be a time, take less\n", budget, longest)
}

// A world is a load, or a part of one, and what is assumed for it.
type world struct {
	load load
	cfg  config
	held bool
}

// readWorlds reads the loads of cfg, and the one that is held back.
func readWorlds(ctx context.Context, cfg *tuneConfig, policies []policy) ([]world, error) {
	files := cfg.loads
	if len(files) == 0 {
		files = []string{cfg.load} // the example, or a load that is no file
	}
	held := len(files)
	if cfg.hold != "" && cfg.hold != holdNone {
		files = append(slices.Clone(files), cfg.hold)
	} else if cfg.hold == "" && len(files) > 1 {
		held--
	}
	var worlds []world
	var problems []error
	for i, file := range files {
		w := world{cfg: cfg.config, held: i >= held}
		w.cfg.load, w.cfg.assumed = file, slices.Clone(cfg.assumed)
		if file != "" {
			w.cfg.prometheus = prometheus{}
		}
		var err error
		w.load, err = readLoad(ctx, &w.cfg, policies)
		worlds, problems = append(worlds, w), append(problems, joined.Each("", err)...)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	if cfg.hold == "" && len(worlds) == 1 {
		return split(worlds[0])
	}
	return worlds, nil
}

// split holds back the last quarter of a load.
func split(w world) ([]world, error) {
	s := w.load.series
	n := len(s.Messages) * 3 / 4
	if n < 1 || n == len(s.Messages) {
		return nil, fmt.Errorf("%s: %d steps are too few to hold some back: give -hold a file, or none", w.load.file, len(s.Messages))
	}
	first, last := w, w
	first.load.file, last.load.file = w.load.file+", first three quarters", w.load.file+", last quarter"
	first.load.series.Messages, last.load.series.Messages = s.Messages[:n], s.Messages[n:]
	last.load.series.Start = s.Start.Add(time.Duration(n) * s.Step)
	last.held = true
	return []world{first, last}, nil
}
