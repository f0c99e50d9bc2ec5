package driver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/each"
	"github.com/scalerkit/scalerkit/internal/guard"
	"github.com/scalerkit/scalerkit/internal/pool"
)

// A Source says how questions are put to one kind of event source. Its New makes
// whole Scalers of that: they share connections, are read together with equal
// questions asked once, and keep the contract of [scalerkit.Scaler].
//
//   - C is a connection, or what stands for several of them. One that has a
//     method IsClosed() bool is opened anew once that says true; any other is
//     expected to mend itself.
//   - Q is a question. Its text, as by fmt's %v, says in errors what is read:
//     `size of "orders"`. It contains no secret.
//   - A is the source's own answer, from which each Scaler makes its reading.
type Source[C io.Closer, Q comparable, A any] struct {
	// Name is that of the source. Scalers of Sources with equal Names and types
	// are read together if they share a connection.
	Name string

	// Max is how many questions are put in one Ask; 0 is all that there are.
	Max int

	// Ask puts questions, no two of them equal, and returns one Answer to each,
	// in their order, or an error that is the answer to all. It does not retry,
	// and does not change questions, which are those of the next round too.
	// It returns when ctx ends, with the answers that it has by then: ctx ends a
	// little before those lose their patience who wait for it.
	Ask func(ctx context.Context, connection C, questions []Q) ([]Answer[A], error)

	// Classify, if set, returns [scalerkit.ErrDenied] or [scalerkit.ErrNotFound]
	// if that is what an error of the source means, or nil. Errors that wrap one
	// of these already need none.
	Classify func(error) error

	// Watch, if set, makes the Scalers Watchers: see [scalerkit.Watcher].
	Watch func(ctx context.Context, connection C, question Q, changed func()) error
}

// A Plan is what one Scaler wants of a Source.
type Plan[C io.Closer, Q comparable, A any] struct {
	Metric   scalerkit.Metric
	Question Q

	// Key says where the source is and who asks. Scalers that are given the same
	// Pool and have equal Keys share a connection, which Open opens on first use
	// and the last Close closes. The context that Open gets lasts as long as the
	// connection.
	//
	// A Key that is not comparable is compared by what is in it: the elements of
	// slices and maps, and the exported fields of structs. The unexported fields
	// of an exported struct, such as a part of a Config, are taken for what its
	// Parse method derived, and do not count.
	Key  any
	Open func(context.Context) (C, error)

	// Read makes a reading of an answer. It need not set Time for a source that
	// does not tell it. Without Read, the answer is the reading, or the value of
	// one: A is a Reading, a float64 or an int64. It may be called concurrently.
	Read func(A) (scalerkit.Reading, error)
}

// New returns a Scaler. It does no I/O.
func (s Source[C, Q, A]) New(options scalerkit.Options, plan Plan[C, Q, A]) scalerkit.Scaler {
	if plan.Read == nil {
		plan.Read = plainReading[A]()
	}
	share := pool.Share(options.Pool, comparableKey(plan.Key), plan.Open)
	one := &scaler[C, Q, A]{
		batch:    pool.Beside[batch[C, Q, A]](share, s.Name),
		share:    share,
		question: plan.Question,
		read:     plan.Read,
		metric:   plan.Metric,
		source:   s,
	}
	if s.Watch != nil {
		return &watcher[C, Q, A]{scaler: one}
	}
	return one
}

// plainReading returns what reads answers that are a reading, or the value of
// one.
func plainReading[A any]() func(A) (scalerkit.Reading, error) {
	var read any
	switch any(*new(A)).(type) {
	case scalerkit.Reading:
		read = func(r scalerkit.Reading) (scalerkit.Reading, error) { return r, nil }
	case float64:
		read = func(v float64) (scalerkit.Reading, error) { return scalerkit.Reading{Value: v}, nil }
	case int64:
		read = func(v int64) (scalerkit.Reading, error) { return scalerkit.Reading{Value: float64(v)}, nil }
	default:
		panic(fmt.Sprintf("driver: a %v is no reading: the Plan needs a Read", reflect.TypeFor[A]()))
	}
	return read.(func(A) (scalerkit.Reading, error))
}

// maxExchanges is how many Asks of one batch are under way at once.
const maxExchanges = 4

// A scaler begins with what each round needs of it. In a batch of ten thousand,
// a round takes as long as memory does.
type scaler[C io.Closer, Q comparable, A any] struct {
	batch    *batch[C, Q, A]
	closed   atomic.Bool
	read     func(A) (scalerkit.Reading, error)
	question Q

	share  *pool.Shared[C]
	metric scalerkit.Metric
	source Source[C, Q, A]
}

func (s *scaler[C, Q, A]) Metric() scalerkit.Metric { return s.metric }

func (s *scaler[C, Q, A]) Close() error {
	s.closed.Store(true)
	return s.share.Close()
}

// A batch is what Scalers have in common that are read together: a connection
// and the way to use it. Its address is their BatchKey.
type batch[C io.Closer, Q comparable, A any] struct {
	last atomic.Pointer[round[C, Q, A]]
}

// A round is what becomes of the same peers in every round.
type round[C io.Closer, Q comparable, A any] struct {
	peers     []scalerkit.Scaler
	scalers   []*scaler[C, Q, A] // that the peers are
	questions []Q                // no two of them equal
	places    []int              // of the scalers' questions
}

func (s *scaler[C, Q, A]) BatchKey() any { return s.batch }

// round returns the round of the peers, which is that of the last time if they
// are the same.
func (b *batch[C, Q, A]) round(peers []scalerkit.Scaler) *round[C, Q, A] {
	if last := b.last.Load(); last != nil && slices.Equal(last.peers, peers) {
		return last
	}
	r := &round[C, Q, A]{
		peers:   slices.Clone(peers),
		scalers: make([]*scaler[C, Q, A], len(peers)),
		places:  make([]int, len(peers)),
	}
	known := make(map[Q]int, len(peers))
	for i, p := range peers {
		r.scalers[i] = p.(itself[C, Q, A]).self()
		q := r.scalers[i].question
		place, asked := known[q]
		if !asked {
			place = len(r.questions)
			known[q] = place
			r.questions = append(r.questions, q)
		}
		r.places[i] = place
	}
	b.last.Store(r)
	return r
}

func (s *scaler[C, Q, A]) Read(ctx context.Context) (scalerkit.Reading, error) {
	answers := s.ask(ctx, []Q{s.question}, pool.Use[C, []Answer[A]])
	var r scalerkit.Result
	s.result(&r, &answers[0], time.Now())
	return r.Reading, r.Err
}

// itself is implemented by all that Source.New returns.
type itself[C io.Closer, Q comparable, A any] interface{ self() *scaler[C, Q, A] }

func (s *scaler[C, Q, A]) self() *scaler[C, Q, A] { return s }

func (s *scaler[C, Q, A]) ReadBatch(ctx context.Context, peers []scalerkit.Scaler) []scalerkit.Result {
	r := s.batch.round(peers)
	answers := s.ask(ctx, r.questions, pool.UseAll[C, []Answer[A]])
	now := time.Now()
	results := make([]scalerkit.Result, len(peers))
	for i, one := range r.scalers {
		one.result(&results[i], &answers[r.places[i]], now)
	}
	return results
}

// A use is pool.Use or pool.UseAll.
type use[C io.Closer, A any] = func(context.Context, *pool.Shared[C], func(context.Context, C) ([]Answer[A], error)) ([]Answer[A], error)

// ask puts the questions, so many at a time as the source takes.
func (s *scaler[C, Q, A]) ask(ctx context.Context, questions []Q, use use[C, A]) []Answer[A] {
	most := s.source.Max
	if most <= 0 || most >= len(questions) {
		return s.exchange(ctx, questions, use)
	}
	answers := make([]Answer[A], len(questions))
	each.Do((len(questions)+most-1)/most, maxExchanges, func(i int) {
		from, to := i*most, min((i+1)*most, len(questions))
		copy(answers[from:to], s.exchange(ctx, questions[from:to], use))
	})
	return answers
}

// exchange puts questions that the source takes at once.
func (s *scaler[C, Q, A]) exchange(ctx context.Context, questions []Q, use use[C, A]) []Answer[A] {
	answers, err := use(ctx, s.share, func(ctx context.Context, connection C) ([]Answer[A], error) {
		ctx, cancel := early(ctx)
		defer cancel()
		answers, err := s.source.Ask(ctx, connection, questions)
		if err == nil && len(answers) != len(questions) {
			err = fmt.Errorf("%d answers to %d questions", len(answers), len(questions))
		}
		return answers, err
	})
	if err != nil {
		answers = make([]Answer[A], len(questions))
		for i := range answers {
			answers[i].Err = err
		}
	}
	return answers
}

// early ends a tenth of the time, and at most a second, before ctx does: an
// answer that is late for one question is in time for what the others said.
func early(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-min(time.Until(deadline)/10, time.Second)))
}

// result makes a reading of an answer.
func (s *scaler[C, Q, A]) result(r *scalerkit.Result, a *Answer[A], now time.Time) {
	if s.closed.Load() || errors.Is(a.Err, scalerkit.ErrClosed) {
		r.Err = scalerkit.ErrClosed
		return
	}
	err := s.classify(a.Err)
	if err == nil {
		r.Reading, err = s.reading(a.Value)
	}
	if err == nil {
		err = check(&r.Reading, now)
	}
	if err != nil {
		*r = scalerkit.Result{Err: fmt.Errorf("read %v: %w", s.question, err)}
	}
}

func (s *scaler[C, Q, A]) classify(err error) error {
	if err != nil && s.source.Classify != nil {
		if kind := s.source.Classify(err); kind != nil {
			return fmt.Errorf("%w: %w", kind, err)
		}
	}
	return err
}

func (s *scaler[C, Q, A]) reading(a A) (r scalerkit.Reading, err error) {
	defer guard.Catch(&err)
	return s.read(a)
}

// check returns an error if r can be no reading. It is one as of now, unless it
// says otherwise.
func check(r *scalerkit.Reading, now time.Time) error {
	if math.IsNaN(r.Value) || math.IsInf(r.Value, 0) || r.Value < 0 {
		return fmt.Errorf("the value is %v, which is not a finite number of at least 0", r.Value)
	}
	if r.Time.IsZero() {
		r.Time = now
	}
	return nil
}

type watcher[C io.Closer, Q comparable, A any] struct{ *scaler[C, Q, A] }

// Watch implements scalerkit.Watcher.
func (w *watcher[C, Q, A]) Watch(ctx context.Context, changed func()) error {
	return watch(ctx, w.share, w.question, changed, func(ctx context.Context, connection C, changed func()) error {
		return w.source.Watch(ctx, connection, w.question, changed)
	})
}

// watch calls f, and nobody any more once it has returned: f may pay no
// attention to its ctx.
func watch[C io.Closer](ctx context.Context, share *pool.Shared[C], what any, changed func(), f func(context.Context, C, func()) error) error {
	var turn sync.Mutex
	ended := false
	defer func() {
		turn.Lock()
		defer turn.Unlock()
		ended = true
	}()
	_, err := pool.Use(ctx, share, func(ctx context.Context, connection C) (struct{}, error) {
		return struct{}{}, f(ctx, connection, func() {
			turn.Lock()
			defer turn.Unlock()
			if !ended {
				changed()
			}
		})
	})
	switch {
	case share.IsClosed(), errors.Is(err, scalerkit.ErrClosed):
		return scalerkit.ErrClosed
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return fmt.Errorf("watch %v: %w", what, cmp.Or(err, io.EOF))
}
