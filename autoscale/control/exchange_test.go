package control_test

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale/control"
)

func TestARunnerTellsOfItsExchanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type told struct {
			at, duration time.Duration
			triggers     []string
			err          string
		}
		var mu sync.Mutex
		var got []told
		begin := time.Now()
		var log journal
		r := &control.Runner{Logger: log.logger()}
		r.Exchanged = func(x control.Exchange) {
			mu.Lock()
			defer mu.Unlock()
			one := told{at: x.Time.Sub(begin), duration: x.Duration}
			for key, trigger := range x.All {
				one.triggers = append(one.triggers, key.String()+" "+trigger)
			}
			assert.Len(t, one.triggers, x.Triggers)
			slices.Sort(one.triggers)
			if x.Err != nil {
				one.err = x.Err.Error()
			}
			if got = append(got, one); len(got) == 2 {
				panic("full")
			}
		}
		b := &broker{level: 50, delay: 2 * time.Second, errs: map[string]error{"returns": scalerkit.ErrNotFound}}
		mustSet(t, r, named(0), workload(&fleet{}, newPeer(b, "orders")))
		mustSet(t, r, named(1), workload(&fleet{}, newPeer(b, "returns")))
		start(t, r)
		pass(20 * time.Second)
		b.set(func() { b.err = errRefused })
		log.lines()
		pass(3 * time.Minute)

		mu.Lock()
		defer mu.Unlock()
		both := []string{"shop/worker-0 fake-orders", "shop/worker-1 fake-returns"}
		assert.Equal(t, told{0, 2 * time.Second, both, ""}, got[0])
		assert.Equal(t, told{30 * time.Second, 2 * time.Second, both, errRefused.Error()}, got[1])
		assert.Greater(t, len(got), 2, "a panic ends nothing")
		assert.Contains(t, log.lines(), `level=ERROR msg="cannot tell of the exchange" error="panic: full"`)
	})
}
