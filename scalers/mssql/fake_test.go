package mssql_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/scalerkit/scalerkit/driver/sqlsource/sqlsourcetest"
)

const (
	username = "scalerkit"
	password = "scalerkit-test"
	database = "shop"
)

// A fake is a server of TDS, SQL Server's protocol.
type fake struct {
	sqlsourcetest.Tables
	address  string
	password string
	token    string      // in place of the password, if set
	tls      *tls.Config // nil: it speaks no TLS
	logins   atomic.Int64
	open     atomic.Int64 // transactions
}

func newFake(tb testing.TB, prepare ...func(*fake)) *fake {
	f := &fake{password: password}
	for _, do := range prepare {
		do(f)
	}
	f.address = sqlsourcetest.Serve(tb, func(conn net.Conn) { f.serve(conn) })
	return f
}

// Types of packets.
const (
	batch       = 1
	answer      = 4
	attention   = 6
	transaction = 14
	login       = 16
	prelogin    = 18
)

// A session is a connection to the fake.
type session struct {
	*fake
	conn net.Conn
}

func (f *fake) serve(conn net.Conn) {
	s := &session{f, conn}
	if !s.handshake() || !s.login() {
		return
	}
	f.logins.Add(1)
	for {
		kind, message, err := s.receive()
		if err != nil {
			return
		}
		switch kind {
		case batch:
			skip := binary.LittleEndian.Uint32(message)
			s.query(text(message[skip:]))
		case transaction:
			s.transact(binary.LittleEndian.Uint16(message[binary.LittleEndian.Uint32(message):]))
		case attention:
			s.send(done(0x20))
		default:
			return
		}
	}
}

// handshake answers what is said before the login.
func (s *session) handshake() bool {
	kind, _, err := s.receive()
	if err != nil || kind != prelogin {
		return false
	}
	const version, encryption, identity, end = 0, 1, 6, 0xff
	encrypt := byte(2) // not supported
	if s.tls != nil {
		encrypt = 1
	}
	s.send([]byte{version, 0, 16, 0, 6, encryption, 0, 22, 0, 1, identity, 0, 23, 0, 1, end, 16, 0, 0, 0, 0, 0, encrypt, 0})
	if s.tls != nil {
		wrapped := &wrapped{Conn: s.conn, session: s, wrapping: true}
		secured := tls.Server(wrapped, s.tls)
		if secured.HandshakeContext(context.Background()) != nil {
			return false
		}
		wrapped.wrapping = false
		s.conn = secured
	}
	return true
}

// A wrapped connection has what is sent, and what comes, in packets.
type wrapped struct {
	net.Conn
	session  *session
	wrapping bool
	rest     []byte
}

func (w *wrapped) Read(p []byte) (n int, err error) {
	if !w.wrapping && len(w.rest) == 0 {
		return w.Conn.Read(p)
	}
	if len(w.rest) == 0 {
		if _, w.rest, err = (&session{w.session.fake, w.Conn}).receive(); err != nil {
			return 0, err
		}
	}
	n = copy(p, w.rest)
	w.rest = w.rest[n:]
	return n, nil
}

func (w *wrapped) Write(p []byte) (int, error) {
	if !w.wrapping {
		return w.Conn.Write(p)
	}
	(&session{w.session.fake, w.Conn}).sendAs(prelogin, p)
	return len(p), nil
}

func (s *session) login() bool {
	kind, message, err := s.receive()
	if err != nil || kind != login || len(message) < 72 {
		return false
	}
	field := func(at int) []byte {
		offset, length := binary.LittleEndian.Uint16(message[at:]), binary.LittleEndian.Uint16(message[at+2:])
		return message[offset : offset+2*length]
	}
	hidden := bytes.Clone(field(44))
	for i, b := range hidden {
		b ^= 0xa5
		hidden[i] = b<<4 | b>>4
	}
	name, given, db := text(field(40)), text(hidden), text(field(68))
	accepted := name == username && given == s.password
	if s.token != "" {
		accepted = bytes.Contains(message, units(s.token))
	}
	switch {
	case !accepted:
		s.fail(18456, "Login failed for user '"+name+"'.")
		return false
	case db != database:
		s.fail(4060, "Cannot open database \""+db+"\" requested by the login. The login failed.")
		return false
	}
	s.send([]byte("\xad\x0a\x00\x01\x74\x00\x00\x04\x00\x10\x00\x00\x00"), done(0))
	return true
}

// transact begins or ends a transaction.
func (s *session) transact(request uint16) {
	const begin, rollback = 5, 8
	id := "\x01\x00\x00\x00\x00\x00\x00\x00"
	switch request {
	case begin:
		s.fake.open.Add(1)
		s.send([]byte("\xe3\x0b\x00\x08\x08"+id+"\x00"), done(0))
	case rollback:
		s.fake.open.Add(-1)
		s.send([]byte("\xe3\x0b\x00\x0a\x00\x08"+id), done(0))
	default:
		s.fail(3999, "this fake rolls back")
	}
}

func (s *session) query(query string) {
	reply, ok := s.Reply(query)
	switch {
	case query == "select 1;": // a ping
		s.send(done(0))
		return
	case !ok:
		s.fail(208, "Invalid object name.")
		return
	case reply.Slow: // until the client has had enough
		return
	}
	head := binary.LittleEndian.AppendUint16([]byte{0x81}, uint16(len(reply.Values)))
	row := []byte{0xd1}
	for _, v := range reply.Values {
		kind, cell := column(v)
		head = append(head, "\x00\x00\x00\x00\x01\x00"+kind+"\x00"...)
		row = append(row, cell...)
	}
	if reply.NoRow {
		row = nil
	}
	s.send(head, row, done(0))
}

// column returns the type of a value, and how it is written.
func column(value any) (kind string, cell []byte) {
	const number, bit, date, nvarchar = "\x26\x08", "\x68\x01", "\x28", "\xe7\x40\x1f\x09\x04\xd0\x00\x34"
	switch v := value.(type) {
	case float64:
		return number, binary.LittleEndian.AppendUint64([]byte{8}, uint64(int64(v)))
	case bool:
		return bit, []byte{1, 1}
	case time.Time:
		return date, []byte{3, 0x5b, 0x95, 0x0a}
	case string:
		return nvarchar, append(binary.LittleEndian.AppendUint16(nil, uint16(2*len(v))), units(v)...)
	}
	return number, []byte{0}
}

func (s *session) fail(number uint32, message string) {
	body := binary.LittleEndian.AppendUint32(nil, number)
	body = append(body, 1, 14)
	body = binary.LittleEndian.AppendUint16(body, uint16(len(message)))
	body = append(append(body, units(message)...), 0, 0, 1, 0, 0, 0)
	s.send(append(binary.LittleEndian.AppendUint16([]byte{0xaa}, uint16(len(body))), body...), done(2))
}

// done is the end of an answer.
func done(status byte) []byte { return append([]byte{0xfd, status}, make([]byte, 11)...) }

// send sends an answer. Who is gone says so at the next read.
func (s *session) send(parts ...[]byte) { s.sendAs(answer, bytes.Join(parts, nil)) }

func (s *session) sendAs(kind byte, message []byte) {
	header := binary.BigEndian.AppendUint16([]byte{kind, 1}, uint16(8+len(message)))
	_, _ = s.conn.Write(append(append(header, 0, 0, 1, 0), message...))
}

// receive returns a message, which may be several packets.
func (s *session) receive() (kind byte, message []byte, err error) {
	for last := false; !last; {
		var header [8]byte
		if _, err := io.ReadFull(s.conn, header[:]); err != nil {
			return 0, nil, err
		}
		packet := make([]byte, max(8, binary.BigEndian.Uint16(header[2:]))-8)
		if _, err := io.ReadFull(s.conn, packet); err != nil {
			return 0, nil, err
		}
		kind, message, last = header[0], append(message, packet...), header[1]&1 != 0
	}
	return kind, message, nil
}

// units returns a text as it is sent, and text the reverse.
func units(s string) (b []byte) {
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

func text(b []byte) string {
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(u))
}
