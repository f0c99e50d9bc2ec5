package postgresql_test

import (
	"crypto/tls"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/scalerkit/scalerkit/driver/sqlsource/sqlsourcetest"
)

const (
	username = "scalerkit"
	password = "scalerkit-test"
)

// A fake is a server of PostgreSQL's protocol.
type fake struct {
	sqlsourcetest.Tables
	host, port string
	tls        *tls.Config                // nil: it speaks no TLS
	accepts    func(password string) bool // nil: the usual one
	logins     atomic.Int64
	begun      atomic.Int64 // transactions
}

func newFake(tb testing.TB) *fake {
	f := new(fake)
	f.host, f.port, _ = net.SplitHostPort(sqlsourcetest.Serve(tb, func(conn net.Conn) { f.serve(conn) }))
	return f
}

// fill puts the address into a text.
func (f *fake) fill(text string) string {
	return strings.NewReplacer("HOST", f.host, "PORT", f.port).Replace(text)
}

// A session is a connection to the fake.
type session struct {
	*fake
	*pgproto3.Backend
	status byte   // of the transaction: I, T or E
	query  string // that was parsed
	failed bool   // until the next Sync, nothing is done
}

func (f *fake) serve(conn net.Conn) {
	s := &session{fake: f, Backend: pgproto3.NewBackend(conn, conn), status: 'I'}
	for {
		message, err := s.ReceiveStartupMessage()
		if err != nil {
			return
		}
		switch message := message.(type) {
		case *pgproto3.StartupMessage:
			if s.login(message) {
				s.run()
			}
			return
		case *pgproto3.SSLRequest:
			if f.tls == nil {
				_, _ = conn.Write([]byte("N")) // who is gone says so at the next read
				continue
			}
			_, _ = conn.Write([]byte("S"))
			conn = tls.Server(conn, f.tls)
			s.Backend = pgproto3.NewBackend(conn, conn)
		default: // a request to cancel, which comes too late for any query here
			return
		}
	}
}

// login is by a password in clear text, as far as it can be over a connection
// to oneself.
func (s *session) login(startup *pgproto3.StartupMessage) bool {
	if name := startup.Parameters["database"]; name != "postgres" {
		return s.refuse("3D000", `database "`+name+`" does not exist`)
	}
	s.Send(&pgproto3.AuthenticationCleartextPassword{})
	if s.Flush() != nil || s.SetAuthType(pgproto3.AuthTypeCleartextPassword) != nil {
		return false
	}
	message, err := s.Receive()
	if err != nil {
		return false
	}
	given, ok := message.(*pgproto3.PasswordMessage)
	accepts := s.accepts
	if accepts == nil {
		accepts = func(p string) bool { return p == password }
	}
	if !ok || startup.Parameters["user"] != username || !accepts(given.Password) {
		return s.refuse("28P01", `password authentication failed for user "`+startup.Parameters["user"]+`"`)
	}
	s.logins.Add(1)
	s.Send(&pgproto3.AuthenticationOk{})
	s.Send(&pgproto3.BackendKeyData{ProcessID: 1, SecretKey: []byte{0, 0, 0, 2}})
	s.Send(&pgproto3.ReadyForQuery{TxStatus: s.status})
	return s.Flush() == nil
}

func (s *session) refuse(code, text string) bool {
	s.Send(&pgproto3.ErrorResponse{Severity: "FATAL", SeverityUnlocalized: "FATAL", Code: code, Message: text})
	_ = s.Flush() // the connection ends either way
	return false
}

// run answers until the connection ends.
func (s *session) run() {
	for {
		message, err := s.Receive()
		if err != nil {
			return
		}
		switch message := message.(type) {
		case *pgproto3.Query:
			s.command(message.String)
			s.ready()
		case *pgproto3.Sync:
			s.failed = false
			s.ready()
		case *pgproto3.Terminate:
			return
		default:
			if !s.failed {
				s.extended(message)
			}
		}
		if s.Flush() != nil {
			return
		}
	}
}

// command is all that is not a question.
func (s *session) command(text string) {
	switch text = strings.ToLower(text); {
	case text == "begin read only":
		s.begun.Add(1)
		s.status = 'T'
	case text == "rollback":
		s.status = 'I'
	case strings.HasPrefix(text, "set local statement_timeout = ") && s.status == 'T', text == "-- ping":
	default:
		s.fail("42601", "syntax error at or near "+strconv.Quote(text))
		return
	}
	s.Send(&pgproto3.CommandComplete{CommandTag: []byte("OK")})
}

// extended is a part of the protocol with unnamed statements.
func (s *session) extended(message pgproto3.FrontendMessage) {
	switch message := message.(type) {
	case *pgproto3.Parse:
		if message.Name != "" {
			s.fail("26000", "a pooler knows no prepared statements")
			return
		}
		s.query = message.Query
		s.Send(&pgproto3.ParseComplete{})
	case *pgproto3.Bind:
		s.Send(&pgproto3.BindComplete{})
	case *pgproto3.Describe:
		reply, ok := s.Reply(s.query)
		if !ok {
			s.fail("42P01", "relation does not exist")
			return
		}
		columns := make([]pgproto3.FieldDescription, len(reply.Values))
		for i, v := range reply.Values {
			columns[i] = pgproto3.FieldDescription{Name: []byte("level"), TypeModifier: -1}
			columns[i].DataTypeOID, _ = column(v)
		}
		s.Send(&pgproto3.RowDescription{Fields: columns})
	case *pgproto3.Execute:
		reply, _ := s.Reply(s.query)
		if reply.Slow {
			return
		}
		if !reply.NoRow {
			row := make([][]byte, len(reply.Values))
			for i, v := range reply.Values {
				_, row[i] = column(v)
			}
			s.Send(&pgproto3.DataRow{Values: row})
		}
		s.Send(&pgproto3.CommandComplete{CommandTag: []byte("SELECT 1")})
	}
}

// column returns the type of a value, and how it is written out.
func column(value any) (oid uint32, text []byte) {
	switch v := value.(type) {
	case float64:
		return pgtype.Int8OID, strconv.AppendInt(nil, int64(v), 10)
	case bool:
		return pgtype.BoolOID, []byte("t")
	case time.Time:
		return pgtype.DateOID, []byte(v.UTC().Format(time.DateOnly))
	case string:
		return pgtype.TextOID, []byte(v)
	}
	return pgtype.TextOID, nil
}

func (s *session) fail(code, text string) {
	s.failed = true
	if s.status == 'T' {
		s.status = 'E'
	}
	s.Send(&pgproto3.ErrorResponse{Severity: "ERROR", SeverityUnlocalized: "ERROR", Code: code, Message: text})
}

func (s *session) ready() { s.Send(&pgproto3.ReadyForQuery{TxStatus: s.status}) }
