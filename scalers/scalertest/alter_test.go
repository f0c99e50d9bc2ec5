package scalertest_test

import (
	"context"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// An altered is the good driver's Scaler with other methods in place of some
// of its own.
type altered struct {
	*scaler
	options scalerkit.Options
	metric  func() scalerkit.Metric
	read    readFunc
	batch   batchFunc
	key     func() any
	watch   watchFunc
	close   func() error
}

type (
	readFunc  = func(context.Context) (scalerkit.Reading, error)
	batchFunc = func(context.Context, []scalerkit.Scaler) []scalerkit.Result
	watchFunc = func(context.Context, func()) error
)

func (a *altered) Metric() scalerkit.Metric                            { return a.metric() }
func (a *altered) Read(ctx context.Context) (scalerkit.Reading, error) { return a.read(ctx) }
func (a *altered) BatchKey() any                                       { return a.key() }
func (a *altered) Close() error                                        { return a.close() }

func (a *altered) ReadBatch(ctx context.Context, peers []scalerkit.Scaler) []scalerkit.Result {
	return a.batch(ctx, peers)
}

func (a *altered) Watch(ctx context.Context, changed func()) error { return a.watch(ctx, changed) }

// goodPeers returns the good Scalers that were altered.
func goodPeers(peers []scalerkit.Scaler) []scalerkit.Scaler {
	good := make([]scalerkit.Scaler, len(peers))
	for i, p := range peers {
		good[i] = p.(*altered).scaler
	}
	return good
}

// toys returns good Scalers as what they are.
func toys(good []scalerkit.Scaler) []*scaler {
	all := make([]*scaler, len(good))
	for i, s := range good {
		all[i] = s.(*scaler)
	}
	return all
}

// alter returns the good driver with alterations to its Scalers.
func alter(changes ...func(*altered)) scalerkit.Driver {
	return driver.Type[Config]{Name: "toy", Open: func(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
		s, err := New(*c, o)
		if err != nil {
			return nil, err
		}
		good := s.(*scaler)
		a := &altered{
			scaler:  good,
			options: o,
			metric:  good.Metric,
			read:    good.Read,
			batch: func(ctx context.Context, peers []scalerkit.Scaler) []scalerkit.Result {
				return good.ReadBatch(ctx, goodPeers(peers))
			},
			key:   good.BatchKey,
			watch: good.Watch,
			close: good.Close,
		}
		for _, change := range changes {
			change(a)
		}
		return a, nil
	}}.Driver()
}

// alterRead returns the good driver with another Read.
func alterRead(read func(good readFunc) readFunc) scalerkit.Driver {
	return alter(func(a *altered) { a.read = read(a.read) })
}

// alterBatch returns the good driver with another ReadBatch.
func alterBatch(batch func(good batchFunc) batchFunc) scalerkit.Driver {
	return alter(func(a *altered) { a.batch = batch(a.batch) })
}

// alterWatch returns the good driver with another Watch.
func alterWatch(watch func(good watchFunc) watchFunc) scalerkit.Driver {
	return alter(func(a *altered) { a.watch = watch(a.watch) })
}

// alterOptions returns the good driver with other Options than it was given.
func alterOptions(change func(*scalerkit.Options)) scalerkit.Driver {
	return driver.Type[Config]{Name: "toy", Open: func(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
		change(&o)
		return New(*c, o)
	}}.Driver()
}

// alterConfig returns the good driver with another Config, of which good makes
// its own.
func alterConfig[C any](good func(C) (Config, error)) scalerkit.Driver {
	return driver.Type[C]{Name: "toy", Open: func(c *C, o scalerkit.Options) (scalerkit.Scaler, error) {
		config, err := good(*c)
		if err != nil {
			return nil, err
		}
		return New(config, o)
	}}.Driver()
}
