package scalerkit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"

	"github.com/scalerkit/scalerkit/internal/pool"
)

// A Sharer is a Scaler that reads over a share in a connection.
type Sharer interface {
	Scaler

	// IsClosed reports whether Close was called; see [Shared.IsClosed].
	IsClosed() bool
}

// ReadShared is what Read of a [Sharer] is made of. It calls ask with the
// connection that s is a share of, as [Use] does, and has it read the one
// scaler. Where ask fails as a whole, wrap adds to the error what was being
// done for the scaler.
func ReadShared[S Sharer, C io.Closer](ctx context.Context, s *Shared[C], scaler S,
	ask func(context.Context, C, []S) ([]Result, error), wrap func(S, error) error,
) (Reading, error) {
	results, err := Use(ctx, s, answersTo(ask, []S{scaler}))
	switch {
	case errors.Is(err, ErrClosed):
		return Reading{}, ErrClosed
	case err != nil:
		return Reading{}, wrap(scaler, err)
	}
	return results[0].Reading, results[0].Err
}

// ReadSharedBatch is what ReadBatch of a [Batcher] is made of that is a
// [Sharer]. It calls ask once for all peers, which are of type S and have
// shares in the same connection as s, as [UseAll] does. ask returns one Result
// for each, in their order, or an error for all. A peer that is closed by then
// gets [ErrClosed] instead.
func ReadSharedBatch[S Sharer, C io.Closer](ctx context.Context, s *Shared[C], peers []Scaler,
	ask func(context.Context, C, []S) ([]Result, error), wrap func(S, error) error,
) []Result {
	all := make([]S, len(peers))
	for i, p := range peers {
		all[i] = p.(S)
	}
	results, err := UseAll(ctx, s, answersTo(ask, all))
	if err != nil {
		results = make([]Result, len(all))
	}
	for i, p := range all {
		switch {
		case p.IsClosed():
			results[i] = Result{Err: ErrClosed}
		case err != nil:
			results[i] = Result{Err: wrap(p, err)}
		}
	}
	return results
}

// answersTo returns a function for Use that asks for all scalers and insists
// on an answer for each.
func answersTo[S Sharer, C io.Closer](ask func(context.Context, C, []S) ([]Result, error), scalers []S) func(context.Context, C) ([]Result, error) {
	return func(ctx context.Context, connection C) ([]Result, error) {
		results, err := ask(ctx, connection, scalers)
		if err == nil && len(results) != len(scalers) {
			err = fmt.Errorf("%d answers for %d scalers", len(results), len(scalers))
		}
		return results, err
	}
}

// A Shared is one Scaler's share in a connection.
type Shared[C io.Closer] = pool.Shared[C]

// Share returns a share in the connection that p holds under key.
func Share[K comparable, C io.Closer](p *Pool, key K, open func(context.Context) (C, error)) *Shared[C] {
	return pool.Share(p, key, open)
}

// Use calls f with the connection that s is a share of.
func Use[C io.Closer, T any](ctx context.Context, s *Shared[C], f func(context.Context, C) (T, error)) (T, error) {
	return pool.Use(ctx, s, f)
}

// UseAll is like Use on behalf of all who share the connection.
func UseAll[C io.Closer, T any](ctx context.Context, s *Shared[C], f func(context.Context, C) (T, error)) (T, error) {
	return pool.UseAll(ctx, s, f)
}

// NewDriver returns a Driver whose Config is checked by Validate methods.
func NewDriver[C any](name string, open func(C, Options) (Scaler, error), aliases ...string) Driver {
	layout := layoutOf(reflect.TypeFor[C]())
	params := make([]Param, len(layout.fields))
	for i, f := range layout.fields {
		params[i] = f.Param
	}
	return legacyDriver{name: name, aliases: aliases, params: params,
		open: func(spec Spec, options Options) (Scaler, error) {
			var config C
			if err := decode(spec, &config, options.Warn); err != nil {
				return nil, err
			}
			s, err := open(config, options)
			if err != nil {
				return nil, attribute(err, spec)
			}
			return s, nil
		},
		check: func(spec Spec, warn func(ConfigError)) error {
			var config C
			return checkValues(spec, &config, warn)
		},
	}
}

type legacyDriver struct {
	name    string
	aliases []string
	params  []Param
	open    func(Spec, Options) (Scaler, error)
	check   func(Spec, func(ConfigError)) error
}

func (d legacyDriver) Name() string      { return d.name }
func (d legacyDriver) Aliases() []string { return slices.Clone(d.aliases) }
func (d legacyDriver) Params() []Param   { return slices.Clone(d.params) }

func (d legacyDriver) Open(spec Spec, options Options) (Scaler, error) {
	spec.Type = cmp.Or(spec.Type, d.name)
	return d.open(spec, options)
}

func (d legacyDriver) CheckValues(spec Spec, warn func(ConfigError)) error {
	spec.Type = cmp.Or(spec.Type, d.name)
	return d.check(spec, warn)
}

func attribute(err error, spec Spec) error {
	if len(ConfigErrors(err)) == 0 {
		return fmt.Errorf("%s: %w", triggerText(spec.Type, spec.Name), err)
	}
	problems := problemsIn(err)
	for i := range problems {
		problems[i].Type, problems[i].Name = "", ""
	}
	return join(spec.Type, spec.Name, problems)
}

// Problem returns a ConfigError about one parameter, for a Validate method.
func Problem(key, format string, args ...any) error {
	return ConfigError{Key: key, Problem: fmt.Sprintf(format, args...)}
}

func problemsIn(err error) []ConfigError {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var all []ConfigError
		for _, err := range many.Unwrap() {
			all = append(all, problemsIn(err)...)
		}
		return all
	}
	if problems := ConfigErrors(err); len(problems) > 0 || err == nil {
		return problems
	}
	return []ConfigError{{Problem: err.Error()}}
}

func join(typ, name string, problems []ConfigError) error {
	errs := make([]error, len(problems))
	for i, p := range problems {
		if p.Type == "" {
			p.Type = typ
		}
		if p.Name == "" {
			p.Name = name
		}
		errs[i] = p
	}
	return errors.Join(errs...)
}
