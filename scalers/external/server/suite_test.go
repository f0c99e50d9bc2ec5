package server_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/tlstest"
	"github.com/scalerkit/scalerkit/scalers/external"
	"github.com/scalerkit/scalerkit/scalers/external/server"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// A broker has queues with a level each.
type broker struct {
	mu      sync.Mutex
	levels  map[string]float64
	changed chan struct{} // closed and made anew when a level changes
}

func (b *broker) set(queue string, level float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.levels[queue] = level
	close(b.changed)
	b.changed = make(chan struct{})
}

func (b *broker) get(queue string) (float64, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.levels[queue], b.changed
}

// open returns the Scaler of a queue, which is a Watcher.
func (b *broker) open(o server.Object) (scalerkit.Scaler, error) {
	queue := o.Metadata["queue"]
	s := &scaler{metric: metric, read: func(context.Context) (scalerkit.Reading, error) {
		level, _ := b.get(queue)
		return scalerkit.Reading{Value: level}, nil
	}}
	s.metric.Activation = 0
	return watched{s, func(ctx context.Context, changed func()) error {
		for {
			_, again := b.get(queue)
			select {
			case <-again:
				changed()
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}}, nil
}

// The trigger types external and external-push, and what they read, keep the
// contract with the server in between.
func TestSuiteOfTheClient(t *testing.T) {
	us, them := tlstest.NewPair(t, "server"), tlstest.NewPair(t, "caller")
	config := &tls.Config{
		Certificates: []tls.Certificate{us.Certificate}, MinVersion: tls.VersionTLS12,
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: them.Pool(),
	}
	for _, d := range []scalerkit.Driver{external.Driver(), external.PushDriver()} {
		t.Run(d.Name(), func(t *testing.T) {
			t.Parallel()
			scalertest.Suite{Driver: d, Start: func(tb testing.TB) scalertest.Source {
				b := &broker{levels: make(map[string]float64), changed: make(chan struct{})}
				address := serve(tb, server.Options{Open: b.open, MaxAge: -1}, grpc.Creds(credentials.NewTLS(config)))
				trigger := func(queue string) scalertest.Trigger {
					return scalertest.Trigger{
						Spec: scalerkit.Spec{
							Type: d.Name(), Name: queue, Metadata: map[string]string{"scalerAddress": address, "queue": queue},
							Auth: scalerkit.Secrets(map[string]string{"caCert": us.Cert, "tlsClientCert": them.Cert, "tlsClientKey": them.Key}),
						},
						Set: func(_ context.Context, level float64) error { b.set(queue, level); return nil },
					}
				}
				return scalertest.Source{
					Trigger: trigger("a"), Secrets: []string{them.Key},
					Peers: func(n int) []scalertest.Trigger {
						peers := make([]scalertest.Trigger, n)
						for i := range peers {
							peers[i] = trigger(fmt.Sprintf("peer-%d", i))
						}
						return peers
					},
				}
			}}.Run(t)
		})
	}
}
