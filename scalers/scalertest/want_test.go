package scalertest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// A fixed Scaler reads the same each time.
type fixed struct {
	reading scalerkit.Reading
	err     error
}

func (f fixed) Read(context.Context) (scalerkit.Reading, error) { return f.reading, f.err }
func (fixed) Metric() scalerkit.Metric                          { return scalerkit.Metric{Activation: 5} }
func (fixed) Close() error                                      { return nil }

func TestWantValueAndWantError(t *testing.T) {
	gone := fmt.Errorf("read: %w", scalerkit.ErrNotFound)
	for name, c := range map[string]struct {
		scaler fixed
		want   func(testing.TB, scalerkit.Scaler)
		fails  string // empty: it does not
	}{
		"the value":         {fixed{reading: scalerkit.Reading{Value: 7}}, value(7), ""},
		"not active":        {fixed{reading: scalerkit.Reading{Value: 5}}, value(5), ""},
		"another value":     {fixed{reading: scalerkit.Reading{Value: 8}}, value(7), "read 8, want 7"},
		"an error":          {fixed{err: gone}, value(7), "read: read: not found; want 7"},
		"active at once":    {fixed{reading: scalerkit.Reading{Value: 5, Activity: scalerkit.Active}}, value(5), "read 5: active is true, want false"},
		"the error":         {fixed{err: gone}, failure(scalerkit.ErrNotFound, "read: not found"), ""},
		"of no kind":        {fixed{err: errors.New("lost")}, failure(nil, "lost"), ""},
		"another text":      {fixed{err: gone}, failure(nil, "lost"), "the error is read: not found\nwant lost"},
		"no error":          {fixed{}, failure(nil, "lost"), "the error is <nil>\nwant lost"},
		"another kind":      {fixed{err: gone}, failure(scalerkit.ErrDenied, "read: not found"), "read: not found is not: access denied"},
		"a reading besides": {fixed{reading: scalerkit.Reading{Value: 1}, err: gone}, failure(nil, "read: not found"), "besides the error"},
	} {
		t.Run(name, func(t *testing.T) {
			r := record(t, func(tb testing.TB) { c.want(tb, c.scaler) })
			assert.Equal(t, c.fails != "", r.Failed())
			assert.Contains(t, r.output(), c.fails)
		})
	}
}

func value(want float64) func(testing.TB, scalerkit.Scaler) {
	return func(tb testing.TB, s scalerkit.Scaler) { scalertest.WantValue(tb, s, want) }
}

func failure(kind error, text string) func(testing.TB, scalerkit.Scaler) {
	return func(tb testing.TB, s scalerkit.Scaler) { scalertest.WantError(tb, s, kind, text) }
}
