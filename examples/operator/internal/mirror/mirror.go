package mirror

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/examples/operator/internal/pages"
)

// A mirror has what is kept of the objects in a list. It goes on for as long as each
// watch leads up to the next one; then it is lost, and another one has to take its
// place, which lists everything anew.
type mirror[T any] struct {
	client  client.WithWatch
	list    func() client.ObjectList // returns an empty one
	options client.ListOptions
	keep    func(client.Object) T

	cancel context.CancelFunc
	done   chan struct{} // closed when nothing is under way any more

	mu      sync.Mutex
	objects map[string]T  // by name
	all     []T           // of objects; nil if that has changed since
	changed chan struct{} // closed with the next change
	lost    error
}

// begin returns a mirror that knows what there is.
func begin[T any](ctx context.Context, c client.WithWatch, list func() client.ObjectList, options client.ListOptions, keep func(client.Object) T) (*mirror[T], error) {
	m := &mirror[T]{
		client: c, list: list, options: options, keep: keep,
		done: make(chan struct{}), objects: make(map[string]T), changed: make(chan struct{}),
	}
	version, err := m.fill(ctx)
	if err != nil {
		return nil, explain(err)
	}
	ctx, m.cancel = context.WithCancel(ctx)
	events, err := m.watch(ctx, version)
	if err != nil {
		m.cancel()
		return nil, explain(err)
	}
	go m.follow(ctx, version, events)
	return m, nil
}

// fill lists all objects, and returns of which version of the list they are.
func (m *mirror[T]) fill(ctx context.Context) (version string, err error) {
	return pages.Each(ctx, m.client, m.list, m.options, func(o runtime.Object) error {
		m.put(o)
		return nil
	})
}

// watch begins to watch what comes after a version.
func (m *mirror[T]) watch(ctx context.Context, version string) (watch.Interface, error) {
	options := m.options
	options.Raw = &metav1.ListOptions{ResourceVersion: version, AllowWatchBookmarks: true}
	return m.client.Watch(ctx, m.list(), &options)
}

// follow takes over what events tell, watch after watch: the API server ends each
// after a while. One that ends and has told of nothing is the last.
func (m *mirror[T]) follow(ctx context.Context, version string, events watch.Interface) {
	defer close(m.done)
	for {
		last, err := m.take(events, version)
		events.Stop()
		if err == nil && last == version {
			err = errors.New("the watch has ended")
		}
		if err == nil {
			version = last
			events, err = m.watch(ctx, version)
		}
		if err != nil {
			m.lose(explain(err))
			return
		}
	}
}

// take takes over what a watch tells until it ends, and returns the version up to
// which that is all.
func (m *mirror[T]) take(events watch.Interface, version string) (string, error) {
	for e := range events.ResultChan() {
		if e.Type == watch.Error {
			return "", apierrors.FromObject(e.Object)
		}
		if e.Type == watch.Added || e.Type == watch.Modified {
			m.put(e.Object)
		}
		if e.Type == watch.Deleted {
			m.remove(e.Object)
		}
		o, err := meta.Accessor(e.Object)
		if err != nil {
			return "", err
		}
		version = o.GetResourceVersion()
	}
	return version, nil
}

func (m *mirror[T]) put(o runtime.Object) {
	if object, ok := o.(client.Object); ok {
		kept := m.keep(object)
		m.change(func() { m.objects[object.GetName()] = kept })
	}
}

func (m *mirror[T]) remove(o runtime.Object) {
	if object, ok := o.(client.Object); ok {
		m.change(func() { delete(m.objects, object.GetName()) })
	}
}

func (m *mirror[T]) lose(err error) { m.change(func() { m.lost = err }) }

func (m *mirror[T]) change(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
	m.all = nil
	close(m.changed)
	m.changed = make(chan struct{})
}

// All implements kubernetes.Watched.
func (m *mirror[T]) All() ([]T, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.all == nil {
		m.all = slices.Collect(maps.Values(m.objects))
	}
	return m.all, m.lost
}

// Changed implements kubernetes.Watched.
func (m *mirror[T]) Changed() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.changed
}

// IsClosed implements kubernetes.Watched.
func (m *mirror[T]) IsClosed() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.lost != nil
}

// Close implements kubernetes.Watched.
func (m *mirror[T]) Close() error {
	m.cancel()
	<-m.done
	return nil
}

// explain wraps errors that are to be told apart.
func explain(err error) error {
	if apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) {
		return fmt.Errorf("%w: %w", scalerkit.ErrDenied, err)
	}
	if apierrors.IsTooManyRequests(err) {
		seconds, _ := apierrors.SuggestsClientDelay(err)
		return &scalerkit.ThrottledError{RetryAfter: time.Duration(seconds) * time.Second, Err: err}
	}
	return err
}
