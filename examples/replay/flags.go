package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit/autoscale/simulate"
	"github.com/scalerkit/scalerkit/examples/replay/internal/progress"
)

// A config is what the flags say. Without policies and load it is the example that is
// played.
type config struct {
	policies []string
	trigger  string
	targets  map[string]float64 // by policy

	load  string
	gaps  string
	step  time.Duration // 0: as in the file
	times float64

	workers          simulate.Workers
	replicas         *int
	phase, syncPhase time.Duration
	tick             time.Duration
	seed             uint64

	workload string  // of a recording
	reading  string  // of a recording: the trigger
	busy     float64 // while nothing waits, in a recording

	prometheus prometheus

	csv, json bool
	html, svg string // files
	show      bool   // write a page to a file of its own

	progress *progress.Bar

	given   map[string]bool // flags
	assumed []assumption
}

// An assumption is what no file says. A flag does, or the default counts.
type assumption struct {
	Flag  string `json:"flag"`
	Value string `json:"value"`
	From  string `json:"from"` // default, given or estimated
	Means string `json:"means"`
}

// The flags that are assumptions, in the order in which they are told.
var assumptions = []string{"rate", "spread", "start", "start-spread", "stop", "replicas", "phase", "sync-phase", "tick", "seed"}

// flagSet returns the flags, which fill cfg.
func flagSet(cfg *config) *flag.FlagSet {
	f := flag.NewFlagSet("replay", flag.ContinueOnError)
	f.Func("policy", "`file` with a ScaledObject and what its triggers refer to; may be given several times", func(file string) error {
		cfg.policies = append(cfg.policies, file)
		return nil
	})
	f.StringVar(&cfg.trigger, "trigger", "", "`name` of the trigger that reads the queue, where there are several; triggers[0] is the first one")
	cfg.targets = make(map[string]float64)
	targetFlag(f, cfg.targets, "trigger")
	f.StringVar(&cfg.load, "load", "", "`file` of lines \"time,messages\": how many messages arrived in the step that begins then;\nor a recording, a file or directory, from which that is estimated")
	f.StringVar(&cfg.workload, "workload", "", "`namespace/name` of the workload in a recording, where there are several")
	f.StringVar(&cfg.reading, "reading", "", "`name` of the trigger in a recording that reads the queue, where there are several")
	f.Float64Var(&cfg.busy, "busy", 0.5, "`part` of the time for which replicas worked while nothing waited, in a recording that has only what waits")
	cfg.prometheus.flags(f)
	f.StringVar(&cfg.gaps, "gaps", "", "what arrived in steps that are not in the file: `zero`, or repeat for as much as in the step before")
	f.DurationVar(&cfg.step, "step", 0, "play each step in this `time` instead of the file's: faster, or slower")
	f.Float64Var(&cfg.times, "times", 1, "play so many times the messages of the file")

	f.Float64Var(&cfg.workers.Rate, "rate", 1, "`messages` that a replica works through in a second")
	f.Float64Var(&cfg.workers.Spread, "spread", 1, "how much the work on a message varies, as its standard deviation by its mean")
	f.DurationVar(&cfg.workers.Start, "start", 10*time.Second, "how long a replica takes until it is ready")
	f.Float64Var(&cfg.workers.StartSpread, "start-spread", 0.3, "how much the start of a replica varies")
	f.DurationVar(&cfg.workers.Stop, "stop", 0, "how long a replica that stops is there, and paid for")
	f.Func("replicas", "replicas at the begin (default those of a policy at rest)", func(text string) error {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return errors.New("want a whole number of at least 0")
		}
		cfg.replicas = &n
		return nil
	})
	f.DurationVar(&cfg.phase, "phase", 2*time.Second, "when the source is first polled")
	f.DurationVar(&cfg.syncPhase, "sync-phase", 9*time.Second, "when the HPA first looks, which it does every 15s")
	f.DurationVar(&cfg.tick, "tick", simulate.DefaultTick, "resolution of the time")
	f.Uint64Var(&cfg.seed, "seed", 1, "what chance comes from")

	f.StringVar(&cfg.html, "html", "", "write a page with charts and every decision to this `file`")
	f.StringVar(&cfg.svg, "svg", "", "write a picture to this `file`")
	f.BoolVar(&cfg.csv, "csv", false, "print CSV instead of a table")
	f.BoolVar(&cfg.json, "json", false, "print JSON instead of a table")
	return f
}

// targetFlag is the flag -target, which fills targets, by policy.
func targetFlag(f *flag.FlagSet, targets map[string]float64, of string) {
	f.Func("target", "`policy=messages`: the target of the "+of+", where its parameters are not in the file, as -target orders.yaml=10", func(text string) error {
		file, value, ok := strings.Cut(text, "=")
		target, err := strconv.ParseFloat(value, 64)
		if !ok || err != nil || !(target >= 0.001) || math.IsInf(target, 0) {
			return errors.New("want a file of -policy, =, and a number of at least 0.001")
		}
		targets[file] = target
		return nil
	})
}

func usage() string {
	var text strings.Builder
	f := flagSet(new(config))
	f.SetOutput(&text)
	fmt.Fprintln(&text, "Replay plays a recorded load against ScaledObjects, with KEDA and with this library.")
	fmt.Fprintln(&text, "Without -policy and -load it plays an example, and without any flag it makes a page of that.")
	fmt.Fprintln(&text, "With -live it says what a policy would do now, in a cluster: -live -help lists the flags of that.")
	fmt.Fprintln(&text)
	f.PrintDefaults()
	return text.String()
}

// parse returns the config that args ask for. Its errors take one line.
func parse(args []string) (config, error) {
	var cfg config
	f := flagSet(&cfg)
	f.SetOutput(new(strings.Builder)) // errors are for run to print
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return cfg, err
		}
		return cfg, fmt.Errorf("%w (-help lists the flags)", err)
	}
	if f.NArg() > 0 {
		return cfg, fmt.Errorf("%q: there are only flags and no arguments (-help lists them)", f.Arg(0))
	}
	cfg.show = f.NFlag() == 0
	cfg.assume(f)
	return cfg, cfg.check()
}

// assume notes what is assumed.
func (c *config) assume(f *flag.FlagSet) {
	c.given = make(map[string]bool)
	f.Visit(func(f *flag.Flag) { c.given[f.Name] = true })
	for _, name := range assumptions {
		a := assumption{Flag: "-" + name, Value: f.Lookup(name).Value.String(), From: "default"}
		if c.given[name] {
			a.From = "given"
		}
		_, a.Means = flag.UnquoteUsage(f.Lookup(name))
		if name == "replicas" {
			a.Means, a.Value = "replicas at the begin", "at rest"
			if c.replicas != nil {
				a.Value = strconv.Itoa(*c.replicas)
			}
		}
		c.assumed = append(c.assumed, a)
	}
}

// estimated notes that the value of a flag is estimated.
func (c *config) estimated(name, value string) {
	i := slices.IndexFunc(c.assumed, func(a assumption) bool { return a.Flag == "-"+name })
	c.assumed[i].Value, c.assumed[i].From = value, "estimated"
}

func (c *config) check() error {
	switch {
	case len(c.policies) == 0 && c.load != "":
		return errors.New("-load needs a -policy: a file with a ScaledObject")
	case len(c.policies) == 0 && c.prometheus.asked():
		return errors.New("-prometheus needs a -policy: a file with a ScaledObject")
	case len(c.policies) > 0 && c.load == "" && !c.prometheus.asked():
		return errors.New("-policy needs a -load, a file of times and messages that arrived, or -prometheus")
	case c.load != "" && c.prometheus.asked():
		return errors.New("-load and -prometheus: choose one")
	case c.csv && c.json:
		return errors.New("-csv and -json: choose one")
	case c.html != "" && !strings.HasSuffix(c.html, ".html"):
		return fmt.Errorf("-html %s: want a name that ends in .html", c.html)
	case c.svg != "" && !strings.HasSuffix(c.svg, ".svg"):
		return fmt.Errorf("-svg %s: want a name that ends in .svg", c.svg)
	}
	for file := range c.targets {
		if !slices.Contains(c.policies, file) {
			return fmt.Errorf("-target %s: it is no file of -policy", file)
		}
	}
	switch g := simulate.Gaps(c.gaps); g {
	case simulate.RefuseGaps, simulate.FillZero, simulate.FillRepeat:
	default:
		return fmt.Errorf("-gaps %s: want %s or %s", g, simulate.FillZero, simulate.FillRepeat)
	}
	return cmp.Or(
		c.prometheus.check(c.given),
		within("-times", c.times, 1e-9, 1e9),
		within("-rate", c.workers.Rate, 1e-8, 1e9),
		within("-spread", c.workers.Spread, 0, 10),
		within("-start-spread", c.workers.StartSpread, 0, 10),
		within("-busy", c.busy, 0, 1),
		between("-step", c.step, 0, year),
		between("-start", c.workers.Start, 0, year),
		between("-stop", c.workers.Stop, 0, year),
		between("-phase", c.phase, 0, year),
		between("-sync-phase", c.syncPhase, 0, year),
		between("-tick", c.tick, time.Millisecond, time.Hour),
	)
}

const year = 365 * 24 * time.Hour

func within(name string, value, least, most float64) error {
	if !(value >= least && value <= most) {
		return fmt.Errorf("%s %v: want %v to %v", name, value, least, most)
	}
	return nil
}

func between(name string, value, least, most time.Duration) error {
	if value < least || value > most {
		return fmt.Errorf("%s %v: want %v to %v", name, value, least, most)
	}
	return nil
}
