package cluster

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"time"

	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

// A Component is one of the programs of a cluster.
type Component string

// The components.
const (
	Etcd              Component = "etcd"
	APIServer         Component = "kube-apiserver"
	ControllerManager Component = "kube-controller-manager"
	Scheduler         Component = "kube-scheduler"
	Kwok              Component = "kwok"
)

// components are all that there are, in the order in which they are ended.
var components = []Component{Kwok, Scheduler, ControllerManager, APIServer, Etcd}

// start starts a component and waits until it is ready.
func (c *Cluster) start(ctx context.Context, component Component) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	p := c.processes[component]
	args := append(c.flags(component), c.options.Flags[component]...)
	if err := p.Start(c.dir, nil, filepath.Join(c.binaries, string(component)), args...); err != nil {
		return fmt.Errorf("%s: %w", component, err)
	}
	if err := p.Await(ctx, c.probe(component)); err != nil {
		return fmt.Errorf("%s: %w", component, err)
	}
	return nil
}

func (c *Cluster) flags(component Component) []string {
	port := strconv.Itoa(c.ports[component])
	kubeconfig := []string{
		"--kubeconfig=" + c.Kubeconfig(),
		"--authentication-kubeconfig=" + c.Kubeconfig(),
		"--authorization-kubeconfig=" + c.Kubeconfig(),
		"--bind-address=127.0.0.1",
		"--secure-port=" + port,
		"--leader-elect=false",
		"--kube-api-qps=500",
		"--kube-api-burst=1000",
	}
	switch component {
	case Etcd:
		peers := "http://" + loopback.Address(c.etcdPeers)
		return []string{
			"--data-dir=" + c.path("etcd-data"),
			"--unsafe-no-fsync",
			"--listen-client-urls=" + c.url(Etcd),
			"--advertise-client-urls=" + c.url(Etcd),
			"--listen-peer-urls=" + peers,
			"--initial-advertise-peer-urls=" + peers,
			"--initial-cluster=default=" + peers,
		}
	case APIServer:
		return []string{
			"--etcd-servers=" + c.url(Etcd),
			"--bind-address=127.0.0.1",
			"--advertise-address=127.0.0.1",
			"--endpoint-reconciler-type=none", // nobody asks for the Service "kubernetes"
			"--secure-port=" + port,
			"--service-cluster-ip-range=10.0.0.0/16",
			"--authorization-mode=RBAC",
			"--disable-admission-plugins=ServiceAccount", // pods run nothing that would need a token
			"--max-requests-inflight=2000",
			"--max-mutating-requests-inflight=1000",
			"--tls-cert-file=" + c.path(serverCert),
			"--tls-private-key-file=" + c.path(serverKey),
			"--client-ca-file=" + c.path(clusterCA),
			"--service-account-issuer=https://kubernetes.default.svc",
			"--service-account-key-file=" + c.path(tokenKey),
			"--service-account-signing-key-file=" + c.path(tokenKey),
			"--requestheader-client-ca-file=" + c.path(frontProxyCA),
			"--requestheader-allowed-names=" + FrontProxyName,
			"--requestheader-username-headers=X-Remote-User",
			"--requestheader-uid-headers=X-Remote-Uid",
			"--requestheader-group-headers=X-Remote-Group",
			"--requestheader-extra-headers-prefix=X-Remote-Extra-",
			"--proxy-client-cert-file=" + c.path(frontProxyCert),
			"--proxy-client-key-file=" + c.path(frontProxyKey),
			// Without it, a Service of type ExternalName can stand for a server on
			// the loopback interface: see Aggregate.
			"--enable-aggregator-routing=false",
		}
	case ControllerManager:
		flags := append(kubeconfig,
			"--cert-dir="+c.path("controller-manager"),
			"--service-account-private-key-file="+c.path(tokenKey),
			"--root-ca-file="+c.path(clusterCA),
			// Each controller is the ServiceAccount that it is in production, so
			// that what the HPA controller may read is what Kubernetes lets it.
			"--use-service-account-credentials=true",
			"--allocate-node-cidrs=false",
		)
		if d := c.options.HPASync; d > 0 {
			flags = append(flags, "--horizontal-pod-autoscaler-sync-period="+d.String())
		}
		if d := c.options.HPAStabilization; d > 0 {
			flags = append(flags, "--horizontal-pod-autoscaler-downscale-stabilization="+d.String())
		}
		return flags
	case Scheduler:
		return append(kubeconfig, "--cert-dir="+c.path("scheduler"))
	case Kwok:
		return []string{
			"--kubeconfig=" + c.Kubeconfig(),
			"--config=" + c.path(stagesFile),
			"--manage-all-nodes",
			"--node-lease-duration-seconds=0",
			"--node-ip=10.0.0.2",
			"--cidr=10.1.0.0/16",
			"--server-address=" + loopback.Address(c.ports[Kwok]),
		}
	default:
		panic("there is no component " + string(component))
	}
}

// url returns where a component answers.
func (c *Cluster) url(component Component) string {
	scheme := "https"
	if component == Etcd || component == Kwok {
		scheme = "http"
	}
	return scheme + "://" + loopback.Address(c.ports[component])
}

// probe returns a function that asks a component whether it is ready.
func (c *Cluster) probe(component Component) func(context.Context) error {
	url := c.url(component)
	switch component {
	case Etcd, APIServer:
		url += "/readyz"
	default:
		url += "/healthz"
	}
	// The controller manager and the scheduler sign their own certificates, and
	// nothing is told to any of them.
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}
	client := &http.Client{Transport: transport, Timeout: 5 * time.Second}
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("GET %s: %s", url, response.Status)
		}
		return nil
	}
}
