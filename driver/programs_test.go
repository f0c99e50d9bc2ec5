package driver_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// A lender has credentials, of whatever kind.
type lender interface{ lend() string }

type lenderFunc func() string

func (f lenderFunc) lend() string { return f() }

type lenderNamed string

func (n lenderNamed) lend() string { return string(n) }

// A borrower is a Config with something that is the program's.
type borrower struct {
	Queue string `scaler:"queue"`
	Inner borrowed
}

type borrowed struct {
	Credential lender `scaler:"-"`
}

func (c *borrower) Parse(p *driver.Problems) {
	if c.Queue == "refused" {
		p.Add(&c.Inner.Credential, "is not for %s", p.Name(&c.Queue))
	}
}

func TestWhatAProgramBringsHasToBeComparable(t *testing.T) {
	lending := driver.Type[borrower]{Name: "lending", Open: func(*borrower, scalerkit.Options) (scalerkit.Scaler, error) { return &level{}, nil }}
	open := func(queue string, l lender) error {
		_, err := lending.New(borrower{Queue: queue, Inner: borrowed{l}}, scalerkit.Options{})
		return err
	}
	function := lenderFunc(func() string { return "" })
	require.NoError(t, open("", nil))
	require.NoError(t, open("", lenderNamed("n")))
	require.NoError(t, open("", &function))
	require.EqualError(t, open("", function), "lending trigger: Inner.Credential: is a driver_test.lenderFunc, which cannot be compared with others: give a pointer to one")
	require.EqualError(t, open("refused", lenderNamed("n")), "lending trigger: Inner.Credential: is not for Queue")
}

func TestSideBySide(t *testing.T) {
	failed := errors.New("no such queue")
	ask := driver.SideBySide(2, func(_ context.Context, depths map[string]int, queue string) (int, error) {
		depth, ok := depths[queue]
		if !ok {
			return 0, failed
		}
		return depth, nil
	})
	answers, err := ask(t.Context(), map[string]int{"a": 1, "b": 2}, []string{"a", "c", "b"})
	require.NoError(t, err)
	require.Equal(t, []driver.Answer[int]{{Value: 1}, {Err: failed}, {Value: 2}}, answers)
}
