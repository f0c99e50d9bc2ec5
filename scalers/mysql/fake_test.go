package mysql_test

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // it is what the protocol has
	"crypto/subtle"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scalerkit/scalerkit/driver/sqlsource/sqlsourcetest"
)

const (
	username = "scalerkit"
	password = "scalerkit-test"
	dbName   = "scalerkit"
)

// A fake is a server of MySQL's protocol.
type fake struct {
	sqlsourcetest.Tables
	address  string
	password string
	tls      *tls.Config // nil: it speaks no TLS
	logins   atomic.Int64
	limits   atomic.Int64 // transactions in which queries are ended
}

func newFake(tb testing.TB, prepare ...func(*fake)) *fake {
	f := &fake{password: password}
	for _, do := range prepare {
		do(f)
	}
	f.address = sqlsourcetest.Serve(tb, func(conn net.Conn) { f.serve(conn) })
	return f
}

// A session is a connection to the fake.
type session struct {
	*fake
	conn     net.Conn
	sequence byte
	readOnly bool // a transaction is under way
}

// Capabilities of the client and the server.
const (
	withDB       = 0x8
	protocol41   = 0x200
	withTLS      = 0x800
	capabilities = 0x1 | 0x4 | withDB | protocol41 | 0x2000 | 0x8000 | 0x20000 | 0x80000 | 0x200000
)

// scramble is what a password is mixed with.
const scramble = "12345678901234567890"

func (f *fake) serve(conn net.Conn) {
	s := &session{fake: f, conn: conn}
	if !s.login() {
		return
	}
	f.logins.Add(1)
	for {
		s.sequence = 0
		packet, err := s.receive()
		if err != nil || len(packet) == 0 {
			return
		}
		switch command, text := packet[0], string(packet[1:]); command {
		case 3: // a query
			if !s.query(text) {
				return
			}
		case 14: // ping
			s.ok()
		default:
			return
		}
	}
}

func (s *session) login() bool {
	can := uint32(capabilities)
	if s.tls != nil {
		can |= withTLS
	}
	var greeting bytes.Buffer
	greeting.WriteString("\x0a8.0.36-fake\x00\x01\x00\x00\x00" + scramble[:8] + "\x00")
	greeting.Write(binary.LittleEndian.AppendUint16(nil, uint16(can)))
	greeting.WriteString("\x2d\x02\x00")
	greeting.Write(binary.LittleEndian.AppendUint16(nil, uint16(can>>16)))
	greeting.WriteString("\x15" + strings.Repeat("\x00", 10) + scramble[8:] + "\x00mysql_native_password\x00")
	s.send(greeting.Bytes())
	packet, err := s.receive()
	if err == nil && len(packet) == 32 && s.tls != nil {
		s.conn = tls.Server(s.conn, s.tls)
		packet, err = s.receive()
	}
	if err != nil || len(packet) < 34 {
		return false
	}
	flags := binary.LittleEndian.Uint32(packet)
	name, rest, _ := strings.Cut(string(packet[32:]), "\x00")
	given, rest := rest[1:1+rest[0]], rest[1+rest[0]:]
	db, _, _ := strings.Cut(rest, "\x00")
	switch {
	case name != username || given != native(s.password):
		s.fail(1045, "28000", fmt.Sprintf("Access denied for user '%s'@'localhost' (using password: YES)", name))
		return false
	case flags&withDB != 0 && db != dbName:
		s.fail(1049, "42000", fmt.Sprintf("Unknown database '%s'", db))
		return false
	}
	s.ok()
	return true
}

// native is what a client says that knows the password.
func native(password string) string {
	if password == "" {
		return ""
	}
	stage1 := sha1.Sum([]byte(password))
	stage2 := sha1.Sum(stage1[:])
	mixed := sha1.Sum(append([]byte(scramble), stage2[:]...))
	subtle.XORBytes(mixed[:], mixed[:], stage1[:])
	return string(mixed[:])
}

// query answers a statement, and reports whether the connection goes on.
func (s *session) query(text string) bool {
	switch {
	case text == "START TRANSACTION READ ONLY":
		s.readOnly = true
		s.ok()
		return true
	case text == "ROLLBACK":
		s.readOnly = false
		s.ok()
		return true
	case strings.HasPrefix(text, "SET NAMES "):
		s.ok()
		return true
	case strings.HasPrefix(text, "SET @scalerkit_limit = "):
		s.limits.Add(1)
		s.ok()
		return true
	case !s.readOnly:
		s.fail(1064, "42000", "this fake reads in transactions")
		return true
	}
	reply, ok := s.Reply(text)
	switch {
	case !ok:
		s.fail(1146, "42S02", "Table does not exist")
		return true
	case reply.Slow:
		_, _ = io.Copy(io.Discard, s.conn) // until the client has had enough
		return false
	}
	const eof = "\xfe\x00\x00\x02\x00"
	s.send([]byte{byte(len(reply.Values))})
	var row []byte
	for _, v := range reply.Values {
		kind, cell := column(v)
		s.send([]byte("\x03def\x00\x00\x00\x05level\x00\x0c\x3f\x00\x14\x00\x00\x00" + string(kind) + "\x00\x00\x00\x00\x00"))
		row = append(row, cell...)
	}
	s.send([]byte(eof))
	if !reply.NoRow {
		s.send(row)
	}
	s.send([]byte(eof))
	return true
}

// column returns the type of a value, and how it is written out.
func column(value any) (kind, cell string) {
	const long, date, text = "\x08", "\x0a", "\xfd"
	written := func(s string) string { return string(rune(len(s))) + s }
	switch v := value.(type) {
	case float64:
		return long, written(strconv.Itoa(int(v)))
	case bool:
		return long, written("1")
	case time.Time:
		return date, written(v.UTC().Format(time.DateOnly))
	case string:
		return text, written(v)
	}
	return text, "\xfb"
}

func (s *session) ok() { s.send([]byte("\x00\x00\x00\x02\x00\x00\x00")) }

func (s *session) fail(code uint16, state, text string) {
	s.send(append(binary.LittleEndian.AppendUint16([]byte{0xff}, code), "#"+state+text...))
}

// send sends a packet. Who is gone says so at the next read.
func (s *session) send(packet []byte) {
	n := len(packet)
	_, _ = s.conn.Write(append([]byte{byte(n), byte(n >> 8), byte(n >> 16), s.sequence}, packet...))
	s.sequence++
}

func (s *session) receive() ([]byte, error) {
	var header [4]byte
	if _, err := io.ReadFull(s.conn, header[:]); err != nil {
		return nil, err
	}
	s.sequence = header[3] + 1
	packet := make([]byte, int(header[0])|int(header[1])<<8|int(header[2])<<16)
	_, err := io.ReadFull(s.conn, packet)
	return packet, err
}
