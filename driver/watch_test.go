package driver_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
)

func watching(watch func(context.Context, *wire, item, func()) error) scalerkit.Watcher {
	return itemSource{Ask: tens, Watch: watch}.New(scalerkit.Options{}, on(new(wire), 7)).(scalerkit.Watcher)
}

func TestOnlySourcesThatWatchAreWatchers(t *testing.T) {
	_, ok := itemSource{Ask: tens}.New(scalerkit.Options{}, on(new(wire), 1)).(scalerkit.Watcher)
	require.False(t, ok)
}

func TestAWatchTellsOfChangesUntilItsSourceIsLost(t *testing.T) {
	w := watching(func(_ context.Context, _ *wire, q item, changed func()) error {
		for range q {
			changed()
		}
		return io.ErrUnexpectedEOF
	})
	changes := 0
	require.EqualError(t, w.Watch(t.Context(), func() { changes++ }), "watch item 7: unexpected EOF")
	require.Equal(t, 7, changes)
	require.NoError(t, w.Close())
	require.Equal(t, scalerkit.ErrClosed, w.Watch(t.Context(), func() {}))
}

func TestAWatchThatEndsByItselfIsAnErrorToo(t *testing.T) {
	w := watching(func(context.Context, *wire, item, func()) error { return nil })
	require.EqualError(t, w.Watch(t.Context(), func() {}), "watch item 7: EOF")
}

func TestAWatchEndsThoughItPaysNoAttention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, end := range map[string]func(scalerkit.Watcher, context.CancelCauseFunc) error{
			"with its context": func(_ scalerkit.Watcher, cancel context.CancelCauseFunc) error { cancel(io.EOF); return io.EOF },
			"with Close": func(w scalerkit.Watcher, _ context.CancelCauseFunc) error {
				return errors.Join(w.Close(), scalerkit.ErrClosed)
			},
		} {
			late, called := make(chan struct{}), false
			w := watching(func(_ context.Context, _ *wire, _ item, changed func()) error {
				<-late
				changed()
				return nil
			})
			ctx, cancel := context.WithCancelCause(t.Context())
			ended := make(chan error)
			go func() { ended <- w.Watch(ctx, func() { called = true }) }()
			synctest.Wait()
			want := end(w, cancel)
			require.ErrorIs(t, want, <-ended, name)
			close(late)
			synctest.Wait()
			require.False(t, called, name)
			require.NoError(t, w.Close())
			cancel(nil)
		}
	})
}
