package kubernetes

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// Config describes a trigger of type kubernetes-workload.
type Config struct {
	Selector    string  `scaler:"podSelector,required" doc:"which pods count: a label selector, such as app=orders,tier!=test"`
	Value       float64 `scaler:"value,target" above:"0" doc:"target: pods, or nodes, per replica"`
	Activation  float64 `scaler:"activationValue,activation" doc:"the trigger is active above this value"`
	GroupByNode bool    `scaler:"groupByNode" doc:"count the nodes that the pods are on, and not the pods"`
	MetricType  scalerkit.TargetKind

	// Owner is the object that the trigger is for: the pods are in its namespace.
	Owner scalerkit.Key

	// Cluster is the program's; Driver sets it.
	Cluster Cluster `scaler:"-"`

	selector labels.Selector
}

// Parse implements driver.Parser.
func (c *Config) Parse(p *driver.Problems) {
	var err error
	if c.selector, err = labels.Parse(c.Selector); err != nil && c.Selector != "" {
		p.Add(&c.Selector, "%q is not a label selector: %v", c.Selector, err)
	}
}

// New returns a Scaler with the number of pods, or of nodes, as its value. It does
// no I/O.
func New(c Config, o scalerkit.Options) (scalerkit.Scaler, error) {
	return workloads(c.Cluster).New(c, o)
}

// Driver returns the driver for trigger type kubernetes-workload, for a program with
// a Cluster. Nil is for one that does not read.
func Driver(cluster Cluster) scalerkit.Driver { return workloads(cluster).Driver() }

func workloads(cluster Cluster) driver.Type[Config] {
	return driver.Type[Config]{
		Name:    "kubernetes-workload",
		Prepare: func(c *Config) { c.Cluster = cluster },
		Open: func(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
			namespace := namespaceOf(c.Owner)
			return podSource.New(o, driver.Plan[Watched[Pod], podsOf, []Pod]{
				Metric:   driver.MetricOf(c, "workload", namespace),
				Question: podsOf(namespace),
				Key:      place[podsOf]{cluster, podsOf(namespace)},
				Open: func(ctx context.Context) (Watched[Pod], error) {
					return watched(cluster, func() (Watched[Pod], error) { return cluster.Pods(ctx, namespace) })
				},
				Read: c.read,
			}), nil
		},
	}
}

// podsOf asks about the pods of a namespace. How many match is each trigger's own
// affair.
type podsOf string

// String implements fmt.Stringer.
func (p podsOf) String() string { return fmt.Sprintf("pods in namespace %q", string(p)) }

var podSource = driver.Source[Watched[Pod], podsOf, []Pod]{
	Name: "kubernetes-workload",
	Ask: func(_ context.Context, pods Watched[Pod], _ []podsOf) ([]driver.Answer[[]Pod], error) {
		all, err := pods.All()
		return []driver.Answer[[]Pod]{{Value: all}}, err
	},
}

// read counts the pods that match.
func (c *Config) read(pods []Pod) (scalerkit.Reading, error) {
	count, nodes := 0, make(map[string]bool)
	for _, pod := range pods {
		if pod.Phase == "Succeeded" || pod.Phase == "Failed" || !c.selector.Matches(labels.Set(pod.Labels)) {
			continue
		}
		count++
		if pod.Node != "" {
			nodes[pod.Node] = true
		}
	}
	if c.GroupByNode {
		count = len(nodes)
	}
	return scalerkit.Reading{Value: float64(count)}, nil
}
