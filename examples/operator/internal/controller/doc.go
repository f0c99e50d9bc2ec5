// Package controller is what the controllers of ScaledObjects and ScaledJobs
// have in common: opening triggers and opening them anew when what they refer to
// changes, writing status, and events.
//
// Every replica of the operator reads sources, for the metrics API has to
// answer everywhere. Only the leader writes to the cluster.
package controller

import (
	"log/slog"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/examples/operator/internal/telemetry"
	"github.com/scalerkit/scalerkit/examples/operator/internal/workload"
)

// A Core is what the controllers share. All fields are set.
type Core struct {
	// Client is the manager's: it reads from the Cache what is watched, and
	// Secrets and ConfigMaps from the API server.
	Client client.Client
	Cache  cache.Cache

	// Live reads from the API server.
	Live client.Reader

	Runner    *autoscale.Runner
	Opener    *Opener
	Workloads *workload.Workloads
	Status    *StatusWriter
	Events    *Recorder
	Telemetry *telemetry.Telemetry
	Logger    *slog.Logger

	// Elected is closed when this replica becomes the leader, which it then
	// is until it ends.
	Elected <-chan struct{}
}

// Leads says whether this replica is the leader.
func (c *Core) Leads() bool {
	select {
	case <-c.Elected:
		return true
	default:
		return false
	}
}

// A Kind is a kind of object that is scaled.
type Kind string

// The kinds.
const (
	ScaledObject Kind = "ScaledObject"
	ScaledJob    Kind = "ScaledJob"
)

// Key returns what the Runner calls an object. A ScaledJob may have the name of
// a ScaledObject, so it has something before its own that no name has.
func (k Kind) Key(name types.NamespacedName) autoscale.Key {
	if k == ScaledJob {
		return autoscale.Key{Namespace: name.Namespace, Name: "scaledjob/" + name.Name}
	}
	return autoscale.Key{Namespace: name.Namespace, Name: name.Name}
}
