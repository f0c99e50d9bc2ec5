package etcd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc/status"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

const (
	// readsAtATime is how many keys of one server are read side by side.
	readsAtATime = 32

	// patience is for readings that nobody limits otherwise.
	patience = 10 * time.Second
)

// New returns a Scaler with the number under a key as its value. It is a
// [scalerkit.Watcher], which tells when that changes. It does no I/O.
func New(c Config, o scalerkit.Options) (scalerkit.Scaler, error) { return trigger.New(c, o) }

// Driver returns the driver for trigger type etcd.
func Driver() scalerkit.Driver { return trigger.Driver() }

var trigger = driver.Type[Config]{Name: "etcd", Open: func(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
	return source.New(o, driver.Plan[*client, question, float64]{
		Metric:   driver.MetricOf(c, "etcd", c.Key),
		Question: question{c.Key, c.silence()},
		Key:      c.Server,
		Open:     func(ctx context.Context) (*client, error) { return c.connect(ctx, o) },
	}), nil
}}

var source = driver.Source[*client, question, float64]{
	Name:     "etcd",
	Ask:      driver.SideBySide(readsAtATime, read),
	Classify: classify,
	Watch:    watch,
}

// A question is what number is under a key.
type question struct {
	key     string
	silence time.Duration // that a watch of it bears
}

// String implements fmt.Stringer.
func (q question) String() string { return fmt.Sprintf("key %q", q.key) }

func read(ctx context.Context, c *client, q question) (float64, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	before := c.heard.Load()
	answer, err := c.Get(ctx, q.key)
	if errors.Is(err, rpctypes.ErrInvalidAuthToken) { // the client has another one by now
		answer, err = c.Get(ctx, q.key)
	}
	if err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) && c.heard.Load() == before {
			c.silent.Store(true) // the connection may have died without a word
		}
		return 0, explain(ctx, err)
	}
	if len(answer.Kvs) == 0 {
		return 0, fmt.Errorf("%w: there is no such key", scalerkit.ErrNotFound)
	}
	value, err := strconv.ParseFloat(strings.TrimSpace(string(answer.Kvs[0].Value)), 64)
	if err != nil {
		return 0, errors.New("what is there is no number")
	}
	return value, nil
}

func watch(ctx context.Context, c *client, q question, changed func()) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	silence := time.NewTimer(q.silence)
	defer silence.Stop()
	events := c.Watch(clientv3.WithRequireLeader(ctx), q.key, clientv3.WithProgressNotify())
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-silence.C:
			return fmt.Errorf("the server has told of nothing for %v", q.silence)
		case told, ok := <-events:
			if !ok {
				return errors.New("the server has ended it")
			}
			if err := told.Err(); err != nil {
				return explain(ctx, err)
			}
			silence.Reset(q.silence)
			if len(told.Events) > 0 {
				changed()
			}
		}
	}
}

// denials are etcd's errors about who asks.
var denials = []error{rpctypes.ErrAuthFailed, rpctypes.ErrInvalidAuthToken, rpctypes.ErrPermissionDenied, rpctypes.ErrUserEmpty}

func classify(err error) error {
	is := func(target error) bool { return errors.Is(err, target) }
	switch {
	case slices.ContainsFunc(denials, is):
		return scalerkit.ErrDenied
	case is(rpctypes.ErrTooManyRequests):
		return scalerkit.ErrThrottled
	}
	return nil
}

// explain leaves away what gRPC says around an error.
func explain(ctx context.Context, err error) error {
	var known rpctypes.EtcdError
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if s, ok := status.FromError(err); ok && !errors.As(err, &known) {
		return fmt.Errorf("%v: %s", s.Code(), s.Message())
	}
	return err
}
