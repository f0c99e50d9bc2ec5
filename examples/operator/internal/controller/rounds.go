package controller

import (
	"k8s.io/apimachinery/pkg/labels"

	"github.com/scalerkit/scalerkit/autoscale/control"
)

// Rounds has the rounds of objects recorded, by the replica that leads. Nil records
// none.
type Rounds struct {
	// Record is told of each round, and returns at once.
	Record func(control.Round)

	// Selector says by their labels of which objects; nil is all.
	Selector labels.Selector
}

// of says whether the rounds of an object with these labels are recorded.
func (r *Rounds) of(set map[string]string) bool {
	return r != nil && (r.Selector == nil || r.Selector.Matches(labels.Set(set)))
}
