package scalertest

import (
	"context"
	"errors"
	"testing"

	"github.com/scalerkit/scalerkit"
)

// WantValue reads, and ends the test unless that succeeds with this value, and with
// a reading that is active if the value is above the metric's Activation, and only
// then.
func WantValue(tb testing.TB, s scalerkit.Scaler, want float64) {
	tb.Helper()
	r, err := s.Read(context.Background())
	if err != nil {
		tb.Fatalf("read: %v; want %v", err, want)
	}
	if r.Value != want {
		tb.Fatalf("read %v, want %v", r.Value, want)
	}
	if active := want > s.Metric().Activation; r.IsActive(s.Metric()) != active {
		tb.Fatalf("read %v: active is %v, want %v", r.Value, !active, active)
	}
}

// WantError reads, and ends the test unless that fails with this text, with a zero
// reading, and with an error of this kind, if that is not nil.
func WantError(tb testing.TB, s scalerkit.Scaler, kind error, text string) {
	tb.Helper()
	r, err := s.Read(context.Background())
	if err == nil || err.Error() != text {
		tb.Fatalf("the error is %v\nwant %s", err, text)
	}
	if r != (scalerkit.Reading{}) {
		tb.Fatalf("read %+v besides the error %v", r, err)
	}
	if kind != nil && !errors.Is(err, kind) {
		tb.Fatalf("%v is not: %v", err, kind)
	}
}
