package control_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
)

// A stairs goes one replica up in each decision, and remembers how many it made.
type stairs struct{ top int }

func (s stairs) Decide(in autoscale.Input) autoscale.Decision {
	var made int
	if in.State.Own != nil {
		if err := json.Unmarshal(in.State.Own, &made); err != nil {
			panic(err)
		}
	}
	own, err := json.Marshal(made + 1)
	if err != nil {
		panic(err)
	}
	in.State.Own = own
	return autoscale.Decision{Replicas: min(made+1, s.top), State: in.State}
}

func (s stairs) Check(triggers []string) error {
	if !slices.Contains(triggers, "fake-steps") {
		return errors.New("there is no trigger fake-steps")
	}
	return nil
}

func TestAnyDeciderRunsALoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, f := &broker{}, &fleet{}
		r := &control.Runner{}
		l := workload(f, newLone(b, "steps"))
		l.Policy = stairs{top: 3}
		l.State.Own = json.RawMessage("1")
		var observed diary
		l.Observe = observed.observe
		mustSet(t, r, named(0), l)
		start(t, r)
		pass(time.Minute)
		require.Equal(t, 3, f.replicas)

		other := workload(f, newLone(b, "other"))
		other.Policy = stairs{}
		mustNotSet(t, r, named(1), other, "there is no trigger fake-steps")
		other.Policy = nil
		mustNotSet(t, r, named(1), other, "Policy is not set")
	})
}
