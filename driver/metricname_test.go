package driver_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/driver"
)

func TestMetricNamesHaveNothingAwkwardInThem(t *testing.T) {
	require.Equal(t, "redis-a-b-c-d-50---x--$Y,_ z", driver.MetricName("redis", "a/b.c:d", "50%(", "x)-$Y,_ z"))
	require.Equal(t, "", driver.MetricName())
}
