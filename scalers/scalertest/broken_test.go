package scalertest_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// A broken driver breaks promises.
type broken struct {
	name   string
	driver scalerkit.Driver
	typed  scalertest.Constructor // nil: the good New
	caught map[string]string      // the checks that have to catch it, and what they have to say
}

// A suite that never fails proves nothing. These drivers are the good one with
// one fault each.
var brokenDrivers = slices.Concat(brokenConfigs, brokenReads, brokenNotes, brokenLives, brokenBatches, brokenWatches)

func TestBrokenDriversFail(t *testing.T) {
	var wait sync.WaitGroup
	places := make(chan struct{}, 16) // more than there are cores, since all wait for what does not come
	for _, b := range brokenDrivers {
		places <- struct{}{}
		wait.Go(func() {
			defer func() { <-places }()
			t.Run(b.name, func(t *testing.T) {
				for _, check := range slices.Sorted(maps.Keys(b.caught)) {
					if problem := b.escapes(t, check); problem != "" {
						t.Error(problem)
					}
				}
			})
		})
	}
	wait.Wait()
}

// escapes says how b gets past a check. Where the machine was too busy for the
// check to come to its point, it gets more time.
func (b broken) escapes(t *testing.T, check string) (problem string) {
	for _, patience := range []time.Duration{500 * time.Millisecond, 4 * time.Second, 20 * time.Second} {
		suite := scalertest.Suite{Driver: b.driver, New: b.typed, Start: startFake}.WithPatience(patience)
		if b.typed == nil {
			suite.New = scalertest.Typed(New)
		}
		r := record(t, func(tb testing.TB) { suite.RunCheck(tb, check) })
		switch {
		case !r.Failed():
			problem = check + " passed"
		case strings.Contains(r.output(), b.caught[check]):
			return ""
		default:
			problem = fmt.Sprintf("%s failed, but does not say %q:\n%s", check, b.caught[check], r.output())
		}
	}
	return problem
}

func TestEveryCheckCatchesSomething(t *testing.T) {
	for _, check := range scalertest.Checks() {
		if !slices.ContainsFunc(brokenDrivers, func(b broken) bool { return b.caught[check] != "" }) {
			t.Errorf("no broken driver is caught by %s", check)
		}
	}
}
