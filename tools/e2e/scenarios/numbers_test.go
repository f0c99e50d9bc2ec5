package scenarios

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestNumbersDoNotHangOnASecond shows that a machine which is a second late here and
// there comes to the same numbers of replicas. Otherwise the plays would show that the
// machine was in time, and not that what is simulated is true.
func TestNumbersDoNotHangOnASecond(t *testing.T) {
	const second = 1200 * time.Millisecond
	for _, s := range scenarios {
		for _, m := range []mode{withHPA, withoutHPA} {
			t.Run(s.workload(m), func(t *testing.T) {
				want, err := s.simulate(m, s.onTime())
				require.NoError(t, err)
				for _, late := range []struct{ poll, look, start time.Duration }{
					{poll: -second}, {poll: second}, {look: -second}, {look: second}, {start: second},
					{-second, second, second}, {second, -second, second},
				} {
					in := s.onTime()
					in.poll += late.poll
					in.look += late.look
					in.start += late.start
					is, err := s.simulate(m, in)
					require.NoError(t, err)
					assert.Equal(t, want.numbers(), is.numbers(), "late: %+v%s", late, sideBySide(want, is))
				}
			})
		}
	}
}
