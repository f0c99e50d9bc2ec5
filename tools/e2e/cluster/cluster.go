// Package cluster runs a Kubernetes control plane on the loopback interface:
// etcd, kube-apiserver, kube-controller-manager and kube-scheduler, and kwok,
// which plays a node whose pods become ready without anything running in them.
//
// The programs are built from the tool directives of this module, once for each
// of its versions. A test package shares one cluster:
//
//	var plane *cluster.Cluster
//
//	func TestMain(m *testing.M) {
//		os.Exit(cluster.Run(cluster.Options{HPASync: time.Second}, func(c *cluster.Cluster) int {
//			plane = c
//			return m.Run()
//		}))
//	}
package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/scalerkit/scalerkit/tools/e2e/pki"
	"github.com/scalerkit/scalerkit/tools/e2e/process"
	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

// Options say how a cluster differs from the usual; the zero value is ready.
type Options struct {
	// HPASync is how often the HPA controller looks at each of its objects. The
	// default is Kubernetes' 15 s.
	HPASync time.Duration

	// HPAStabilization is for how long the HPA controller remembers higher
	// recommendations before it scales down. The default is Kubernetes' 5 min.
	HPAStabilization time.Duration

	// Flags are added to those of a component, over which they take precedence.
	Flags map[Component][]string
}

// startLimit is for one component on a machine that is busy with other things.
const startLimit = 2 * time.Minute

// A Cluster is a running control plane.
type Cluster struct {
	dir        string
	binaries   string // the directory with the programs
	options    Options
	ports      map[Component]int
	etcdPeers  int // etcd's second port
	processes  map[Component]*process.Process
	config     *rest.Config
	frontProxy *pki.Authority
}

// Start builds what is missing, starts a cluster and returns when it is ready:
// its node takes pods, and its controllers run. The caller has to Stop it.
func Start(ctx context.Context, o Options) (_ *Cluster, err error) {
	binaries, err := Build(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "scalerkit-e2e-")
	if err != nil {
		return nil, err
	}
	c := &Cluster{dir: dir, binaries: binaries, options: o, ports: map[Component]int{}, processes: map[Component]*process.Process{}}
	for _, component := range components {
		c.ports[component] = loopback.FreePort()
		c.processes[component] = &process.Process{Log: c.Log(component)}
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("starting a cluster: %w", err), c.Stop())
		}
	}()
	c.etcdPeers = loopback.FreePort()
	if err := c.writeFiles(); err != nil {
		return nil, err
	}
	if c.config, err = clientcmd.BuildConfigFromFlags("", c.Kubeconfig()); err != nil {
		return nil, err
	}
	c.config.QPS = -1 // the API server protects itself

	for _, component := range []Component{Etcd, APIServer} {
		if err := c.start(ctx, component); err != nil {
			return nil, err
		}
	}
	group, groupCtx := errgroup.WithContext(ctx)
	for _, component := range []Component{ControllerManager, Scheduler, Kwok} {
		group.Go(func() error { return c.start(groupCtx, component) })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return c, c.addNode(ctx)
}

// Stop ends the components and removes what they have stored. None of it is
// worth saving, so they are not asked.
func (c *Cluster) Stop() error {
	for _, component := range components {
		c.Kill(component)
	}
	return os.RemoveAll(c.dir)
}

// Kill ends a component with SIGKILL and returns when it is gone.
func (c *Cluster) Kill(component Component) { c.processes[component].Kill() }

// Restart starts a component again, after killing it if it runs, and returns
// when it is ready.
func (c *Cluster) Restart(ctx context.Context, component Component) error {
	c.Kill(component)
	return c.start(ctx, component)
}

// Usage returns what the components that run have taken together.
func (c *Cluster) Usage() (process.Usage, error) {
	var all process.Usage
	for _, component := range components {
		one, err := c.processes[component].Usage()
		if err != nil {
			return all, fmt.Errorf("%s: %w", component, err)
		}
		all.Add(one)
	}
	return all, nil
}

// Config returns a configuration for a client that may do everything.
func (c *Cluster) Config() *rest.Config { return rest.CopyConfig(c.config) }

// Kubeconfig returns the path of the same configuration as a file. It needs no
// other file.
func (c *Cluster) Kubeconfig() string { return c.path("kubeconfig") }

// Log returns the path of a component's log.
func (c *Cluster) Log(component Component) string { return c.path(string(component) + ".log") }

// TempDir makes a directory that goes with the cluster.
func (c *Cluster) TempDir(name string) (string, error) { return os.MkdirTemp(c.dir, name+"-") }

func (c *Cluster) path(name string) string { return filepath.Join(c.dir, name) }
