package scalertest

import (
	"testing"

	"github.com/scalerkit/scalerkit"
)

// An ability is what not every source or driver has.
type ability int

const (
	activation ability = 1 << iota
	missing
	denied
	throttled
	batching
	watching
	networked
	settable
	typed
	secure

	nothing ability = 0
)

// abilities finds out what the source and its driver have.
func (s Suite) abilities(tb testing.TB) ability {
	tb.Helper()
	source := s.Start(tb)
	if source.Set == nil && !source.NoNetwork {
		tb.Fatal("the source has no Set, which only one with NoNetwork may lack")
	}
	scaler, err := s.Driver.Open(source.Spec, scalerkit.Options{})
	if err != nil {
		tb.Fatalf("open: %v", err)
	}
	if err := scaler.Close(); err != nil {
		tb.Errorf("close: %v", err)
	}
	_, batches := scaler.(scalerkit.Batcher)
	_, watches := scaler.(scalerkit.Watcher)
	has := nothing
	for ability, isThere := range map[ability]bool{
		activation: source.ActivationKey != "",
		missing:    source.Missing != nil,
		denied:     source.Denied != nil,
		throttled:  source.Throttled != nil,
		batching:   batches,
		watching:   watches,
		networked:  !source.NoNetwork,
		settable:   source.Set != nil,
		secure:     source.Secure != nil,
		typed:      s.New != nil && !source.Spec.Identity.IsSet(), // which takes Options to decode
	} {
		if isThere {
			has |= ability
		}
	}
	return has
}
