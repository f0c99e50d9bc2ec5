package main

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/scalerkit/scalerkit/examples/replay/internal/shadow"
)

// A liveConfig is what the flags say with -live.
type liveConfig struct {
	policies   []string
	targets    map[string]float64 // by policy
	workload   string
	kubeconfig string
	context    string
	lasting    time.Duration // 0: until it is interrupted
	listen     string
	csv, json  bool
}

// liveFlags returns the flags, which fill cfg.
func liveFlags(cfg *liveConfig) *flag.FlagSet {
	f := flag.NewFlagSet("replay -live", flag.ContinueOnError)
	f.Bool("live", true, "what a policy would do now, beside who scales a workload in a cluster; nothing is written to it")
	f.Func("policy", "`file` with a ScaledObject, of which the triggers are those of the workload; may be given several times;\nwithout, it is the workload's own", func(file string) error {
		cfg.policies = append(cfg.policies, file)
		return nil
	})
	cfg.targets = make(map[string]float64)
	targetFlag(f, cfg.targets, "triggers")
	f.StringVar(&cfg.workload, "workload", "", "`namespace/name` of the ScaledObject in the cluster (default that of the first -policy)")
	f.StringVar(&cfg.kubeconfig, "kubeconfig", "", "`file` that says how to get at the cluster (default $KUBECONFIG or ~/.kube/config, or that of the pod)")
	f.StringVar(&cfg.context, "context", "", "`name` of the context in it (default the current one)")
	f.DurationVar(&cfg.lasting, "for", 0, "end after this `time` (default when it is interrupted)")
	f.StringVar(&cfg.listen, "listen", "", "`address` to serve metrics at, as 127.0.0.1:9100")
	f.BoolVar(&cfg.csv, "csv", false, "print everybody's replicas over time as CSV")
	f.BoolVar(&cfg.json, "json", false, "print the report as JSON")
	return f
}

// parseLive returns the config that args ask for, or how to use them. Its errors take
// one line.
func parseLive(args []string) (cfg liveConfig, usage string, err error) {
	var text strings.Builder
	f := liveFlags(&cfg)
	f.SetOutput(new(strings.Builder)) // errors are for runLive to print
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		f.SetOutput(&text)
		fmt.Fprintln(&text, "Replay -live says what a policy would do with a workload that is scaled in a cluster.")
		fmt.Fprintln(&text)
		f.PrintDefaults()
		return cfg, text.String(), nil
	case err != nil:
		return cfg, "", fmt.Errorf("%w (-live -help lists the flags)", err)
	case f.NArg() > 0:
		return cfg, "", fmt.Errorf("%q: there are only flags and no arguments (-live -help lists them)", f.Arg(0))
	}
	return cfg, "", cfg.check()
}

// longestLive bounds what is remembered.
const longestLive = 31 * 24 * time.Hour

func (c *liveConfig) check() error {
	namespace, name, ok := strings.Cut(c.workload, "/")
	switch {
	case c.csv && c.json:
		return errors.New("-csv and -json: choose one")
	case c.workload == "" && len(c.policies) == 0:
		return errors.New("-live needs a -policy, a file with a ScaledObject, or a -workload")
	case c.workload != "" && (!ok || namespace == "" || name == ""):
		return fmt.Errorf("-workload %s: want namespace/name of a ScaledObject", c.workload)
	}
	for file := range c.targets {
		if !slices.Contains(c.policies, file) {
			return fmt.Errorf("-target %s: it is no file of -policy", file)
		}
	}
	return between("-for", c.lasting, 0, longestLive)
}

// cluster returns the cluster, and the namespace that its context has.
func (c *liveConfig) cluster() (*shadow.Cluster, string, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = c.kubeconfig
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: c.context})
	config, err := loader.ClientConfig()
	if err != nil {
		return nil, "", fmt.Errorf("-live: the cluster: %w", err)
	}
	namespace, _, err := loader.Namespace()
	if err != nil {
		return nil, "", fmt.Errorf("-live: the cluster: %w", err)
	}
	cluster, err := shadow.NewCluster(config)
	return cluster, namespace, err
}
