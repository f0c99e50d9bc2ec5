package external_test

import (
	"context"
	"math"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/external"
	"github.com/scalerkit/scalerkit/scalers/external/internal/externaltest"
	"github.com/scalerkit/scalerkit/scalers/external/internal/wire"
)

// answering is an external scaler whose metrics have the given targets and, by
// name, values.
func answering(active bool, specs wire.Measures, metrics map[string]wire.Measures) externaltest.Handler {
	return externaltest.Handler{
		IsActive:      func(context.Context, wire.Object) (bool, error) { return active, nil },
		GetMetricSpec: func(context.Context, wire.Object) (wire.Measures, error) { return specs, nil },
		GetMetrics: func(_ context.Context, _ wire.Object, metric string) (wire.Measures, error) {
			return metrics[metric], nil
		},
	}
}

// opened opens a trigger that is closed with the test.
func opened(t *testing.T, d scalerkit.Driver, spec scalerkit.Spec, o scalerkit.Options) scalerkit.Scaler {
	t.Helper()
	s, err := d.Open(spec, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// read reads an external scaler once, and leaves out the time. Of an error, it
// returns what comes after the words that name the server.
func read(t *testing.T, h externaltest.Handler) (scalerkit.Reading, string) {
	t.Helper()
	address := externaltest.Serve(t, h)
	r, err := opened(t, external.Driver(), scalerkit.Spec{Metadata: values{"scalerAddress": address}}, scalerkit.Options{}).Read(t.Context())
	if err == nil {
		r.Time = time.Time{}
		return r, ""
	}
	require.Zero(t, r)
	begin := `read metrics of external scaler "` + address + `": `
	require.Equal(t, begin, err.Error()[:len(begin)])
	return r, err.Error()[len(begin):]
}

func TestReadings(t *testing.T) {
	five := wire.Measures{{Name: "lag", Float: 5}}
	for name, c := range map[string]struct {
		active bool
		specs  wire.Measures
		values map[string]wire.Measures
		want   scalerkit.Reading
		err    string
	}{
		"floats":                        {specs: five, values: map[string]wire.Measures{"lag": {{Float: 7.5}}}, want: scalerkit.Reading{Value: 7.5, Target: 5}},
		"integers":                      {specs: wire.Measures{{Int: 5}}, values: map[string]wire.Measures{"": {{Int: 7}}}, want: scalerkit.Reading{Value: 7, Target: 5}},
		"floats before integers":        {specs: wire.Measures{{Int: 1, Float: 5}}, values: map[string]wire.Measures{"": {{Int: 1, Float: 0.5}}}, want: scalerkit.Reading{Value: 0.5, Target: 5}},
		"nothing waits":                 {specs: five, values: map[string]wire.Measures{"lag": {{}}}, want: scalerkit.Reading{Target: 5}},
		"active, whatever the value is": {active: true, specs: five, values: map[string]wire.Measures{"lag": {{}}}, want: scalerkit.Reading{Target: 5, Activity: scalerkit.Active}},
		"values with other names":       {specs: five, values: map[string]wire.Measures{"lag": {{Name: "x", Int: 3}, {Name: "y", Float: 4.5}}}, want: scalerkit.Reading{Value: 7.5, Target: 5}},
		"a negative float": {
			specs: five, values: map[string]wire.Measures{"lag": {{Int: 3, Float: -2.5}}},
			want: scalerkit.Reading{Target: 5, Note: `metric "lag" is -2.5, which counts as 0`},
		},
		"several metrics": {
			specs:  wire.Measures{{Name: "a", Float: 1}, {Name: "b", Int: 100}, {Name: "c", Float: 0.5}},
			values: map[string]wire.Measures{"a": {{Float: 3}}, "b": {{Int: 200}}, "c": {{Float: 2}}},
			want:   scalerkit.Reading{Value: 2, Target: 0.5, Note: `metric "c" is the one of 3 that calls for most`},
		},
		"no metric":          {specs: nil, err: "GetMetricSpec: the server names no metric"},
		"no target":          {specs: wire.Measures{{Name: "lag"}}, err: `GetMetricSpec: the target of metric "lag" is 0, which is not finite and greater than 0`},
		"a negative target":  {specs: wire.Measures{{Name: "lag", Float: -1}}, err: `GetMetricSpec: the target of metric "lag" is -1, which is not finite and greater than 0`},
		"an infinite target": {specs: wire.Measures{{Name: "lag", Float: math.Inf(1)}}, err: `GetMetricSpec: the target of metric "lag" is +Inf, which is not finite and greater than 0`},
		"no value":           {specs: five, err: `GetMetrics: metric "lag" has no value`},
		"no number":          {specs: five, values: map[string]wire.Measures{"lag": {{Float: math.NaN()}}}, err: `GetMetrics: metric "lag" is NaN, which is no finite number`},
		"no number of many": {
			specs:  wire.Measures{{Name: "a", Float: 1}, {Name: "b", Int: 1}},
			values: map[string]wire.Measures{"a": {{Float: 3}}, "b": {{Float: math.Inf(1)}}},
			err:    `GetMetrics: metric "b" is +Inf, which is no finite number`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := read(t, answering(c.active, c.specs, c.values))
			require.Equal(t, c.err, err)
			if c.err == "" && !c.active {
				c.want.Activity = scalerkit.Inactive
			}
			require.Equal(t, c.want, got)
		})
	}
}

// Whatever fails, there is no reading: least of all one of 0.
func TestEachCallThatFailsIsAnError(t *testing.T) {
	works := answering(true, wire.Measures{{Name: "lag", Int: 5}}, map[string]wire.Measures{"lag": {{Int: 7}}})
	for want, break1 := range map[string]func(*externaltest.Handler){
		"IsActive: the server does not implement it: the test has none":      func(h *externaltest.Handler) { h.IsActive = nil },
		"GetMetricSpec: the server does not implement it: the test has none": func(h *externaltest.Handler) { h.GetMetricSpec = nil },
		"GetMetrics: the server does not implement it: the test has none":    func(h *externaltest.Handler) { h.GetMetrics = nil },
		"IsActive: Unknown: out of order": func(h *externaltest.Handler) {
			h.IsActive = func(context.Context, wire.Object) (bool, error) {
				return true, status.Error(codes.Unknown, "out of order")
			}
		},
		"GetMetricSpec: access denied: who are you": func(h *externaltest.Handler) {
			h.GetMetricSpec = func(context.Context, wire.Object) (wire.Measures, error) {
				return nil, status.Error(codes.Unauthenticated, "who are you")
			}
		},
		"GetMetrics: not found: no queue": func(h *externaltest.Handler) {
			h.GetMetrics = func(context.Context, wire.Object, string) (wire.Measures, error) {
				return wire.Measures{{}}, status.Error(codes.NotFound, "no queue")
			}
		},
	} {
		h := works
		break1(&h)
		_, err := read(t, h)
		require.Equal(t, want, err)
	}
}

func TestTheServerIsToldOfTheOwnerAndAllKeys(t *testing.T) {
	told := make(chan wire.Object, 3)
	address := externaltest.Serve(t, externaltest.Handler{
		IsActive: func(_ context.Context, o wire.Object) (bool, error) { told <- o; return true, nil },
		GetMetricSpec: func(_ context.Context, o wire.Object) (wire.Measures, error) {
			told <- o
			return wire.Measures{{Name: "s0-lag.of:orders", Int: 5}}, nil
		},
		GetMetrics: func(_ context.Context, o wire.Object, metric string) (wire.Measures, error) {
			require.Equal(t, "s0-lag.of:orders", metric)
			told <- o
			return wire.Measures{{Int: 7}}, nil
		},
	})
	spec := scalerkit.Spec{
		Owner: scalerkit.Key{Namespace: "shop", Name: "orders"},
		Metadata: values{
			"scalerAddress": address, "enableTLS": "False", "queue": " a ", "count": "5",
			"passwordFromEnv": "PASSWORD", "userFromEnv": "USER", "emptyFromEnv": "EMPTY",
		},
		Env:  scalerkit.Secrets(values{"PASSWORD": "hunter2", "EMPTY": ""}),
		Auth: scalerkit.Secrets(values{"token": "not for the server"}),
	}
	s := opened(t, external.Driver(), spec, scalerkit.Options{Warn: func(scalerkit.ConfigError) {}})
	_, err := s.Read(t.Context())
	require.NoError(t, err)
	for range 3 {
		require.Equal(t, wire.Object{Name: "orders", Namespace: "shop", Metadata: values{
			"scalerAddress": address, "enableTLS": "False", "queue": " a ", "count": "5", "passwordFromEnv": "hunter2",
		}}, <-told)
	}
}

// A server may say more than it should.
func TestErrorsShowNoSecret(t *testing.T) {
	works := answering(true, wire.Measures{{Name: "lag", Int: 5}}, nil)
	works.GetMetrics = func(_ context.Context, o wire.Object, _ string) (wire.Measures, error) {
		secret := o.Metadata["passwordFromEnv"]
		return nil, status.Errorf(codes.Internal, "a\n%s b %q %s", secret, secret, strings.Repeat("c", 300))
	}
	address := externaltest.Serve(t, works)
	_, err := opened(t, external.Driver(), scalerkit.Spec{
		Metadata: values{"scalerAddress": address, "passwordFromEnv": "PASSWORD"}, Env: scalerkit.Secrets(values{"PASSWORD": "hunter2"}),
	}, scalerkit.Options{}).Read(t.Context())
	require.EqualError(t, err, `read metrics of external scaler "`+address+`": GetMetrics: Internal: a [redacted] b "[redacted]" `+strings.Repeat("c", 268)+" …")
}

// The server hears of the deadline of the caller, and can give up when he does.
func TestAReadingHasADeadline(t *testing.T) {
	works := answering(true, wire.Measures{{Name: "lag", Int: 5}}, nil)
	deadlines, ended := make(chan time.Time, 2), make(chan struct{})
	works.GetMetrics = func(ctx context.Context, _ wire.Object, _ string) (wire.Measures, error) {
		deadline, _ := ctx.Deadline()
		deadlines <- deadline
		<-ctx.Done()
		ended <- struct{}{}
		return nil, ctx.Err()
	}
	address := externaltest.Serve(t, works)
	s := opened(t, external.Driver(), scalerkit.Spec{Metadata: values{"scalerAddress": address}}, scalerkit.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	_, err := s.Read(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.False(t, (<-deadlines).IsZero())
	<-ended

	unlimited, end := context.WithCancel(t.Context())
	go func() {
		require.WithinDuration(t, time.Now(), <-deadlines, time.Minute)
		end()
	}()
	_, err = s.Read(unlimited)
	require.ErrorIs(t, err, context.Canceled)
	<-ended
}

// Whoever brings a Dial knows what names mean: gRPC looks none up.
func TestNamesAreLookedUpByWhoDials(t *testing.T) {
	address := externaltest.Serve(t, answering(true, wire.Measures{{Name: "lag", Int: 5}}, map[string]wire.Measures{"lag": {{Int: 7}}}))
	for name, want := range map[string]string{
		"scaler.invalid:6000":                "scaler.invalid:6000",
		"passthrough:///scaler.invalid:6000": "scaler.invalid:6000",
		"dns:///127.0.0.1:6000":              "127.0.0.1:6000",
	} {
		dialled := make(chan string, 1)
		s := opened(t, external.Driver(), scalerkit.Spec{Metadata: values{"scalerAddress": name}}, scalerkit.Options{
			Dial: func(ctx context.Context, network, asked string) (net.Conn, error) {
				dialled <- asked
				return new(net.Dialer).DialContext(ctx, network, address)
			},
		})
		r, err := s.Read(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 7, r.Value)
		require.Equal(t, want, <-dialled)
	}
}

// A call that is not answered says nothing of the connection, as long as others
// are: the server may be slow.
func TestASlowAnswerLeavesTheConnectionToOthers(t *testing.T) {
	var levels externaltest.Levels
	levels.Set("a", 7)
	works := levels.Handler()
	slow, release := make(chan struct{}), make(chan struct{})
	isActive := works.IsActive
	works.IsActive = func(ctx context.Context, o wire.Object) (bool, error) {
		if o.Name == "slow" {
			slow <- struct{}{}
			<-ctx.Done()
			<-release
		}
		return isActive(ctx, o)
	}
	dials := make(chan struct{}, 9)
	options := scalerkit.Options{Pool: new(scalerkit.Pool), Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		dials <- struct{}{}
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
	spec := scalerkit.Spec{Metadata: values{"scalerAddress": externaltest.Serve(t, works), "queue": "a", "tokenFromEnv": "TOKEN"}, Env: scalerkit.Secrets(values{"TOKEN": externaltest.Token})}
	quick := opened(t, external.Driver(), spec, options)
	spec.Owner.Name = "slow"
	late := opened(t, external.Driver(), spec, options)

	failed := make(chan error)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	go func() {
		_, err := late.Read(ctx)
		failed <- err
	}()
	<-slow
	_, err := quick.Read(t.Context())
	require.NoError(t, err)
	require.ErrorIs(t, <-failed, context.DeadlineExceeded)
	_, err = quick.Read(t.Context())
	require.NoError(t, err)
	close(release)
	require.Len(t, dials, 1)
}
