package rabbitmq_test

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// serveAMQP starts an AMQP 0-9-1 server for f and returns its host:port. It
// knows what it takes to declare queues passively, and answers like RabbitMQ
// 3.10.
func (f *fake) serveAMQP(tb testing.TB, secured *tls.Config) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	var mu sync.Mutex
	conns := make(map[net.Conn]struct{})
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if secured != nil {
				conn = tls.Server(conn, secured)
			}
			mu.Lock()
			conns[conn] = struct{}{}
			mu.Unlock()
			running.Go(func() {
				s := &amqpSession{fake: f, conn: conn, r: bufio.NewReader(conn)}
				_ = s.serve() // ends with any error
				_ = conn.Close()
				mu.Lock()
				delete(conns, conn)
				mu.Unlock()
			})
		}
	})
	tb.Cleanup(func() {
		_ = listener.Close()
		mu.Lock()
		for conn := range conns {
			_ = conn.Close()
		}
		mu.Unlock()
		running.Wait()
	})
	return listener.Addr().String()
}

// An amqpSession is one connection.
type amqpSession struct {
	fake  *fake
	conn  net.Conn
	r     *bufio.Reader
	vhost string
}

// Methods, as class<<16 | method.
const (
	connectionStart   = 10<<16 | 10
	connectionStartOk = 10<<16 | 11
	connectionTune    = 10<<16 | 30
	connectionTuneOk  = 10<<16 | 31
	connectionOpen    = 10<<16 | 40
	connectionOpenOk  = 10<<16 | 41
	connectionClose   = 10<<16 | 50
	connectionCloseOk = 10<<16 | 51
	channelOpen       = 20<<16 | 10
	channelOpenOk     = 20<<16 | 11
	channelClose      = 20<<16 | 40
	channelCloseOk    = 20<<16 | 41
	queueDeclare      = 50<<16 | 10
	queueDeclareOk    = 50<<16 | 11
)

const (
	frameMethod    = 1
	frameHeartbeat = 8
	frameEnd       = 0xCE
)

var errHangUp = errors.New("hang up")

func (s *amqpSession) serve() error {
	const greeting = "AMQP\x00\x00\x09\x01"
	header := make([]byte, len(greeting))
	if _, err := io.ReadFull(s.r, header); err != nil || string(header) != greeting {
		_, _ = io.WriteString(s.conn, greeting) // what it would have liked to hear
		return errHangUp
	}
	var none fields
	if err := s.send(0, connectionStart, none.octet(0).octet(9).long("").long("PLAIN AMQPLAIN EXTERNAL").long("en_US")); err != nil {
		return err
	}
	for {
		kind, channel, payload, err := s.receive()
		if err != nil {
			return err
		}
		if kind == frameHeartbeat {
			err = s.frame(frameHeartbeat, 0, nil)
		} else {
			err = s.handle(channel, fields(payload))
		}
		if err != nil {
			return err
		}
	}
}

func (s *amqpSession) handle(channel uint16, args fields) error {
	var none fields
	switch method := args.takeUint32(); method {
	case connectionStartOk:
		return s.authenticate(args)
	case connectionTuneOk, channelCloseOk:
		return nil
	case connectionOpen:
		if s.vhost = args.takeShort(); !s.fake.has(s.vhost) {
			return s.send(0, connectionClose, refusal(530, "NOT_ALLOWED - vhost %s not found", s.vhost))
		}
		return s.send(0, connectionOpenOk, none.short(""))
	case connectionClose:
		return s.send(0, connectionCloseOk, none)
	case connectionCloseOk:
		return errHangUp
	case channelOpen:
		return s.send(channel, channelOpenOk, none.long(""))
	case channelClose:
		return s.send(channel, channelCloseOk, none)
	case queueDeclare:
		args.take(2)
		return s.declare(channel, args.takeShort(), args.take(1)[0])
	default:
		return fmt.Errorf("method %d.%d is not known", method>>16, method&0xffff)
	}
}

func (s *amqpSession) authenticate(args fields) error {
	properties := args.takeLong()
	mechanism, response := args.takeShort(), args.takeLong()
	user := ""
	switch secured, isTLS := s.conn.(*tls.Conn); {
	case mechanism == "PLAIN" && response == "\x00"+username+"\x00"+password:
		user = username
	case mechanism == "EXTERNAL" && isTLS && len(secured.ConnectionState().PeerCertificates) > 0:
		user = secured.ConnectionState().PeerCertificates[0].Subject.CommonName
	}
	switch {
	case user == username:
		var tune fields
		return s.send(0, connectionTune, tune.uint16(2047).uint32(131072).uint16(60))
	case strings.Contains(properties, "authentication_failure_close") && !s.fake.sullen:
		return s.send(0, connectionClose, refusal(403, "ACCESS_REFUSED - Login was refused using authentication mechanism %s. For details see the broker logfile.", mechanism))
	default:
		return errHangUp
	}
}

func (s *amqpSession) declare(channel uint16, queue string, flags byte) error {
	const passive = 1
	q, ok := s.fake.get(s.vhost, queue)
	var reply fields
	switch {
	case flags&passive == 0:
		return errors.New("a queue was declared in earnest")
	case !ok:
		return s.send(channel, channelClose, refusal(404, "NOT_FOUND - no queue '%s' in vhost '%s'", queue, s.vhost))
	case q.state == "silent":
		return nil
	case q.state == "down":
		return s.send(channel, channelClose, refusal(404, "NOT_FOUND - home node 'rabbit@b' of durable queue '%s' in vhost '%s' is down or inaccessible", queue, s.vhost))
	}
	return s.send(channel, queueDeclareOk, reply.short(queue).uint32(uint32(q.ready)).uint32(0))
}

// refusal is the content of a close method.
func refusal(code uint16, format string, args ...any) fields {
	var f fields
	return f.uint16(code).short(fmt.Sprintf(format, args...)).uint16(0).uint16(0)
}

func (s *amqpSession) receive() (kind byte, channel uint16, payload []byte, err error) {
	header := make([]byte, 7)
	if _, err = io.ReadFull(s.r, header); err != nil {
		return 0, 0, nil, err
	}
	payload = make([]byte, binary.BigEndian.Uint32(header[3:])+1)
	if _, err = io.ReadFull(s.r, payload); err != nil {
		return 0, 0, nil, err
	}
	last := len(payload) - 1
	if payload[last] != frameEnd {
		return 0, 0, nil, errors.New("a frame does not end where it should")
	}
	return header[0], binary.BigEndian.Uint16(header[1:]), payload[:last], nil
}

func (s *amqpSession) send(channel uint16, method uint32, args fields) error {
	return s.frame(frameMethod, channel, append(binary.BigEndian.AppendUint32(nil, method), args...))
}

func (s *amqpSession) frame(kind byte, channel uint16, payload []byte) error {
	frame := binary.BigEndian.AppendUint16([]byte{kind}, channel)
	frame = binary.BigEndian.AppendUint32(frame, uint32(len(payload)))
	_, err := s.conn.Write(append(append(frame, payload...), frameEnd))
	return err
}

// fields are the arguments of a method.
type fields []byte

func (f fields) octet(v byte) fields    { return append(f, v) }
func (f fields) uint16(v uint16) fields { return binary.BigEndian.AppendUint16(f, v) }
func (f fields) uint32(v uint32) fields { return binary.BigEndian.AppendUint32(f, v) }
func (f fields) short(v string) fields  { return append(append(f, byte(len(v))), v...) }
func (f fields) long(v string) fields   { return append(f.uint32(uint32(len(v))), v...) }

func (f *fields) take(n int) []byte {
	taken := (*f)[:n]
	*f = (*f)[n:]
	return taken
}

func (f *fields) takeUint32() uint32 { return binary.BigEndian.Uint32(f.take(4)) }
func (f *fields) takeShort() string  { return string(f.take(int(f.take(1)[0]))) }
func (f *fields) takeLong() string   { return string(f.take(int(f.takeUint32()))) }
