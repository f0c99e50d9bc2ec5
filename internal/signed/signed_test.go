package signed

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
)

func TestReading(t *testing.T) {
	const note = "the result is -2, which counts as 0"
	for _, c := range []struct {
		value, activation float64
		want              scalerkit.Reading
		active            bool
	}{
		{2, 0, scalerkit.Reading{Value: 2}, true},
		{0, -1, scalerkit.Reading{}, true},
		{-2, 0, scalerkit.Reading{Note: note}, false},
		{-2, -1, scalerkit.Reading{Note: note, Activity: scalerkit.Inactive}, false},
		{-2, -2, scalerkit.Reading{Note: note, Activity: scalerkit.Inactive}, false},
		{-2, -3, scalerkit.Reading{Note: note}, true},
	} {
		got := Reading(c.value, c.activation)
		require.Equal(t, c.want, got)
		require.Equal(t, c.active, got.IsActive(scalerkit.Metric{Activation: c.activation}))
	}
	require.True(t, math.IsNaN(Reading(math.NaN(), 0).Value), "a NaN is for the driver to refuse")
}
