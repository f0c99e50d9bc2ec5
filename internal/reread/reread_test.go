package reread_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/internal/reread"
)

func TestAValueIsReadOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var v reread.Value[int]
		get := func(returns int, err error) (int, error) {
			return v.Get(func() (int, error) { return returns, err })
		}
		none := errors.New("none")
		for _, step := range []struct {
			after   time.Duration // since the step before
			returns int
			err     error

			want    int
			wantErr error
		}{
			{0, 1, nil, 1, nil},
			{time.Second - 1, 2, nil, 1, nil},
			{1, 2, nil, 2, nil},
			{time.Second, 0, none, 0, none},
			{time.Second - 1, 3, nil, 0, none},
			{1, 3, nil, 3, nil},
		} {
			time.Sleep(step.after)
			is, err := get(step.returns, step.err)
			require.Equal(t, step.want, is)
			require.Equal(t, step.wantErr, err)
		}
	})
}
