// Package differential holds the decisions of package autoscale against those
// of the HPA controller itself: the one that Kubernetes ships, imported, with
// clients that answer from memory and, where time matters, with simulated
// time. What differs on purpose is listed in the documentation of autoscale,
// and each point of that list has its own test here.
//
// Cases are made up from a seed. One that fails is printed as a Go literal,
// which goes into the table beside the test.
package differential_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/stretchr/testify/require"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/klog/v2"
)

var seed = flag.Uint64("seed", 1, "what the generated cases are made from")

func TestMain(m *testing.M) {
	// The controller reports every metric that cannot be read, which is what
	// many of the cases are about.
	klog.SetLogger(logr.Discard())
	utilruntime.ErrorHandlers = nil
	os.Exit(m.Run())
}

// A world makes up cases.
type world struct{ *rand.Rand }

// worldOf is the world of one case, so that each can be had again by itself.
func worldOf(n int) world { return world{rand.New(rand.NewPCG(*seed, uint64(n)))} }

func (w world) chance(percent int) bool { return w.IntN(100) < percent }

func pick[T any](w world, choices ...T) T { return choices[w.IntN(len(choices))] }

// unset are the fields of a literal that need not be written.
var (
	unset     = `\b[A-Z]\w*:(0|false|""|[^{}:, ]*\(nil\))`
	unsetHere = regexp.MustCompile(unset + `, `)
	unsetLast = regexp.MustCompile(`(, )?` + unset + `}`)
)

// literal writes a case as it stands in the tables of these tests.
func literal(v any) string {
	text := strings.ReplaceAll(fmt.Sprintf("%#v", v), "differential_test.", "")
	return unsetLast.ReplaceAllString(unsetHere.ReplaceAllString(text, ""), "}")
}

func TestLiteral(t *testing.T) {
	s := sequence{Tolerance: 0.1, Down: rules{Window: -1}, Looks: []look{
		{Max: 10, Replicas: 3, Metrics: []metric{{Kind: "Value", Target: 5, Value: 0.25}, {Target: 5}}},
		{After: time.Second, Max: 10, Refuses: true},
	}}
	require.Equal(t, `sequence{Tolerance:0.1, Up:rules{}, Down:rules{Window:-1}, Looks:[]look{`+
		`look{Max:10, Replicas:3, Metrics:[]metric{metric{Kind:"Value", Target:5, Value:0.25}, metric{Target:5}}}, `+
		`look{After:1000000000, Max:10, Refuses:true}}}`, literal(s))
}
