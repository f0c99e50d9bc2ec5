package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	prom "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/examples/replay/internal/shadow"
	"github.com/scalerkit/scalerkit/internal/joined"
	"github.com/scalerkit/scalerkit/keda"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// A clock is what a shadow goes by.
type clock struct {
	now  func() time.Time
	wait func(context.Context, time.Duration) error
}

var realClock = clock{time.Now, func(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}}

// runLive is the program with -live: it returns the exit code.
func runLive(args []string, c clock, stdout, stderr io.Writer) int {
	cfg, usage, err := parseLive(args)
	if usage != "" {
		fmt.Fprint(stdout, usage)
		return 0
	}
	if err != nil {
		fmt.Fprintln(stderr, "replay:", err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return exit(live(ctx, cfg, c, stdout, stderr), stderr)
}

// live follows a workload until ctx or its time ends, and reports.
func live(ctx context.Context, cfg liveConfig, c clock, stdout, stderr io.Writer) error {
	w, policies, notes, err := cfg.open(ctx)
	if err != nil {
		return err
	}
	name := w.Object.Namespace + "/" + w.Object.Name
	s := shadow.New(policies...)
	for _, t := range s.Triggers() {
		if t.Here != nil {
			defer t.Here.Close()
		}
	}
	address, err := serve(ctx, cfg.listen, s)
	if err != nil {
		return fmt.Errorf("-listen: %w", err)
	}
	progress := stdout
	if cfg.csv || cfg.json {
		progress = stderr
	}
	fmt.Fprintf(progress, "Shadow of %s, %s. Nothing is written to the cluster.\n", name, cfg.lasts())
	if address != "" {
		fmt.Fprintf(progress, "Metrics are at http://%s/metrics.\n", address)
	}
	end := c.now().Add(cfg.lasting)
	for {
		o := w.Observe(ctx, s.Triggers())
		if ctx.Err() != nil {
			break
		}
		now := c.now()
		changes, next := s.Observe(now, o)
		tell(progress, now, changes)
		if cfg.lasting > 0 {
			if !now.Before(end) {
				break
			}
			if next.After(end) {
				next = end
			}
		}
		if c.wait(ctx, next.Sub(now)) != nil {
			break
		}
	}
	return cfg.write(s.Report(name, notes), stdout)
}

// tell tells of changes.
func tell(w io.Writer, now time.Time, changes []shadow.Change) {
	for _, c := range changes {
		fmt.Fprintf(w, "%s %s: %d -> %d\n", now.UTC().Format(time.TimeOnly), c.By, c.From, c.To)
		for _, step := range c.Why {
			fmt.Fprintf(w, "    %s\n", step)
		}
	}
}

func (c *liveConfig) write(r shadow.Report, to io.Writer) error {
	switch {
	case c.json:
		e := json.NewEncoder(to)
		e.SetIndent("", "  ")
		return e.Encode(r)
	case c.csv:
		return r.WriteCSV(to)
	}
	_, err := io.WriteString(to, "\n"+r.Text())
	return err
}

// serve serves metrics until ctx ends, if there is an address for them.
func serve(ctx context.Context, address string, s *shadow.Shadow) (string, error) {
	if address == "" {
		return "", nil
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return "", err
	}
	metrics := prom.NewRegistry()
	if err := metrics.Register(s); err != nil {
		return "", err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // until it is closed
	context.AfterFunc(ctx, func() { _ = server.Close() })
	return listener.Addr().String(), nil
}

// open finds the workload, and the policies that shadow it.
func (c *liveConfig) open(ctx context.Context) (*shadow.Workload, []shadow.Policy, []string, error) {
	files, err := c.read()
	if err != nil {
		return nil, nil, nil, err
	}
	cluster, namespace, err := c.cluster()
	if err != nil {
		return nil, nil, nil, err
	}
	name := ""
	if c.workload != "" {
		namespace, name, _ = strings.Cut(c.workload, "/")
	} else {
		namespace, name = cmp.Or(files[0].object.Namespace, namespace), files[0].object.Name
	}
	w, err := cluster.Workload(ctx, namespace, name)
	if err != nil {
		return nil, nil, nil, err
	}
	if len(files) == 0 {
		files = []livePolicy{{"its own policy", w.Object, new(keda.Manifests)}}
	}
	var policies []shadow.Policy
	var notes []string
	var problems []error
	for _, f := range files {
		p, its, err := c.policy(ctx, f, w)
		policies, problems = append(policies, p), append(problems, joined.Each(f.name+": ", err)...)
		for _, note := range its {
			notes = append(notes, f.name+": "+note)
		}
	}
	return w, policies, notes, errors.Join(problems...)
}

// A livePolicy is a ScaledObject of a file, or that of the cluster.
type livePolicy struct {
	name      string
	object    *v1alpha1.ScaledObject
	manifests *keda.Manifests
}

// read reads the files of -policy.
func (c *liveConfig) read() ([]livePolicy, error) {
	var files []livePolicy
	for _, file := range c.policies {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("-policy: %w", err)
		}
		so, manifests, err := oneObject(file, text)
		if err != nil {
			return nil, err
		}
		files = append(files, livePolicy{file, so, manifests})
	}
	return files, nil
}

// policy returns the policy of a ScaledObject, and what is to be known of it.
func (c *liveConfig) policy(ctx context.Context, f livePolicy, w *shadow.Workload) (p shadow.Policy, notes []string, err error) {
	p = shadow.Policy{Name: f.name, Interval: f.object.PollingInterval()}
	decider, err := keda.Policy(f.object, true)
	if err != nil {
		return p, nil, err
	}
	p.Decider = decider
	var problems []error
	for i, t := range f.object.Spec.Triggers {
		label := fmt.Sprintf("%s (%s)", cmp.Or(t.Name, fmt.Sprintf("triggers[%d]", i)), t.Type)
		if keda.IsResource(t.Type) {
			notes = append(notes, "not read: "+label+", which an HPA reads elsewhere")
			continue
		}
		trigger, note, err := c.trigger(ctx, f, w, i)
		if err != nil {
			problems = append(problems, joined.Each("trigger "+label+": ", err)...)
			continue
		}
		if note != "" {
			notes = append(notes, "trigger "+label+": "+note)
		}
		p.Triggers = append(p.Triggers, trigger)
	}
	if len(p.Triggers) == 0 && len(problems) == 0 {
		problems = append(problems, errors.New("there is no trigger that could be read"))
	}
	if len(problems) == 0 {
		var names []string
		for _, t := range p.Triggers {
			names = append(names, t.Name)
		}
		problems = append(problems, decider.Check(names))
	}
	return p, notes, errors.Join(problems...)
}

// trigger returns the trigger at an index, which is that of the cluster at the same one.
// Without -policy the policy is the workload's own, so that the HPA knows the targets
// where they cannot be told otherwise.
func (c *liveConfig) trigger(ctx context.Context, f livePolicy, w *shadow.Workload, index int) (t shadow.Trigger, note string, err error) {
	given := f.object.Spec.Triggers[index]
	scaler, openErr := openTrigger(ctx, f.object, f.manifests, index)
	if openErr == nil {
		t.Name, t.Metric = keda.NewTrigger(index, given.Type, given.Name, scaler).Name, scaler.Metric()
		if given.Type == "cron" {
			t.Reads, t.Here = fmt.Sprintf("%s triggers[%d]", f.name, index), scaler
			return t, "", nil
		}
		defer scaler.Close()
	}
	metric, ok := w.Metric(index)
	switch there := w.Object.Spec.Triggers; {
	case !ok:
		return t, "", fmt.Errorf("the ScaledObject in the cluster has no external metric for triggers[%d]", index)
	case index >= len(there) || there[index].Type != given.Type:
		return t, "", fmt.Errorf("triggers[%d] of the ScaledObject in the cluster is of another type, and so is what it reads", index)
	}
	t.Name, t.Reads = cmp.Or(t.Name, given.Name, metric), metric
	asked, isAsked := c.targets[f.name]
	ofHPA, isOfHPA := w.Target(metric)
	switch {
	case isAsked:
		t.Metric = scalerkit.Metric{Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: asked}}
		return t, "the target is that of -target; it counts as active above 0", nil
	case openErr == nil:
		return t, "", nil
	case !keda.RefersElsewhere(given):
		return t, "", openErr
	case len(c.policies) == 0 && isOfHPA:
		t.Metric.Target = ofHPA
		return t, "the target is that of the HPA; it counts as active above 0", nil
	}
	return t, "", fmt.Errorf("%w (what is missing may stand in the same file, or -target %s=… takes its place)", openErr, f.name)
}

// lasts says how long it goes on.
func (c *liveConfig) lasts() string {
	if c.lasting > 0 {
		return fmt.Sprintf("for %v or until it is interrupted", c.lasting)
	}
	return "until it is interrupted"
}

// isLive says that the arguments are those of runLive.
func isLive(args []string) bool {
	return slices.ContainsFunc(args, func(arg string) bool { return arg == "-live" || arg == "--live" })
}
