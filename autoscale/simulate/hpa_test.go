package simulate_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale/simulate"
)

// An HPA that was looked at while there were no replicas has that as its first
// recommendation. So its window keeps none of those that are begun with, where the
// metric calls for less because none is ready yet. It was seen on a control plane.
func TestAnHPARemembersThatThereWasNothing(t *testing.T) {
	for name, tt := range map[string]struct {
		look time.Duration // the first one
		want []change
	}{
		"looked at before": {0, []change{{4 * time.Second, 2}, {15 * time.Second, 1}, {30 * time.Second, 2}, {60 * time.Second, 4}}},
		"not looked at":    {6 * time.Second, []change{{4 * time.Second, 2}, {36 * time.Second, 4}, {66 * time.Second, 8}}},
	} {
		t.Run(name, func(t *testing.T) {
			result := run(t, delegated(policyOf(0, 20)), simulate.Scenario{
				Length: 70 * time.Second, Interval: 5 * time.Second, Phase: 4 * time.Second, SyncPhase: tt.look,
				Sources: []simulate.Source{{
					Target:  scalerkit.Target{Kind: scalerkit.Total, Value: 10},
					Measure: func(simulate.Queue) scalerkit.Reading { return scalerkit.Reading{Value: 20} },
				}},
				Workers: simulate.Workers{Rate: 1, Start: 20 * time.Second},
			})
			assert.Equal(t, tt.want, changes(result))
		})
	}
}
