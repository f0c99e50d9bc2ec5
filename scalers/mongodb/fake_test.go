package mongodb_test

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xdg-go/scram"
	"go.mongodb.org/mongo-driver/v2/bson"
)

const (
	username = "scalerkit"
	password = "scalerkit-test"
)

// A fake speaks as much of MongoDB's protocol as it takes to count documents, to
// those who log in. Levels are of collections.
type fake struct {
	address string
	server  *scram.Server

	mu      sync.Mutex
	levels  map[string]int
	asked   []bson.Raw // aggregations
	failure bson.D     // answers these, if set
	sources []string   // databases that users were looked up in
}

func start(tb testing.TB) *fake {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	client, err := scram.SHA256.NewClientUnprepped(username, password, "")
	require.NoError(tb, err)
	stored := client.GetStoredCredentials(scram.KeyFactors{Salt: "salt", Iters: 4096}) //nolint:staticcheck // the oldest version has no other
	f := &fake{address: listener.Addr().String(), levels: make(map[string]int)}
	f.server, err = scram.SHA256.NewServer(func(name string) (scram.StoredCredentials, error) {
		if name != username {
			return scram.StoredCredentials{}, errors.New("there is no such user")
		}
		return stored, nil
	})
	require.NoError(tb, err)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { f.serve(conn) })
		}
	})
	tb.Cleanup(func() {
		require.NoError(tb, listener.Close())
		serving.Wait()
	})
	return f
}

func (f *fake) set(collection string, level int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.levels[collection] = level
}

// fail has every count answered with that, or no longer if it is nil.
func (f *fake) fail(with bson.D) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failure = with
}

func refusal(code int, message string) bson.D {
	return bson.D{{Key: "ok", Value: 0.0}, {Key: "code", Value: code}, {Key: "errmsg", Value: message}}
}

// A session is what a connection is about.
type session struct {
	*fake
	login    *scram.ServerConversation
	loggedIn bool
}

func (f *fake) serve(conn net.Conn) {
	defer conn.Close()
	s := &session{fake: f}
	const query, reply, message = 2004, 1, 2013 // operations of the protocol
	for {
		header := make([]byte, 16)
		if _, err := io.ReadFull(conn, header); err != nil {
			return
		}
		body := make([]byte, binary.LittleEndian.Uint32(header)-16)
		if _, err := io.ReadFull(conn, body); err != nil {
			return
		}
		var answer []byte
		code := uint32(message)
		if binary.LittleEndian.Uint32(header[12:]) == query { // the first one, to "admin.$cmd"
			code, answer = reply, make([]byte, 20)
			answer[16] = 1 // document
			body = body[4+len("admin.$cmd")+1+8:]
		} else {
			answer = make([]byte, 5)
			body = body[5:]
		}
		document, err := bson.Marshal(s.answer(bson.Raw(body)[:binary.LittleEndian.Uint32(body)]))
		if err != nil {
			return
		}
		answer = append(answer, document...)
		out := binary.LittleEndian.AppendUint32(nil, uint32(16+len(answer)))
		out = binary.LittleEndian.AppendUint32(out, 0)
		out = append(out, header[4:8]...)
		out = binary.LittleEndian.AppendUint32(out, code)
		if _, err := conn.Write(append(out, answer...)); err != nil {
			return
		}
	}
}

func (s *session) answer(command bson.Raw) bson.D {
	elements, err := command.Elements()
	if err != nil || len(elements) == 0 {
		return refusal(9, "no command")
	}
	switch name := elements[0].Key(); {
	case name == "hello", name == "isMaster", name == "ismaster":
		return bson.D{
			{Key: "ok", Value: 1.0}, {Key: "ismaster", Value: true}, {Key: "isWritablePrimary", Value: true}, {Key: "helloOk", Value: true},
			{Key: "maxBsonObjectSize", Value: 16 << 20}, {Key: "maxMessageSizeBytes", Value: 48 << 20}, {Key: "maxWriteBatchSize", Value: 1000},
			{Key: "minWireVersion", Value: 0}, {Key: "maxWireVersion", Value: 21}, {Key: "logicalSessionTimeoutMinutes", Value: 30},
			{Key: "saslSupportedMechs", Value: bson.A{"SCRAM-SHA-256"}},
		}
	case name == "saslStart":
		s.mu.Lock()
		s.sources = append(s.sources, command.Lookup("$db").StringValue())
		s.mu.Unlock()
		s.login = s.server.NewConversation()
		return s.step(command)
	case name == "saslContinue":
		return s.step(command)
	case !s.loggedIn:
		return refusal(13, "Command "+name+" requires authentication")
	case name == "aggregate":
		return s.count(command)
	case name == "endSessions":
		return bson.D{{Key: "ok", Value: 1.0}}
	default:
		return refusal(59, "no such command: "+name)
	}
}

// step goes on with a login.
func (s *session) step(command bson.Raw) bson.D {
	_, said := command.Lookup("payload").Binary()
	answer, err := s.login.Step(string(said))
	if err != nil {
		return refusal(18, "Authentication failed.")
	}
	s.loggedIn = s.login.Done()
	return bson.D{
		{Key: "ok", Value: 1.0}, {Key: "conversationId", Value: 1}, {Key: "done", Value: s.loggedIn},
		{Key: "payload", Value: bson.Binary{Data: []byte(answer)}},
	}
}

// count answers an aggregation, of which it does not look at the filter.
func (s *session) count(command bson.Raw) bson.D {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, command)
	if s.failure != nil {
		return s.failure
	}
	batch := bson.A{}
	if n := s.levels[command.Lookup("aggregate").StringValue()]; n > 0 { // or else there is no group
		batch = bson.A{bson.D{{Key: "_id", Value: 1}, {Key: "n", Value: n}}}
	}
	cursor := bson.D{{Key: "id", Value: int64(0)}, {Key: "ns", Value: "shop.x"}, {Key: "firstBatch", Value: batch}}
	return bson.D{{Key: "ok", Value: 1.0}, {Key: "cursor", Value: cursor}}
}
