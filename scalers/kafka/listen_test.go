package kafka_test

import (
	"bytes"
	"crypto/tls"
	"net"
)

// listener returns a function for kfake.ListenFn whose connections speak TLS,
// unless config is nil, and end as kfake likes it.
func listener(config *tls.Config) func(network, address string) (net.Listener, error) {
	return func(network, address string) (net.Listener, error) {
		l, err := net.Listen(network, address)
		if err != nil {
			return nil, err
		}
		if config != nil {
			l = tls.NewListener(l, config)
		}
		return politeListener{l}, nil
	}
}

type politeListener struct{ net.Listener }

func (l politeListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &politeConn{Conn: c, farewell: bytes.NewReader(farewell)}, nil
}

// A politeConn sends a last request when the client has gone, and takes what
// is written to it as if it had not: kfake keeps a goroutine for a connection
// until a request fails, which would pass for a leak of the driver, and stands
// still if nobody takes its answers.
type politeConn struct {
	net.Conn
	farewell *bytes.Reader
	gone     bool
}

// farewell is a SaslHandshake of version 0, which kfake does not speak.
var farewell = []byte{0, 0, 0, 12, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}

func (c *politeConn) Read(p []byte) (int, error) {
	if !c.gone {
		n, err := c.Conn.Read(p)
		if err == nil {
			return n, nil
		}
		c.gone = true
	}
	return c.farewell.Read(p)
}

func (c *politeConn) Write(p []byte) (int, error) {
	_, _ = c.Conn.Write(p) // whether it arrives is not the server's concern
	return len(p), nil
}
