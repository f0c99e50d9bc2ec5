package main

import (
	"context"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
)

var update = flag.Bool("update", false, "write the golden files")

// round has the policy decide on a reading, or on a failure.
func round(at time.Duration, current int, waiting float64, err error) control.Round {
	policy := autoscale.Default()
	policy.Max, policy.Cooldown = 20, 0 // each round is a first one: there is no State
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC).Add(at)
	samples := []autoscale.Sample{{
		Trigger: "inbound",
		Metric:  scalerkit.Metric{Target: scalerkit.Target{Value: 5}},
		Reading: scalerkit.Reading{Value: waiting},
		Err:     err,
	}}
	return control.Round{
		Time: now, Samples: samples, Decided: true, Current: current,
		Decision: policy.Decide(autoscale.Input{Now: now, Current: current, Samples: samples}),
	}
}

func TestPlainView(t *testing.T) {
	var out strings.Builder
	v := &plainView{out: &out}
	v.round(round(0, 0, 0, nil))
	v.round(round(500*time.Millisecond, 0, 120, nil))
	v.round(round(time.Second, 20, 0, errors.New("connection refused")))
	failed := round(1500*time.Millisecond, 20, 100, nil)
	failed.Err = errors.New("set the replicas: no room")
	v.round(failed)
	const want = `   0.0s  waiting    0  workers   0 -> 0    Metric inbound: 0 -> 0: 0 / 5 per replica = 0, inactive; Inactive: 0 -> 0: no trigger is active
   0.5s  waiting  120  workers   0 -> 20   Metric inbound: 0 -> 24: 120 / 5 per replica = 24; Activated inbound: 24 -> 24: active, at least 1; TooManyReplicas: 24 -> 20: at most 20
   1.0s  waiting    ?  workers  20 -> 20   Failed inbound: 20 -> 20: failure 1: connection refused; Hold: 20 -> 20: too little is known to leave 20
   1.5s  waiting  100  workers  20 -> 20   Tolerance inbound: 20 -> 20: 100 / 5 per replica is within the tolerance of 20; set the replicas: no room
`
	if got := out.String(); got != want {
		t.Errorf("got:\n%s", got)
	}
}

// story is a screen some way into a show.
func story() *screen {
	var now time.Duration
	s := newScreen(func() snapshot {
		return snapshot{
			title: "embedded Redis", elapsed: now, total: 30 * time.Second, max: 20,
			balance: balance{published: 120, verified: 95}, transformed: 96,
		}
	})
	current := 0
	for i, waiting := range []float64{0, 0, 0, 120, 96, 71, 50, 33, 21, 12, 6, 2, 0, 0, 0, 0, 9, 6, 1} {
		now = time.Duration(i) * 500 * time.Millisecond
		r := round(now, current, waiting, nil)
		current = r.Decision.Replicas
		s.round(r)
	}
	s.round(round(now, current, 0, errors.New("connection refused")))
	return s
}

func TestScreen(t *testing.T) {
	var got strings.Builder
	for _, size := range [][2]int{{100, 32}, {80, 24}, {40, 10}} {
		text := story().picture().render(size[0], size[1])
		lines := strings.Split(ansi.Strip(text), "\n")
		if len(lines) > size[1] {
			t.Errorf("%v: %d lines", size, len(lines))
		}
		for _, l := range lines {
			if ansi.StringWidth(l) > size[0] {
				t.Errorf("%v: too wide: %q", size, l)
			}
			got.WriteString(strings.TrimRight(l, " ") + "\n")
		}
		got.WriteString(strings.Repeat("-", size[0]) + "\n")
	}
	const golden = "testdata/screen.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("the screen is not as in %s (go test -update writes it):\n%s", golden, got.String())
	}
	for _, size := range [][2]int{{0, 0}, {1, 1}, {3, 2}} {
		(&screen{snapshot: func() snapshot { return snapshot{} }}).picture().render(size[0], size[1])
		story().picture().render(size[0], size[1])
	}
}

func TestScreenKeys(t *testing.T) {
	var m tea.Model = model{look: story().picture}
	m, _ = m.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	if v := m.View(); !v.AltScreen || !strings.Contains(v.Content, "waiting messages") {
		t.Errorf("view %+v", v)
	}
	for key, quits := range map[rune]bool{'q': true, 'x': false} {
		if _, cmd := m.Update(tea.KeyPressMsg{Code: key, Text: string(key)}); (cmd != nil) != quits {
			t.Errorf("%c: command %v", key, cmd != nil)
		}
	}
	if _, cmd := m.Update(tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl}); cmd == nil {
		t.Error("Ctrl-C does nothing")
	}
}

// The program ends with its context, and draws meanwhile.
func TestScreenRuns(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	var out strings.Builder
	s := newScreen(story().snapshot, tea.WithInput(nil), tea.WithOutput(&out), tea.WithWindowSize(80, 24))
	if err := s.run(ctx); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "waiting messages") {
		t.Errorf("drew %q", out.String())
	}
}
