// Package controller is what the controllers of ScaledObjects and ScaledJobs
// have in common: what is known of an object and how it is reconciled, opening
// triggers and opening them again when what they refer to changes, writing status,
// and Events.
//
// Every replica of the operator reads sources, for the metrics API has to
// answer everywhere. Only the leader writes to the cluster. If the objects are
// divided into shards, each replica reads for those that are its own, and writes
// for them; the leader writes what there is one of.
package controller

import (
	"errors"
	"log/slog"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/examples/operator/internal/shard"
	"github.com/scalerkit/scalerkit/examples/operator/internal/telemetry"
	"github.com/scalerkit/scalerkit/examples/operator/internal/workload"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// ErrNotLeading is why a replica does not carry out what it has decided.
var ErrNotLeading = errors.New("this replica does not lead any more")

// A Core is what the controllers share. All fields but Rounds, Namespaces,
// Holds and Shards are set.
type Core struct {
	// Client is the manager's: it reads from the Cache what is watched, and
	// Secrets and ConfigMaps from the API server.
	Client client.Client
	Cache  cache.Cache

	// Live reads from the API server.
	Live client.Reader

	// Namespaces are those in which objects are watched. None means all.
	Namespaces []string

	Runner    *control.Runner
	Opener    *Opener
	Workloads *workload.Workloads
	Status    *StatusWriter
	Events    *Recorder
	Telemetry *telemetry.Telemetry
	Logger    *slog.Logger
	Rounds    *Rounds // nil: no rounds are recorded

	// Elected is closed when this replica becomes the leader. When it is not
	// the leader any more, it ends.
	Elected <-chan struct{}

	// Holds says whether no other replica can have become the leader since.
	// It is nil if there is only one.
	Holds func() bool

	// Shards says which objects are this replica's. If it is nil, the leader
	// writes for all of them.
	Shards *shard.Keeper
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
func (k Kind) Key(name types.NamespacedName) scalerkit.Key {
	if k == ScaledJob {
		return scalerkit.Key{Namespace: name.Namespace, Name: "scaledjob/" + name.Name}
	}
	return scalerkit.Key{Namespace: name.Namespace, Name: name.Name}
}

// New returns an empty object of the kind.
func (k Kind) New() client.Object {
	if k == ScaledJob {
		return &v1alpha1.ScaledJob{}
	}
	return &v1alpha1.ScaledObject{}
}

func (k Kind) newList() client.ObjectList {
	if k == ScaledJob {
		return &v1alpha1.ScaledJobList{}
	}
	return &v1alpha1.ScaledObjectList{}
}

// reason returns KEDA's reason for what becomes of an object of the kind, such
// as [v1alpha1.ReasonScaledObjectReady].
func (k Kind) reason(what string) string { return string(k) + what }

const (
	reasonReady       = "Ready"
	reasonCheckFailed = "CheckFailed"
	reasonPaused      = "Paused"
	reasonUnpaused    = "Unpaused"
	reasonDeleted     = "Deleted" // of Events alone
)
