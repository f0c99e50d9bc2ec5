package broker

import (
	"io"
	"net"
	"sync"
	"time"
)

// A Proxy stands between a server and its clients. What the clients say it hands
// on at once, and what the server answers when it is told to.
type Proxy struct {
	Address string

	server   string
	listener net.Listener

	mu      sync.Mutex
	delay   time.Duration
	open    chan struct{} // closed while answers are handed on
	held    chan struct{} // closed once an answer is held back; nil while they are handed on
	some    bool          // held is closed
	cut     bool
	clients map[net.Conn]bool // that there are
}

// StartProxy starts a Proxy of the server at an address. The caller has to Close
// it.
func StartProxy(server string) (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{Address: listener.Addr().String(), server: server, listener: listener, open: make(chan struct{}), clients: make(map[net.Conn]bool)}
	close(p.open)
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return // it is closed
			}
			if p.enter(client) {
				go p.pass(client)
			}
		}
	}()
	return p, nil
}

// Close ends the Proxy, but not the connections that there are.
func (p *Proxy) Close() { p.listener.Close() }

// Cut breaks off all connections, and each that begins before Restore is called.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = true
	for client := range p.clients {
		client.Close()
	}
}

// Restore lets connections be again.
func (p *Proxy) Restore() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = false
}

// enter says whether a client may speak to the server. One that may has to leave.
func (p *Proxy) enter(client net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cut {
		client.Close()
		return false
	}
	p.clients[client] = true
	return true
}

// leave ends the connection of a client.
func (p *Proxy) leave(client net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.clients, client)
	client.Close()
}

// Slow makes every answer wait for so long.
func (p *Proxy) Slow(delay time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = delay
}

// Hold holds all answers back until Release is called. The channel is closed
// once there is one, after this call.
func (p *Proxy) Hold() (held <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held == nil {
		p.open = make(chan struct{})
	}
	p.held, p.some = make(chan struct{}), false
	return p.held
}

// Release hands on what was held back. Hold was called before.
func (p *Proxy) Release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.open)
	p.held = nil
}

// wait returns when an answer may be handed on.
func (p *Proxy) wait() {
	p.mu.Lock()
	delay, open := p.delay, p.open
	if p.held != nil && !p.some {
		p.some = true
		close(p.held)
	}
	p.mu.Unlock()
	time.Sleep(delay)
	<-open
}

// pass hands on what the two sides of a connection say. Who breaks off ends
// both.
func (p *Proxy) pass(client net.Conn) {
	defer p.leave(client)
	server, err := net.Dial("tcp", p.server) //nolint:noctx // it is taken or refused at once
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(server, client)
		server.Close()
	}()
	answer := make([]byte, 64<<10)
	for {
		n, err := server.Read(answer)
		if err != nil {
			return
		}
		p.wait()
		if _, err := client.Write(answer[:n]); err != nil {
			return
		}
	}
}
