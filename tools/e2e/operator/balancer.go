package operator

import (
	"io"
	"net"
	"slices"
	"sync"

	"github.com/scalerkit/scalerkit/tools/internal/loopback"
)

// A balancer is a Service in a cluster whose pods have no network: it passes
// each connection on to a replica that takes it.
type balancer struct {
	listener net.Listener

	mu       sync.Mutex
	replicas []int // ports; the first that takes a connection gets it
}

func newBalancer() (*balancer, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	b := &balancer{listener: listener}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // it is closed
			}
			go b.pass(conn)
		}
	}()
	return b, nil
}

func (b *balancer) port() int { return b.listener.Addr().(*net.TCPAddr).Port }

func (b *balancer) add(port int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.replicas = append(b.replicas, port)
}

func (b *balancer) remove(port int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.replicas = slices.DeleteFunc(b.replicas, func(p int) bool { return p == port })
}

func (b *balancer) pass(client net.Conn) {
	defer client.Close()
	b.mu.Lock()
	replicas := slices.Clone(b.replicas)
	b.mu.Unlock()
	for _, port := range replicas {
		server, err := net.Dial("tcp", loopback.Address(port)) //nolint:noctx // it is taken or refused at once
		if err != nil {
			continue
		}
		defer server.Close()
		done := make(chan struct{}, 2)
		for _, way := range [][2]net.Conn{{server, client}, {client, server}} {
			go func() {
				_, _ = io.Copy(way[0], way[1]) // who breaks off ends both ways
				done <- struct{}{}
			}()
		}
		<-done
		return
	}
}
