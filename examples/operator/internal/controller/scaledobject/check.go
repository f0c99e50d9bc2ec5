package scaledobject

import (
	"errors"

	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// Check returns everything that is wrong with what a ScaledObject says, but for
// the parameters of its triggers and whatever there is in the cluster, what is
// to be told about it, and whether it is direct. Otherwise is the mode of objects
// that do not say one.
func Check(so *v1alpha1.ScaledObject, otherwise bool) (direct bool, warnings []string, err error) {
	_, _, paused := pausedAt(so)
	direct, mode := isDirect(so, otherwise)
	_, policy := Policy(so, direct)
	_, _, warnings, resources := resources(so)
	return direct, warnings, errors.Join(paused, mode, policy, resources)
}
