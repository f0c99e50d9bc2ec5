// Package scenarios shows that what is simulated is what happens: it plays a few
// scenarios on a control plane and in package simulate.
package scenarios

import (
	"fmt"
	"os"
	"testing"

	"github.com/scalerkit/scalerkit/tools/e2e/cluster"
	"github.com/scalerkit/scalerkit/tools/e2e/rig"
)

var (
	r      *rig.Rig
	rounds string // the directory in which the operator records them
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	var err error
	if rounds, err = os.MkdirTemp("", "scalerkit-e2e-rounds-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(rounds)
	return rig.RunIn(cluster.Options{}, func(started *rig.Rig) int {
		r = started
		return m.Run()
	}, "--record="+rounds)
}
