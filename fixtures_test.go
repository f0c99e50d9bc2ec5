package scalerkit_test

import (
	"context"
	"errors"

	"github.com/scalerkit/scalerkit"
)

var errRefused = errors.New("connection refused")

type values map[string]string

// A level is a Scaler in memory.
type level struct {
	metric scalerkit.Metric
	value  float64
	err    error
}

func (l *level) Metric() scalerkit.Metric { return l.metric }
func (l *level) Close() error             { return nil }

func (l *level) Read(context.Context) (scalerkit.Reading, error) {
	if l.err != nil {
		return scalerkit.Reading{}, l.err
	}
	return scalerkit.Reading{Value: l.value}, nil
}
