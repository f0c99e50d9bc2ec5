package controller

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit/examples/operator/internal/shard"
)

const (
	statusWorkers  = 4               // requests under way at once
	statusInterval = time.Second     // at least, between two writes for one object
	flushTime      = 3 * time.Second // for what is left in the end
)

// A Statused is an object whose status is to be written. It is comparable.
type Statused interface {
	// Status returns the status to write, and an object with the type, the
	// name and the UID of the one that it is for. If ok is false there is
	// nothing to write.
	Status() (object client.Object, status any, ok bool)

	// Guard returns the context in which it is written.
	Guard(context.Context) context.Context

	// Written tells that what Status returned last has been written.
	Written()
}

// A StatusWriter writes status while others decide: an object that has news is
// enqueued, and what it has to say is asked for when a worker takes it, so that
// news that follow each other are one write.
type StatusWriter struct {
	Client client.Client
	Logger *slog.Logger

	once  sync.Once
	queue workqueue.TypedRateLimitingInterface[Statused]

	mu    sync.Mutex
	locks map[Statused]*writeLock
}

func (w *StatusWriter) init() {
	w.once.Do(func() {
		w.queue = workqueue.NewTypedRateLimitingQueue(
			workqueue.NewTypedItemExponentialFailureRateLimiter[Statused](time.Second, time.Minute))
	})
}

// Enqueue has the status of an object written.
func (w *StatusWriter) Enqueue(s Statused) {
	w.init()
	w.queue.Add(s)
}

// Start writes until ctx ends, and then for a moment what is left. It is for
// manager.Runnable.
func (w *StatusWriter) Start(ctx context.Context) error {
	w.init()
	writing, end := outlive(ctx, flushTime)
	defer end()
	var workers sync.WaitGroup
	for range statusWorkers {
		workers.Go(func() {
			for {
				s, ended := w.queue.Get()
				if ended {
					return
				}
				w.next(writing, s)
			}
		})
	}
	<-ctx.Done()
	w.queue.ShutDown()
	workers.Wait()
	return nil
}

// outlive returns a context that ends some time after another.
func outlive(ctx context.Context, more time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() { time.AfterFunc(more, cancel) })
	return longer, cancel
}

// NeedLeaderElection is for manager.LeaderElectionRunnable. Objects of those who
// do not lead have nothing to write.
func (w *StatusWriter) NeedLeaderElection() bool { return false }

// next writes the status of an object, which is not written again for a while.
func (w *StatusWriter) next(ctx context.Context, s Statused) {
	wrote, err := w.write(ctx, s)
	switch {
	case isGone(err), errors.Is(err, shard.ErrNotHeld): // there is nobody to tell, or somebody else does
		w.queue.Done(s)
	case err != nil && ctx.Err() == nil:
		w.Logger.WarnContext(ctx, "cannot write status", "error", err)
		w.queue.Done(s)
		w.queue.AddRateLimited(s)
		return
	case wrote:
		// Whoever has news meanwhile is told apart by the queue, and has to
		// wait until this one is done.
		time.AfterFunc(statusInterval, func() { w.queue.Done(s) })
	default:
		w.queue.Done(s)
	}
	w.queue.Forget(s)
}

// WriteNow writes at once what an object has to say, for those who cannot go on
// before that is written.
func (w *StatusWriter) WriteNow(ctx context.Context, s Statused) error {
	_, err := w.write(ctx, s)
	return err
}

// write says whether there was something to write, and wrote it.
func (w *StatusWriter) write(ctx context.Context, s Statused) (bool, error) {
	unlock, err := w.lock(ctx, s)
	if err != nil {
		return false, err
	}
	defer unlock()
	object, status, ok := s.Status()
	if !ok {
		return false, nil
	}
	if err := w.Write(s.Guard(ctx), object, status); err != nil {
		return false, err
	}
	s.Written()
	return true, nil
}

// Write writes the status of an object that nobody enqueues.
func (w *StatusWriter) Write(ctx context.Context, object client.Object, status any) error {
	// The whole status is ours. It takes the place of what was there before,
	// which need not be known for that; and another object that has the name
	// by now is left alone.
	patch, err := json.Marshal([]operation{
		{"test", "/metadata/uid", object.GetUID()},
		{"add", "/status", status},
	})
	if err != nil {
		return err
	}
	return w.Client.Status().Patch(ctx, object, client.RawPatch(types.JSONPatchType, patch))
}

// isGone says whether an object does not exist, or is another by now.
func isGone(err error) bool { return apierrors.IsNotFound(err) || apierrors.IsInvalid(err) }

// A writeLock lets one after the other write the status of an object: what one
// says does not come after what another says later. It can be waited for until a
// context ends.
type writeLock struct {
	*semaphore.Weighted     // of one, who writes
	users               int // those who write or wait
}

// lock waits for the lock of an object.
func (w *StatusWriter) lock(ctx context.Context, s Statused) (unlock func(), err error) {
	w.mu.Lock()
	l := w.locks[s]
	if l == nil {
		if w.locks == nil {
			w.locks = make(map[Statused]*writeLock)
		}
		l = &writeLock{Weighted: semaphore.NewWeighted(1)}
		w.locks[s] = l
	}
	l.users++
	w.mu.Unlock()
	leave := func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if l.users--; l.users == 0 {
			delete(w.locks, s)
		}
	}
	if err := l.Acquire(ctx, 1); err != nil {
		leave()
		return nil, err
	}
	return func() { l.Release(1); leave() }, nil
}

// An operation of a JSON patch.
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}
