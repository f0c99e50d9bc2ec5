package control_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scalerkit/scalerkit/autoscale/control"
)

func TestScalingIsToldBeforeTheWorkload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &broker{level: 50}
		var f fleet
		var said []int
		l := workload(&f, newPeer(b, "orders"))
		l.Scaling = func(r control.Round) {
			if !r.Decided || r.Samples[0].Reading.Value != 50 || f.told() != nil {
				t.Errorf("after %v: %+v", f.told(), r)
			}
			said = append(said, r.Decision.Replicas)
		}
		var r control.Runner
		mustSet(t, &r, named(0), l)
		start(t, &r)
		pass(5 * time.Minute)
		if got := f.told(); !slices.Equal(got, []int{10}) || !slices.Equal(said, got) {
			t.Errorf("the workload was told %v, Scaling %v", got, said)
		}
	})
}
