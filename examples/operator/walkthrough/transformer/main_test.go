package main

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/examples/operator/walkthrough/queue"
)

func TestReverse(t *testing.T) {
	for text, want := range map[string]string{"": "", "message 1": "1 egassem", "Müller": "rellüM"} {
		require.Equal(t, want, reverse(text))
	}
}

// The program ends when it is told to, and not before it has finished what it
// took.
func TestRun(t *testing.T) {
	server := miniredis.RunT(t)
	env := map[string]string{
		"INBOUND_CONNECTION":  "redis://" + server.Addr(),
		"OUTBOUND_CONNECTION": "redis://" + server.Addr(),
	}
	_, err := server.Push("inbound", "message 2", "message 1")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	out := &stopper{after: 2, stop: stop}
	require.NoError(t, run(ctx, []string{"-work", "0"}, func(name string) string { return env[name] }, out))
	require.Equal(t, "message 1 -> 1 egassem\nmessage 2 -> 2 egassem\n", out.String())
	list, err := server.List("outbound")
	require.NoError(t, err)
	require.Equal(t, []string{"2 egassem", "1 egassem"}, list)
	require.Equal(t, []string{"outbound"}, server.Keys(), "nothing is left")
}

// A stopper calls stop with the last line that is to come.
type stopper struct {
	bytes.Buffer
	after int
	stop  func()
}

func (s *stopper) Write(line []byte) (int, error) {
	if s.after--; s.after == 0 {
		s.stop()
	}
	return s.Buffer.Write(line)
}

func TestMistakesAreNamed(t *testing.T) {
	const unknown = ": the connection is none of redis://…, rediss://…, amqp://…, amqps://… and Endpoint=sb://…"
	env := map[string]string{}
	get := func(name string) string { return env[name] }
	require.EqualError(t, run(t.Context(), nil, get, nil), "INBOUND_CONNECTION"+unknown)
	env["INBOUND_CONNECTION"] = "redis://" + miniredis.RunT(t).Addr()
	require.EqualError(t, run(t.Context(), nil, get, nil), "OUTBOUND_CONNECTION"+unknown)
}

// A message whose result finds no place goes back where it was.
func TestResultThatCannotBeSent(t *testing.T) {
	full := errors.New("outbound is full")
	in := &oneMessage{received: func() {}}
	err := transform(t.Context(), in, brokenSender{full}, 0, &bytes.Buffer{})
	require.ErrorIs(t, err, full)
	require.Equal(t, []string{"given back"}, in.log)
}

// Whoever is told to end while it works finishes its work.
func TestEndWhileWorking(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	in := &oneMessage{received: stop}
	server := miniredis.RunT(t)
	result, err := queue.OpenSender("redis://"+server.Addr(), "outbound")
	require.NoError(t, err)
	defer result.Close()
	require.NoError(t, transform(ctx, in, result, 0, &bytes.Buffer{}))
	require.Equal(t, []string{"done"}, in.log)
	list, err := server.List("outbound")
	require.NoError(t, err)
	require.Equal(t, []string{"eno"}, list)
}

// A oneMessage has the same message again and again, until ctx ends.
type oneMessage struct {
	received func()
	log      []string
}

func (r *oneMessage) Receive(ctx context.Context) (queue.Message, error) {
	if err := ctx.Err(); err != nil {
		return queue.Message{}, err
	}
	r.received()
	say := func(what string) func(context.Context) error {
		return func(context.Context) error {
			r.log = append(r.log, what)
			return nil
		}
	}
	return queue.Message{Text: "one", Done: say("done"), GiveBack: say("given back")}, nil
}

func (r *oneMessage) Close() error { return nil }

type brokenSender struct{ err error }

func (s brokenSender) Send(context.Context, string) error { return s.err }
func (s brokenSender) Close() error                       { return nil }
