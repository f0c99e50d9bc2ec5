package scalertest_test

import (
	"net"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// A constant reads what its trigger says.
type constant struct {
	Value      int `scaler:"value,required" above:"0" doc:"what is read"`
	MetricType scalerkit.TargetKind
}

var constants = driver.Type[constant]{Name: "constant", Open: func(c *constant, o scalerkit.Options) (scalerkit.Scaler, error) {
	m := scalerkit.Metric{Name: "constant", Target: scalerkit.Target{Kind: c.MetricType, Value: 1}}
	return driver.Local(o, m, func(time.Time) (scalerkit.Reading, time.Time) {
		return scalerkit.Reading{Value: float64(c.Value)}, time.Time{}
	}), nil
}}

func startConstant(testing.TB) scalertest.Source {
	return scalertest.Source{
		Trigger:   scalertest.Trigger{Spec: scalerkit.Spec{Type: "constant", Metadata: map[string]string{"value": "7"}}},
		Levels:    []float64{7},
		NoNetwork: true,
	}
}

func TestGoodDriverWithoutANetworkPasses(t *testing.T) {
	scalertest.Suite{Driver: constants.Driver(), Start: startConstant}.Run(t)
}

func TestWhatNeedsANetworkOrASetIsLeftOut(t *testing.T) {
	require.Equal(t, []string{
		"EveryParamIsDocumented", "MissingKeyIsNamed", "UnknownKeyIsNamed", "BadValueIsNamed", "DoubledKeyIsNamed", "EveryProblemIsReported",
		"OpenDoesNoIO", "ZeroOptionsWillDo", "MetricIsConstant", "MetricIsAsConfigured",
		"ReportsLevel", "ReadDoesNotLog", "ReadsConcurrently",
		"CloseWhileReading", "CloseTwiceIsCloseOnce", "ReadAfterCloseIsErrClosed", "CloseLeavesOthersAlone", "LeavesNothingBehind",
		"WatchEndsWithContext", "WatchEndsWithClose",
	}, scalertest.Suite{Driver: constants.Driver(), Start: startConstant}.Applicable(t))

	all := scalertest.Suite{Driver: Driver(), New: scalertest.Typed(New), Start: startFake}.Applicable(t)
	require.Equal(t, scalertest.Checks(), all)
	unnetworked := scalertest.Suite{Driver: Driver(), Start: func(tb testing.TB) scalertest.Source {
		source := startFake(tb)
		source.NoNetwork = true
		return source
	}}.Applicable(t)
	require.True(t, slices.Contains(unnetworked, "WatchWakes"), "it needs a Set alone")
}

func TestOnlyASourceWithoutANetworkNeedsNoSet(t *testing.T) {
	suite := scalertest.Suite{Driver: constants.Driver(), Start: func(tb testing.TB) scalertest.Source {
		source := startConstant(tb)
		source.NoNetwork = false
		return source
	}}
	r := record(t, func(tb testing.TB) { suite.Applicable(tb) })
	require.True(t, r.Failed())
	require.Equal(t, "the source has no Set, which only one with NoNetwork may lack\n", r.output())
}

func TestANetworkThatShouldNotBeIsNoticed(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	dials := driver.Type[constant]{Name: "constant", Open: func(c *constant, o scalerkit.Options) (scalerkit.Scaler, error) {
		conn, err := driver.Dial(o.Dial, nil, time.Minute)(t.Context(), "tcp", listener.Addr().String())
		if err != nil {
			return nil, err
		}
		if err := conn.Close(); err != nil { // it is of no use
			return nil, err
		}
		return constants.Open(c, o)
	}}
	suite := scalertest.Suite{Driver: dials.Driver(), Start: startConstant}
	r := record(t, func(tb testing.TB) { suite.RunCheck(tb, "CloseTwiceIsCloseOnce") })
	require.True(t, r.Failed())
	require.Contains(t, r.output(), "the source has NoNetwork, but the driver dialled 2 times")
}
