package operator

import (
	"fmt"
	"log/slog"

	"github.com/scalerkit/scalerkit/autoscale/record"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
)

// recordRounds returns what records rounds, nil if nothing does, and what ends it.
func recordRounds(c Config, log *slog.Logger) (rounds *controller.Rounds, end func(), err error) {
	if c.RecordDir == "" {
		return nil, func() {}, nil
	}
	recorder, err := record.Open(c.RecordDir, record.Options{Logger: log})
	if err != nil {
		return nil, nil, fmt.Errorf("--record: %w", err)
	}
	end = func() {
		if err := recorder.Close(); err != nil {
			log.Error("cannot record the last rounds", "error", err, "missing", recorder.Status().Missing)
		}
	}
	return &controller.Rounds{Record: recorder.Record, Selector: c.RecordSelector}, end, nil
}
