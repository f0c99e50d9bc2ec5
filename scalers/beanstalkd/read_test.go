package beanstalkd_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/beanstalkd"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

func open(t testing.TB, address, tube string, metadata values, o scalerkit.Options) scalerkit.Scaler {
	s := spec(address, tube)
	for key, value := range metadata {
		s.Metadata[key] = value
	}
	scaler, err := beanstalkd.Driver().Open(s, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, scaler.Close()) })
	return scaler
}

func TestMetric(t *testing.T) {
	s := open(t, "a:1", "a/b+c", values{"value": "2.5", "activationValue": "1.5", "timeout": "30"}, scalerkit.Options{})
	require.Equal(t, scalerkit.Metric{
		Name: "beanstalkd-a-2Fb-2Bc", Target: scalerkit.Target{Value: 2.5, Kind: scalerkit.PerReplica}, Activation: 1.5, InFlight: true,
	}, s.Metric())
}

func TestReadings(t *testing.T) {
	f := newFake(t)
	f.set("orders", stats(5, 2, 40))
	scalertest.WantValue(t, open(t, f.address, "orders", nil, scalerkit.Options{}), 7)
	scalertest.WantValue(t, open(t, f.address, "orders", values{"includeDelayed": "true"}, scalerkit.Options{}), 47)
	r, err := open(t, f.address, "absent", nil, scalerkit.Options{}).Read(t.Context())
	require.NoError(t, err)
	require.Equal(t, scalerkit.Reading{Note: "there is no such tube", Time: r.Time}, r)
}

func TestErrors(t *testing.T) {
	f := newFake(t)
	for answer, text := range map[string]string{
		"INTERNAL_ERROR\r\n":               "the server answers INTERNAL_ERROR",
		"HTTP/1.1 400 Bad Request\r\n\r\n": "this is not an answer of beanstalkd",
		"OK x\r\n":                         "this is not an answer of beanstalkd",
		"OK 4000000000\r\n":                "this is not an answer of beanstalkd",
		strings.Repeat("x", 10_000) + "\n": "this is not an answer of beanstalkd",
		ok("---\n"):                        "the answer has no number current-jobs-",
		ok("---\ncurrent-jobs-ready: -1\ncurrent-jobs-reserved: 0\ncurrent-jobs-delayed: 0\n"): "the answer has no number current-jobs-ready",
	} {
		f.set("orders", answer)
		s := open(t, f.address, "orders", nil, scalerkit.Options{})
		_, err := s.Read(t.Context())
		require.ErrorContains(t, err, `read jobs of tube "orders": `+text, answer)
		f.set("orders", stats(1, 1, 1))
		scalertest.WantValue(t, s, 2)
	}
}

// TestManyTubes has more of them than are asked for before there is an answer, and
// one whose answer is an error of its own.
func TestManyTubes(t *testing.T) {
	const n = 1000
	f := newFake(t)
	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	var scalers []scalerkit.Scaler
	for i := range n {
		tube := fmt.Sprintf("%0200d", i)
		f.set(tube, stats(i, 0, 0))
		scalers = append(scalers, open(t, f.address, tube, nil, options))
	}
	f.set(fmt.Sprintf("%0200d", 70), "INTERNAL_ERROR\r\n")
	for i, r := range scalerkit.ReadAll(t.Context(), scalers...) {
		if i == 70 {
			require.EqualError(t, r.Err, fmt.Sprintf(`read jobs of tube "%0200d": the server answers INTERNAL_ERROR`, i))
			continue
		}
		require.NoError(t, r.Err)
		require.Equal(t, float64(i), r.Reading.Value)
	}
}

func TestConfigErrors(t *testing.T) {
	for text, metadata := range map[string]values{
		"tube: is missing: set it in the metadata":  {"server": "a:1", "value": "1"},
		"value: is missing: set it in the metadata": {"server": "a:1", "tube": "t"},
		`value: "0" is not greater than 0`:          {"server": "a:1", "tube": "t", "value": "0"},
		"server: has no port: want host:port":       {"server": "a", "tube": "t", "value": "1"},
		"tube: is not the name of a tube: want at most 200 letters, digits and -+/;.$_(), and no - at the beginning": {"server": "a:1", "tube": "a\r\ndelete 1", "value": "1"},
	} {
		_, err := beanstalkd.Driver().Open(scalerkit.Spec{Type: "beanstalkd", Name: "orders", Metadata: metadata}, scalerkit.Options{})
		require.EqualError(t, err, `beanstalkd trigger "orders": `+text)
	}
	for _, tube := range []string{"-a", strings.Repeat("a", 201), "a b", "ä"} {
		_, err := beanstalkd.Driver().Open(spec("a:1", tube), scalerkit.Options{})
		require.ErrorContains(t, err, "is not the name of a tube", tube)
	}
}
