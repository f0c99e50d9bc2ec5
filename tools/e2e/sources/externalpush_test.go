package sources

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/tools/e2e/process"
)

// TestExternalPush has a server that is not ours say when messages have arrived.
func TestExternalPush(t *testing.T) {
	orders := &pusher{changed: make(chan struct{})}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := &http.Server{Handler: orders, Protocols: new(http.Protocols)}
	server.Protocols.SetUnencryptedHTTP2(true)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		assert.NoError(t, server.Close())
		assert.ErrorIs(t, <-served, http.ErrServerClosed)
	})
	source{
		trigger:  fmt.Sprintf("type: external-push, metadata: {scalerAddress: %q}", listener.Addr()),
		pushes:   true,
		replicas: 20,
		arrive: func(ctx context.Context) error {
			err := process.Poll(ctx, time.Minute, orders.followed)
			orders.set(messages)
			return err
		},
		leave: func(context.Context) error { orders.set(0); return nil },
	}.scales(t)
}

// A pusher is an external scaler. It speaks as much of gRPC and of KEDA's
// protocol as that takes, and knows one metric.
type pusher struct {
	mu      sync.Mutex
	streams int           // that are open
	level   byte          // at most 127, so that one byte has it
	changed chan struct{} // closed at the next change
}

func (p *pusher) set(level byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.level = level
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *pusher) get() (byte, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.level, p.changed
}

// follow counts a stream that begins or ends.
func (p *pusher) follow(more int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.streams += more
}

// followed returns no error once each workload would get a push.
func (p *pusher) followed(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.streams != len(workloads) {
		return fmt.Errorf("%d streams are open, want %d", p.streams, len(workloads))
	}
	return nil
}

func (p *pusher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	const ok, unimplemented = "0", "12"
	_, _ = io.Copy(io.Discard, r.Body) // whatever it asks for, there is but one answer
	w.Header().Set("Content-Type", "application/grpc")
	w.Header().Set("Trailer", "Grpc-Status")
	status := ok
	level, changed := p.get()
	switch path.Base(r.URL.Path) {
	case "IsActive":
		send(w, activity(level))
	case "StreamIsActive":
		p.follow(1)
		defer p.follow(-1)
		for r.Context().Err() == nil {
			send(w, activity(level))
			select {
			case <-changed:
				level, changed = p.get()
			case <-r.Context().Done():
			}
		}
	case "GetMetricSpec":
		send(w, measure(5))
	case "GetMetrics":
		send(w, measure(level))
	default:
		status = unimplemented
	}
	w.Header().Set("Grpc-Status", status)
}

// send sends a message, behind a byte that says that it is not compressed and
// its length.
func send(w http.ResponseWriter, message []byte) {
	_, _ = w.Write(append([]byte{0, 0, 0, 0, byte(len(message))}, message...)) // a caller who has gone asks again
	w.(http.Flusher).Flush()
}

// activity is what says whether there is something to do.
func activity(level byte) []byte { return []byte{1 << 3, min(level, 1)} }

// measure is the metric, with its target or its value.
func measure(number byte) []byte {
	return field(1, append(field(1, []byte("orders")), 2<<3, number))
}
