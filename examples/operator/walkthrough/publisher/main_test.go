package main

import (
	"bytes"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/require"
)

func TestRun(t *testing.T) {
	server := miniredis.RunT(t)
	env := map[string]string{"INBOUND_CONNECTION": "redis://" + server.Addr()}
	var out bytes.Buffer
	err := run(t.Context(), []string{"-count", "3"}, func(name string) string { return env[name] }, &out)
	require.NoError(t, err)
	require.Equal(t, "put 3 messages into inbound\n", out.String())
	list, err := server.List("inbound")
	require.NoError(t, err)
	require.Equal(t, []string{"message 3", "message 2", "message 1"}, list)
}

func TestMistakesAreNamed(t *testing.T) {
	nothing := func(string) string { return "" }
	require.EqualError(t, run(t.Context(), nil, nothing, nil),
		"INBOUND_CONNECTION: the connection is none of redis://…, rediss://…, amqp://…, amqps://… and Endpoint=sb://…")

	server := miniredis.RunT(t)
	server.SetError("LOADING")
	err := run(t.Context(), nil, func(string) string { return "redis://" + server.Addr() }, nil)
	require.EqualError(t, err, `after 0 of 100 messages: send to list "inbound": LOADING`)
}
