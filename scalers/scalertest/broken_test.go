package scalertest_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// A broken driver breaks promises.
type broken struct {
	name   string
	driver scalerkit.Driver
	caught map[string]string // the checks that have to catch it, and what they have to say
}

// A suite that never fails proves nothing. These drivers are the good one with
// one fault each.
var brokenDrivers = slices.Concat(brokenConfigs, brokenReads, brokenLives, brokenBatches, brokenWatches)

func TestBrokenDriversFail(t *testing.T) {
	for _, b := range brokenDrivers {
		t.Run(b.name, func(t *testing.T) {
			suite := scalertest.Suite{Driver: b.driver, Start: startFake}.WithPatience(500 * time.Millisecond)
			for _, check := range slices.Sorted(maps.Keys(b.caught)) {
				r := record(t, func(tb testing.TB) { suite.RunCheck(tb, check) })
				switch {
				case !r.Failed():
					t.Errorf("%s passed", check)
				case !strings.Contains(r.output(), b.caught[check]):
					t.Errorf("%s failed, but does not say %q:\n%s", check, b.caught[check], r.output())
				}
			}
		})
	}
}

func TestEveryCheckCatchesSomething(t *testing.T) {
	for _, check := range scalertest.Checks() {
		if !slices.ContainsFunc(brokenDrivers, func(b broken) bool { return b.caught[check] != "" }) {
			t.Errorf("no broken driver is caught by %s", check)
		}
	}
}
