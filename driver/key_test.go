package driver_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// A Place is the part of a Config that says where the source is.
type Place struct {
	Addresses []string
	Labels    map[string]string
	Password  scalerkit.Secret
	Client    *http.Client
	Any       any
	TLS       driver.OptionalTLS

	nodes []string // what is derived makes no difference
}

type nothing struct{}

func (nothing) Close() error { return nil }

// opens returns how many connections triggers with those keys open.
func opens(t *testing.T, keys ...any) int {
	opened := 0
	options := scalerkit.Options{Pool: new(scalerkit.Pool)}
	source := driver.Source[nothing, string, int64]{Ask: func(_ context.Context, _ nothing, q []string) ([]driver.Answer[int64], error) {
		return make([]driver.Answer[int64], len(q)), nil
	}}
	for _, key := range keys {
		s := source.New(options, driver.Plan[nothing, string, int64]{Key: key, Open: func(context.Context) (nothing, error) {
			opened++
			return nothing{}, nil
		}})
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		_, err := s.Read(t.Context())
		require.NoError(t, err)
	}
	return opened
}

func TestEqualKeysShareAConnection(t *testing.T) {
	secret := scalerkit.NewSecret("hunter2")
	place := func(change ...func(*Place)) Place {
		p := Place{
			Addresses: []string{"a", "b"}, Labels: map[string]string{"k": "v", "l": "w"}, Password: secret,
			Client: http.DefaultClient, Any: []int{1, 2}, nodes: []string{"a"},
		}
		for _, f := range change {
			f(&p)
		}
		return p
	}
	other := place()
	other.nodes = nil
	require.Equal(t, 1, opens(t, place(), place(), other))
	require.Equal(t, 1, opens(t, struct{ Place }{place()}, struct{ Place }{place()}))
	require.Equal(t, 1, opens(t, nil, nil))
	require.Equal(t, 1, opens(t, Place{}, Place{Addresses: []string{}}))

	for _, change := range []func(*Place){
		func(p *Place) { p.Addresses = []string{"a,b"} },
		func(p *Place) { p.Addresses = []string{"a", "b", "c"} },
		func(p *Place) { p.Addresses = nil },
		func(p *Place) { p.Labels = map[string]string{"k": "w", "l": "v"} },
		func(p *Place) { p.Labels = map[string]string{"k": "v"} },
		func(p *Place) { p.Password = scalerkit.NewSecret("hunter3") },
		func(p *Place) { p.Client = new(http.Client) },
		func(p *Place) { p.Client = nil },
		func(p *Place) { p.Any = []int{1, 3} },
		func(p *Place) { p.Any = [2]int{1, 2} },
		func(p *Place) { p.Any = nil },
		func(p *Place) { p.TLS.CA = "x" },
	} {
		require.Equal(t, 2, opens(t, place(), place(change), place()))
	}
	require.Equal(t, 2, opens(t, place(), struct{ Place }{place()}))
}

func TestKeysThatCannotBeCompared(t *testing.T) {
	type hidden struct {
		Addresses []string
		user      string
	}
	require.PanicsWithValue(t, "driver: a Key has a driver_test.hidden in it: for a struct that cannot be compared, its field user has to be exported", func() {
		opens(t, hidden{[]string{"a"}, "u"})
	})
	require.PanicsWithValue(t, "driver: a Key has a func() in it, which cannot be compared", func() {
		opens(t, Place{Any: func() {}})
	})
}

func TestASourceSaysWhatItsErrorsMean(t *testing.T) {
	unknown, broken := errors.New("no such thing"), errors.New("broken")
	source := driver.Source[nothing, string, int64]{
		Ask: func(_ context.Context, _ nothing, q []string) ([]driver.Answer[int64], error) {
			if q[0] == "all" {
				return nil, unknown
			}
			return []driver.Answer[int64]{{Err: map[string]error{"unknown": unknown, "broken": broken}[q[0]]}}, nil
		},
		Classify: func(err error) error {
			if errors.Is(err, unknown) {
				return scalerkit.ErrNotFound
			}
			return nil
		},
	}
	for question, want := range map[string]string{
		"unknown": "read unknown: not found: no such thing", "all": "read all: not found: no such thing", "broken": "read broken: broken", "fine": "",
	} {
		s := source.New(scalerkit.Options{}, driver.Plan[nothing, string, int64]{Question: question, Open: func(context.Context) (nothing, error) { return nothing{}, nil }})
		_, err := s.Read(t.Context())
		if want == "" {
			require.NoError(t, err)
		} else {
			require.EqualError(t, err, want)
		}
		require.NoError(t, s.Close())
	}
}
