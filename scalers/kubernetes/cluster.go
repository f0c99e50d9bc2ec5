package kubernetes

import (
	"cmp"
	"context"
	"errors"

	"github.com/scalerkit/scalerkit"
)

// A Cluster is a cluster of Kubernetes as a program has access to it. It is
// comparable: triggers with equal Clusters share what they watch. Its methods may be
// called concurrently.
//
// Each begins a watch, and returns once it is known what there is. The context lasts
// as long as the watch does. Errors wrap scalerkit.ErrDenied if the program has no
// right to what is asked for.
type Cluster interface {
	// Pods watches the pods of a namespace.
	Pods(ctx context.Context, namespace string) (Watched[Pod], error)

	// Data watches one ConfigMap or Secret, which need not exist.
	Data(ctx context.Context, object Object) (Watched[Data], error)
}

// Watched are objects that are watched. Its methods may be called concurrently.
type Watched[T any] interface {
	// All returns what there is of the objects, or an error if that is not known
	// any more. The caller does not change it.
	All() ([]T, error)

	// Changed returns a channel that is closed with the next change, or if the
	// watch is lost.
	Changed() <-chan struct{}

	// IsClosed reports whether the watch is lost. It is not begun again.
	IsClosed() bool

	// Close ends the watch.
	Close() error
}

// A Pod is what counts of a pod.
type Pod struct {
	Labels map[string]string
	Phase  string
	Node   string // empty if it is not on a node yet
}

// An Object names a ConfigMap or Secret.
type Object struct {
	Kind            string // ConfigMap or Secret
	Namespace, Name string
}

// String returns, for example, "ConfigMap shop/numbers".
func (o Object) String() string { return o.Kind + " " + o.Namespace + "/" + o.Name }

// Data is what a ConfigMap or Secret has under its keys.
type Data map[string]string

// A place is where in which cluster something is.
type place[T comparable] struct {
	cluster Cluster
	of      T
}

// watched begins a watch, where there is a cluster.
func watched[T any](cluster Cluster, begin func() (Watched[T], error)) (Watched[T], error) {
	if cluster == nil {
		return nil, errors.New("this program has no access to a cluster of Kubernetes")
	}
	return begin()
}

// namespaceOf returns the namespace that is asked about.
func namespaceOf(owner scalerkit.Key) string { return cmp.Or(owner.Namespace, "default") }
