package sources

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// TestCron waits for a window of two minutes, which begins in one or two.
func TestCron(t *testing.T) {
	opens := time.Now().UTC().Add(time.Minute).Truncate(time.Minute).Add(time.Minute)
	closes := opens.Add(2 * time.Minute)
	at := func(moment time.Time) string { return fmt.Sprintf("%d %d * * *", moment.Minute(), moment.Hour()) }
	until := func(moment time.Time) func(context.Context) error {
		return func(ctx context.Context) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Until(moment)):
				return nil
			}
		}
	}
	source{
		trigger:  fmt.Sprintf(`type: cron, metadata: {timezone: UTC, start: %q, end: %q, desiredReplicas: "20"}`, at(opens), at(closes)),
		replicas: 20,
		arrive:   until(opens),
		leave:    until(closes),
	}.scales(t)
}
