package driver

import (
	"time"

	"github.com/scalerkit/scalerkit"
)

// Check is what Type.New does with a Config before it opens anything.
func Check(typ string, config any) error {
	p := newProblems(config, scalerkit.Options{})
	p.typed = true
	p.complete()
	return p.err(typ, "")
}

// LocalBy is Local by another clock.
func LocalBy(now func() time.Time, o scalerkit.Options, m scalerkit.Metric, at func(time.Time) (scalerkit.Reading, time.Time)) scalerkit.Watcher {
	return newLocal(o, m, at, now)
}
