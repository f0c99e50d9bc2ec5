package operator

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/scalerkit/scalerkit/tools/e2e/cluster"
	"github.com/scalerkit/scalerkit/tools/e2e/process"
	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

// startLimit is how long a replica may take until it is ready.
const startLimit = time.Minute

// A Replica is a process of the operator.
type Replica struct {
	Name string
	process.Process

	installation                       *Installation
	given                              []string // by who started it
	args, env                          []string
	metrics, health, api, hooks, peers int // ports
}

// Start starts another replica and returns when it is ready. The arguments are
// added to those of the Deployment, over which they take precedence; as with
// env(1), one such as NAME=value is a variable of the environment.
func (i *Installation) Start(ctx context.Context, args ...string) (*Replica, error) {
	r := &Replica{
		Name:         fmt.Sprint("operator-", len(i.replicas)),
		installation: i,
		given:        args,
		metrics:      loopback.FreePort(),
		health:       loopback.FreePort(),
		api:          loopback.FreePort(),
		hooks:        loopback.FreePort(),
		peers:        loopback.FreePort(),
	}
	r.Log = filepath.Join(i.dir, r.Name+".log")
	r.args = append(append([]string{}, i.args...),
		"--kubeconfig="+i.kubeconfig,
		"--metrics-bind-address="+loopback.Address(r.metrics),
		"--health-probe-bind-address="+loopback.Address(r.health),
		"--metrics-api-bind-address="+loopback.Address(r.api),
		"--webhook-bind-address="+loopback.Address(r.hooks),
		"--peer-bind-address="+loopback.Address(r.peers),
	)
	for _, arg := range args {
		if strings.HasPrefix(arg, "-") {
			r.args = append(r.args, arg)
		} else {
			r.env = append(r.env, arg)
		}
	}
	i.replicas = append(i.replicas, r)
	return r, r.Restart(ctx)
}

// StartAnother starts another replica as this one was started, which it shares the
// objects with if that has shards. The arguments are added to those of this one, over
// which they take precedence.
func (r *Replica) StartAnother(ctx context.Context, args ...string) (*Replica, error) {
	return r.installation.Start(ctx, slices.Concat(r.given, args)...)
}

// Restart starts the replica again, after killing it if it runs, and returns
// when it is ready.
func (r *Replica) Restart(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	r.Kill()
	env := slices.Concat([]string{"POD_NAME=" + r.Name}, r.installation.env, r.env)
	if err := r.Process.Start(r.installation.dir, env, r.installation.program, r.args...); err != nil {
		return fmt.Errorf("%s: %w", r.Name, err)
	}
	err := r.Await(ctx, func(ctx context.Context) error {
		_, err := Get(ctx, r.health, "/readyz")
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", r.Name, err)
	}
	r.installation.api.add(r.api)
	r.installation.hook.add(r.hooks)
	return nil
}

// Kill ends the replica with SIGKILL, if it runs, and waits for its end.
func (r *Replica) Kill() {
	r.Process.Kill()
	r.leave()
}

// Terminate asks the replica to end, as Kubernetes does with a pod, and waits
// until it has.
func (r *Replica) Terminate() {
	r.leave()
	r.Signal(syscall.SIGTERM)
	<-r.Exited()
}

// Freeze stops the replica where it is, as a machine does that has no time for
// it. It is not ready any more.
func (r *Replica) Freeze() {
	r.leave()
	r.Signal(syscall.SIGSTOP)
}

// Thaw lets the replica go on where it was frozen.
func (r *Replica) Thaw() { r.Signal(syscall.SIGCONT) }

func (r *Replica) leave() {
	r.installation.api.remove(r.api)
	r.installation.hook.remove(r.hooks)
}

// Metrics returns the replica's Prometheus metrics.
func (r *Replica) Metrics(ctx context.Context) (string, error) {
	return Get(ctx, r.metrics, "/metrics")
}

// AwaitAvailable returns when the cluster's API server finds the metrics API of
// the operator available.
func (i *Installation) AwaitAvailable(ctx context.Context) error {
	return i.cluster.AwaitAvailable(ctx, cluster.Aggregated{Group: "external.metrics.k8s.io", Version: "v1beta1"})
}

// Get returns what a server of a replica at a port of this machine has at a path.
func Get(ctx context.Context, port int, path string) (string, error) {
	url := "http://" + loopback.Address(port) + path
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s: %s", url, response.Status, body)
	}
	return string(body), err
}
