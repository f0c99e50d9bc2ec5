package scalertest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"sync"
	"time"
)

// impostorIsRefused has somebody else answer in the place of the source.
func impostorIsRefused(e *env) {
	i := newImpostor(e)
	options := e.unpooled()
	options.Dial = i.dial
	s := e.openWith(*e.Secure, options)
	spoken := e.eventually(func() bool {
		r, err := e.readFor(time.Second, s)
		e.wantNoAnswer("a server that is not the source", r, err)
		asked, _ := i.counts()
		return asked > 0
	})
	if !spoken {
		e.Error("Secure does not speak TLS")
	}
	if _, believed := i.counts(); believed > 0 {
		e.Error("the driver speaks with a server whose certificate nobody trusts")
	}
}

// An impostor is a server with TLS, whose certificate it has made by itself.
type impostor struct {
	listener net.Listener
	config   *tls.Config

	mu              sync.Mutex
	asked, believed int // handshakes that were begun, and that succeeded
}

// newImpostor starts an impostor that ends with the check.
func newImpostor(e *env) *impostor {
	e.Helper()
	mark(sourceMark)
	defer mark(e.mark)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		e.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		e.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		e.Fatal(err)
	}
	i := &impostor{listener: listener, config: &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{certificate}, PrivateKey: key}},
		MinVersion:   tls.VersionTLS12,
	}}
	ctx, end := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() { i.accept(ctx, &serving) })
	e.Cleanup(func() {
		end()
		_ = listener.Close() // which ends accept
		serving.Wait()
	})
	return i
}

// dial is for Options.Dial. It leads to the impostor, whatever the address.
func (i *impostor) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", i.listener.Addr().String())
}

func (i *impostor) accept(ctx context.Context, serving *sync.WaitGroup) {
	for {
		conn, err := i.listener.Accept()
		if err != nil {
			return
		}
		serving.Go(func() {
			defer conn.Close()
			defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
			i.serve(ctx, conn)
		})
	}
}

// sslRequest is what PostgreSQL's clients ask before they begin with TLS.
var sslRequest = []byte{0, 0, 0, 8, 4, 210, 22, 47}

// serve shakes hands, and says nothing more.
func (i *impostor) serve(ctx context.Context, conn net.Conn) {
	said := &readAhead{Conn: conn, said: bufio.NewReader(conn)}
	if first, _ := said.said.Peek(len(sslRequest)); bytes.Equal(first, sslRequest) {
		_, _ = said.said.Discard(len(sslRequest))          // they are there
		if _, err := conn.Write([]byte("S")); err != nil { // "go ahead"
			return
		}
	}
	const handshake = 22
	if first, err := said.said.Peek(1); err != nil || first[0] != handshake {
		return
	}
	err := tls.Server(said, i.config).HandshakeContext(ctx)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.asked++
	if err == nil {
		i.believed++
	}
}

func (i *impostor) counts() (asked, believed int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked, i.believed
}

// A readAhead is a connection of which something was read already.
type readAhead struct {
	net.Conn
	said *bufio.Reader
}

func (c *readAhead) Read(p []byte) (int, error) { return c.said.Read(p) }
