package autoscale_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
)

func TestAPolicyKeepsWhatIsNotItsOwn(t *testing.T) {
	own := json.RawMessage(`{"x":1}`)
	in := autoscale.Input{Now: time.Unix(1e9, 0), State: autoscale.State{Own: own}}
	in.Samples = []autoscale.Sample{{Trigger: "orders", Metric: scalerkit.Metric{Target: scalerkit.Target{Value: 5}}, Reading: scalerkit.Reading{Value: 50}}}
	require.Equal(t, own, autoscale.Default().Decide(in).State.Own)
	jobs := autoscale.JobInput{Now: in.Now, Samples: in.Samples, State: autoscale.JobState{Own: own}}
	require.Equal(t, own, autoscale.JobPolicy{Max: 10}.Decide(jobs).State.Own)
}
