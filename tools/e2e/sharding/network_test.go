package sharding

import (
	"io"
	"net"
	"sync"
)

// A network is what is between a replica and the API server. When it is cut, nothing
// gets through, and nobody is told: neither by an answer nor by the end of a
// connection.
type network struct {
	listener net.Listener
	to       string

	mu          sync.Mutex
	isCut       bool
	connections map[net.Conn]bool
}

func newNetwork(to string) (*network, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	n := &network{listener: listener, to: to, connections: make(map[net.Conn]bool)}
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return // it is closed
			}
			go n.pass(c)
		}
	}()
	return n, nil
}

func (n *network) address() string { return n.listener.Addr().String() }

// pass passes on what comes over a connection, and drops it while the network is
// cut: the connection is of no use afterwards.
func (n *network) pass(client net.Conn) {
	defer n.end(client)
	server, err := net.Dial("tcp", n.to) //nolint:noctx // it is taken or refused at once
	if err != nil {
		return
	}
	defer n.end(server)
	n.mu.Lock()
	n.connections[client], n.connections[server] = true, true
	n.mu.Unlock()
	done := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{server, client}, {client, server}} {
		go func() {
			_, _ = io.Copy(gate{n, way[0]}, way[1]) // who breaks off ends both ways
			done <- struct{}{}
		}()
	}
	<-done
}

func (n *network) end(c net.Conn) {
	n.mu.Lock()
	delete(n.connections, c)
	n.mu.Unlock()
	c.Close()
}

// A gate takes everything, and lets nothing through while the network is cut.
type gate struct {
	*network
	net.Conn
}

func (g gate) Write(b []byte) (int, error) {
	g.mu.Lock()
	isCut := g.isCut
	g.mu.Unlock()
	if isCut {
		return len(b), nil
	}
	return g.Conn.Write(b)
}

func (n *network) cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.isCut = true
}

// mend lets everything through again. What was dropped is noticed.
func (n *network) mend() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.isCut = false
	for c := range n.connections {
		c.Close()
	}
}
