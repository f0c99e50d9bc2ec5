package driver

import (
	"context"

	"github.com/scalerkit/scalerkit/internal/each"
	"github.com/scalerkit/scalerkit/internal/guard"
)

// An Answer is what a source said to one question, or the error that took its
// place.
type Answer[A any] struct {
	Value A
	Err   error
}

// Each asks the questions one by one, n at a time, and returns an Answer to
// each, in their order. Questions that were not asked before ctx ended get its
// error, those that were answered by then keep their answers. A panic of f is
// the error of its question.
func Each[Q, A any](ctx context.Context, n int, questions []Q, f func(context.Context, Q) (A, error)) []Answer[A] {
	answers := make([]Answer[A], len(questions))
	each.Do(len(questions), n, func(i int) {
		a := &answers[i]
		if a.Err = context.Cause(ctx); a.Err != nil {
			return
		}
		a.Err = guard.Do(func() (err error) {
			a.Value, err = f(ctx, questions[i])
			return err
		})
	})
	return answers
}

// SideBySide returns an Ask for a [Source] that answers one question at a time:
// they are asked as by [Each].
func SideBySide[C, Q, A any](n int, ask func(context.Context, C, Q) (A, error)) func(context.Context, C, []Q) ([]Answer[A], error) {
	return func(ctx context.Context, connection C, questions []Q) ([]Answer[A], error) {
		return Each(ctx, n, questions, func(ctx context.Context, q Q) (A, error) { return ask(ctx, connection, q) }), nil
	}
}
