package mongodb

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"go.mongodb.org/mongo-driver/v2/event"
)

// A health knows whether any server answers the checks that the library makes by
// itself. A count that waits for a server would otherwise wait as long as it takes
// to elect one, whatever is wrong with them all.
type health struct {
	mu       sync.Mutex
	servers  []string                              // addresses of all that there are
	failures map[string]error                      // of their last checks
	underway map[*context.CancelCauseFunc]struct{} // counts
}

func newHealth() *health {
	return &health{failures: make(map[string]error), underway: make(map[*context.CancelCauseFunc]struct{})}
}

// monitor is how the library tells.
func (h *health) monitor() *event.ServerMonitor {
	return &event.ServerMonitor{
		TopologyDescriptionChanged: func(e *event.TopologyDescriptionChangedEvent) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.servers = nil
			for _, s := range e.NewDescription.Servers {
				h.servers = append(h.servers, s.Addr.String())
			}
		},
		ServerHeartbeatSucceeded: func(e *event.ServerHeartbeatSucceededEvent) {
			h.mu.Lock()
			defer h.mu.Unlock()
			delete(h.failures, serverOf(e.ConnectionID))
		},
		ServerHeartbeatFailed: func(e *event.ServerHeartbeatFailedEvent) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.failures[serverOf(e.ConnectionID)] = e.Failure
			h.judge()
		},
	}
}

// serverOf returns the address in the name of a connection, such as
// "127.0.0.1:27017[-5]".
func serverOf(connection string) string {
	address, _, _ := strings.Cut(connection, "[-")
	return address
}

// judge ends what is under way if the last check of every server has failed. The
// mutex is held.
func (h *health) judge() {
	var problems []error
	for _, server := range h.servers {
		failure, failed := h.failures[server]
		if !failed {
			return
		}
		problems = append(problems, fmt.Errorf("%s: %w", server, failure))
	}
	for cancel := range h.underway {
		(*cancel)(errors.Join(problems...))
	}
}

// context returns one that ends with the reason if no server answers, and what ends
// it.
func (h *health) context(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.underway[&cancel] = struct{}{}
	return ctx, func() {
		cancel(nil)
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.underway, &cancel)
	}
}
