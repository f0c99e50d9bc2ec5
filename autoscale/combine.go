package autoscale

import (
	"errors"
	"fmt"

	"github.com/scalerkit/scalerkit"
)

// Formula names the value of [Combine] where a trigger is named: in Steps, in
// State and in Policy.OnError.
const Formula = "formula"

// A Combine makes one value of the readings of all triggers. It counts as the
// only trigger, under the name [Formula].
type Combine struct {
	// Func returns the combined value. A trigger that has no reading is not
	// among the values; a Func that cannot do without it returns an error. So
	// it does where KEDA's formula comes to nil. A value that is negative or
	// not finite counts as an error. The map is the Func's to keep.
	//
	// Func must be pure and safe for concurrent use.
	Func func(values map[string]float64) (float64, error)

	// Target is the level of the combined value to scale to.
	Target scalerkit.Target

	// Activation is the level above which the combined value counts as active.
	Activation float64
}

// combine returns the combined value.
func (c *Combine) combine(values map[string]float64) (float64, error) {
	if c.Func == nil {
		return 0, errors.New("Combine.Func is not set")
	}
	if err := checkTarget(c.Target); err != nil {
		return 0, err
	}
	v, err := c.Func(values)
	if err != nil {
		return 0, err
	}
	if err := checkValue(v); err != nil {
		return 0, fmt.Errorf("combined %w", err)
	}
	return v, nil
}
