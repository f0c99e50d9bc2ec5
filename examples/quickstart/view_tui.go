package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/scalerkit/scalerkit/autoscale/control"
)

// A screen shows the run on a terminal. It notes what happens, and a tea
// program looks at its notes some times a second.
type screen struct {
	snapshot func() snapshot
	options  []tea.ProgramOption

	mu     sync.Mutex
	points []point
	latest control.Round
	change control.Round // the latest that changed the number of workers
}

// A point is what one round found and left.
type point struct {
	at      time.Duration // since the show began
	waiting float64       // messages; that of the round before if it is not known
	workers float64
}

func newScreen(snapshot func() snapshot, options ...tea.ProgramOption) *screen {
	options = append(options, tea.WithoutSignalHandler()) // ctx ends with a signal
	return &screen{snapshot: snapshot, options: options}
}

func (s *screen) round(r control.Round) {
	at := s.snapshot().elapsed
	s.mu.Lock()
	defer s.mu.Unlock()
	p := point{at: at, workers: float64(r.Decision.Replicas)}
	if sample := r.Samples[0]; sample.Err == nil {
		p.waiting = sample.Reading.Value
	} else if len(s.points) > 0 {
		p.waiting = s.points[len(s.points)-1].waiting
	}
	s.points = append(s.points, p)
	s.latest = r
	if r.Decision.Replicas != r.Current {
		s.change = r
	}
}

// picture returns all that there is to see.
func (s *screen) picture() picture {
	p := picture{snapshot: s.snapshot()}
	s.mu.Lock()
	defer s.mu.Unlock()
	p.points, p.latest, p.change = s.points, s.latest, s.change
	return p
}

// run shows the screen until ctx ends or the user leaves it.
func (s *screen) run(ctx context.Context) error {
	p := tea.NewProgram(model{look: s.picture}, s.options...)
	defer context.AfterFunc(ctx, p.Quit)()
	if _, err := p.Run(); err != nil {
		return fmt.Errorf("terminal: %w", err)
	}
	return nil
}

// A model is the screen as bubbletea wants it.
type model struct {
	look          func() picture
	width, height int
}

type tick struct{}

func again() tea.Cmd {
	return tea.Tick(100*time.Millisecond, func(time.Time) tea.Msg { return tick{} })
}

func (m model) Init() tea.Cmd { return again() }

func (m model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tick:
		return m, again()
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		if k := msg.String(); k == "ctrl+c" || k == "q" {
			return m, tea.Quit
		}
	}
	return m, nil
}

func (m model) View() tea.View {
	v := tea.NewView(m.look().render(m.width, m.height))
	v.AltScreen = true
	return v
}
