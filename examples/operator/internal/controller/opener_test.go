package controller_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/keda"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// A scaler is one that was opened.
type scaler struct {
	Queue  string `scaler:"queue,required" from:"metadata,env" doc:"its name"`
	Host   string `scaler:"host" from:"auth" doc:"its server"`
	closed int
}

func (s *scaler) Metric() scalerkit.Metric {
	return scalerkit.Metric{Name: "fake-" + s.Queue, Target: scalerkit.Target{Kind: scalerkit.PerReplica, Value: 1}}
}

func (s *scaler) Read(context.Context) (scalerkit.Reading, error) { return scalerkit.Reading{}, nil }

func (s *scaler) Close() error {
	s.closed++
	return nil
}

// A book says what triggers resolve to.
type book struct {
	env    map[string]string
	secret string
	err    error
	stale  error
	until  time.Time
}

func (b *book) Spec(_ context.Context, t v1alpha1.ScaleTriggers, owner keda.Owner) (keda.Resolved, error) {
	return keda.Resolved{
		Spec: scalerkit.Spec{
			Type: t.Type, Name: t.Name, Metadata: t.Metadata,
			Auth: scalerkit.Secrets(map[string]string{"host": b.secret}),
			Env:  scalerkit.Secrets(b.env),
		},
		Refs:    []keda.Ref{{Kind: "Secret", Namespace: owner.Namespace, Name: "s"}},
		Expires: b.until,
		Stale:   b.stale,
	}, b.err
}

func newOpener(b *book) *controller.Opener {
	fake := driver.Type[scaler]{Name: "fake", Open: func(s *scaler, _ scalerkit.Options) (scalerkit.Scaler, error) { return s, nil }}.Driver()
	return &controller.Opener{Registry: scalerkit.NewRegistry(fake), Resolver: b}
}

func trigger(name string, metadata ...string) v1alpha1.ScaleTriggers {
	t := v1alpha1.ScaleTriggers{Type: "fake", Name: name, Metadata: map[string]string{}}
	for _, m := range metadata {
		key, value, _ := strings.Cut(m, "=")
		t.Metadata[key] = value
	}
	return t
}

func TestOpen(t *testing.T) {
	until := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	o := newOpener(&book{secret: "a", until: until, stale: errors.New("the vault is closed")})
	triggers := []v1alpha1.ScaleTriggers{
		trigger("", "queue=orders", "kueue=orders"),
		{Type: "cpu"},
		trigger("second", "queue=mails"),
	}
	opened := o.Open(t.Context(), triggers, keda.Owner{Namespace: "shop"}, nil)
	require.Empty(t, opened.Problems)
	require.Equal(t, []string{
		"fake trigger: the vault is closed",
		`fake trigger: kueue: is not a parameter of this trigger type; did you mean "queue"?`,
		`fake trigger "second": the vault is closed`,
	}, opened.Warnings)
	require.Equal(t, until, opened.Expires)
	var names []string
	for _, trigger := range opened.Triggers {
		names = append(names, fmt.Sprint(trigger.Index, " ", trigger.Type, " ", trigger.Name, " ", trigger.Metric))
	}
	require.Equal(t, []string{
		"0 fake s0-fake-orders s0-fake-orders",
		"2 fake second s2-fake-mails",
	}, names)
	require.Len(t, controller.Loop(opened.Triggers), 2)
}

// open opens one trigger, given those of before.
func open(t *testing.T, b *book, trigger v1alpha1.ScaleTriggers, before []controller.Trigger) (controller.Opened, []controller.Trigger) {
	t.Helper()
	opened := newOpener(b).Open(t.Context(), []v1alpha1.ScaleTriggers{trigger}, keda.Owner{}, before)
	require.Len(t, opened.Triggers, 1)
	return opened, opened.Triggers
}

func TestOpenAnew(t *testing.T) {
	b := &book{secret: "a", env: map[string]string{"QUEUE": "orders"}}
	text := trigger("", "queueFromEnv=QUEUE")
	_, first := open(t, b, text, nil)

	_, again := open(t, b, text, first)
	require.True(t, controller.Same(first, again), "nothing has changed")

	b.secret = "b"
	_, rotated := open(t, b, text, first)
	require.False(t, controller.Same(first, rotated))
	require.Equal(t, "b", rotated[0].Scaler.(*scaler).Host)

	b.env["QUEUE"] = "mails"
	_, other := open(t, b, text, rotated)
	require.Equal(t, "s0-fake-mails", other[0].Metric)

	require.NoError(t, controller.Close(first, other))
	require.Equal(t, 1, first[0].Scaler.(*scaler).closed)
	require.NoError(t, controller.Close(other, other))
	require.Zero(t, other[0].Scaler.(*scaler).closed)
}

func TestOpenBroken(t *testing.T) {
	b := &book{err: errors.New("Secret s does not exist")}
	text := trigger("orders", "queue=orders")
	opened, broken := open(t, b, text, nil)
	require.Equal(t, []error{b.err}, opened.Problems)
	require.Equal(t, b.err, broken[0].Broken())
	require.Equal(t, "orders", broken[0].Name)
	require.Equal(t, "s0-fake", broken[0].Metric)
	_, err := broken[0].Scaler.Read(t.Context())
	require.Equal(t, b.err, err, "so that it holds the workload")
	require.Equal(t, []keda.Ref{{Kind: "Secret", Name: "s"}}, opened.Refs, "to be told when it is there")

	_, again := open(t, b, text, broken)
	require.True(t, controller.Same(broken, again))
	b.err = errors.New("Secret s has no key k")
	_, other := open(t, b, text, broken)
	require.Equal(t, b.err, other[0].Broken())

	b.err = nil
	opened, mended := open(t, b, text, broken)
	require.Empty(t, opened.Problems)
	require.NoError(t, mended[0].Broken())

	b.err = errors.New("Secret s does not exist")
	opened, kept := open(t, b, text, mended)
	require.Equal(t, []error{b.err}, opened.Problems)
	require.True(t, controller.Same(mended, kept), "what was found goes on")
	opened, replaced := open(t, b, trigger("orders", "queue=mails"), mended)
	require.Equal(t, []error{b.err}, opened.Problems)
	require.Equal(t, b.err, replaced[0].Broken(), "but not for another trigger")
}

func TestOpenRefused(t *testing.T) {
	b := &book{}
	opened, refused := open(t, b, trigger(""), nil)
	require.EqualError(t, opened.Problems[0], "fake trigger: queue: is missing: set it in the metadata, or name an environment variable in queueFromEnv")
	opened, again := open(t, b, trigger(""), refused)
	require.Len(t, opened.Problems, 1, "it still is one")
	require.True(t, controller.Same(refused, again))
}
