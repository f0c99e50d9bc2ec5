package driver_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

func BenchmarkOpen(b *testing.B) {
	d := newDriver("broker", func(c brokerConfig, _ scalerkit.Options) (scalerkit.Scaler, error) {
		return &level{metric: scalerkit.Metric{Name: driver.MetricName("broker", c.Queue)}}, nil
	})
	registry := scalerkit.NewRegistry(d)
	spec := scalerkit.Spec{
		Type:     "broker",
		Name:     "orders",
		Metadata: map[string]string{"queue": "orders", "length": "20", "hostFromEnv": "HOST"},
		Auth:     scalerkit.Secrets(map[string]string{"password": "pw"}),
		Env:      scalerkit.Secrets(map[string]string{"HOST": "broker:5672"}),
	}
	b.ReportAllocs()
	for b.Loop() {
		_, err := registry.Open(spec, scalerkit.Options{})
		require.NoError(b, err)
	}
}
