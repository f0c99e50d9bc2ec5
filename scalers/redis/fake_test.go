package redis_test

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const (
	username = "scalerkit"
	password = "scalerkit-test"
)

// A value is what a key of the fake holds: a number of elements, or a stream.
type value struct {
	kind string // list, set, zset, hash, string, or stream
	size int
	*stream
}

// hold makes a value a stream.
func (v *value) hold(s *stream) { v.kind, v.stream = "stream", s }

// A fake is an in-process server that speaks RESP2 and knows the commands of
// the drivers. It serves as standalone server, as the one node of a cluster
// and as sentinel alike.
type fake struct {
	listener net.Listener
	token    string // taken in place of the password, if set
	node     string // the host that it says the cluster's node is on, if set

	mu     sync.Mutex
	keys   map[string]*value
	deny   map[string]bool // commands that the user may not use
	seen   []string        // names of the commands, in lower case
	active map[net.Conn]struct{}
}

func newFake(tb testing.TB) *fake {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	f := &fake{listener: listener, keys: make(map[string]*value), deny: make(map[string]bool), active: make(map[net.Conn]struct{})}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			f.mu.Lock()
			f.active[conn] = struct{}{}
			f.mu.Unlock()
			serving.Go(func() { f.serve(conn) })
		}
	})
	tb.Cleanup(func() {
		_ = listener.Close()
		f.mu.Lock()
		for conn := range f.active {
			_ = conn.Close()
		}
		f.mu.Unlock()
		serving.Wait()
	})
	return f
}

func (f *fake) address() string { return f.listener.Addr().String() }

// update changes or makes the value of a key.
func (f *fake) update(key string, change func(*value)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.keys[key] == nil {
		f.keys[key] = &value{kind: "list"}
	}
	change(f.keys[key])
}

func (f *fake) remove(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.keys, key)
}

// commands returns the names of the commands since the last call, without
// those of the handshake.
func (f *fake) commands() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	seen := f.seen
	f.seen = nil
	return seen
}

func (f *fake) serve(conn net.Conn) {
	defer func() {
		_ = conn.Close()
		f.mu.Lock()
		delete(f.active, conn)
		f.mu.Unlock()
	}()
	in, out := bufio.NewReader(conn), bufio.NewWriter(conn)
	authenticated := false
	for {
		command, err := readCommand(in)
		if err != nil {
			return
		}
		f.mu.Lock()
		f.answer(out, command, &authenticated)
		f.mu.Unlock()
		if in.Buffered() == 0 && out.Flush() != nil {
			return
		}
	}
}

func readCommand(in *bufio.Reader) ([]string, error) {
	n, err := readNumber(in, '*')
	if err != nil {
		return nil, err
	}
	command := make([]string, n)
	for i := range command {
		length, err := readNumber(in, '$')
		if err != nil {
			return nil, err
		}
		text := make([]byte, length+2)
		if _, err := io.ReadFull(in, text); err != nil {
			return nil, err
		}
		command[i] = string(text[:length])
	}
	return command, nil
}

func readNumber(in *bufio.Reader, kind byte) (int, error) {
	line, err := in.ReadString('\n')
	if err != nil {
		return 0, err
	}
	if line[0] != kind {
		return 0, fmt.Errorf("want %c, got %q", kind, line)
	}
	return strconv.Atoi(strings.TrimSpace(line[1:]))
}

// A failure is an error reply.
type failure string

// A status is a simple string.
type status string

// write encodes a reply.
func write(out *bufio.Writer, reply any) {
	switch r := reply.(type) {
	case nil:
		_, _ = out.WriteString("$-1\r\n")
	case failure:
		_, _ = fmt.Fprintf(out, "-%s\r\n", r)
	case status:
		_, _ = fmt.Fprintf(out, "+%s\r\n", r)
	case int:
		_, _ = fmt.Fprintf(out, ":%d\r\n", r)
	case string:
		_, _ = fmt.Fprintf(out, "$%d\r\n%s\r\n", len(r), r)
	case []any:
		_, _ = fmt.Fprintf(out, "*%d\r\n", len(r))
		for _, element := range r {
			write(out, element)
		}
	}
}

func (f *fake) answer(out *bufio.Writer, command []string, authenticated *bool) {
	name := strings.ToLower(command[0])
	switch name {
	case "hello":
		if len(command) >= 5 && !f.authenticate(out, command[3:5], authenticated) {
			return
		}
		if !*authenticated {
			write(out, failure("NOAUTH HELLO must be called with the client already authenticated"))
			return
		}
		write(out, []any{"server", "redis", "version", "7.0.15", "proto", 2, "id", 1, "mode", "standalone", "role", "master", "modules", []any{}})
		return
	case "auth":
		user := username
		if len(command) == 3 {
			user = command[1]
		}
		if f.authenticate(out, []string{user, command[len(command)-1]}, authenticated) {
			write(out, status("OK"))
		}
		return
	}
	if !*authenticated {
		write(out, failure("NOAUTH Authentication required."))
		return
	}
	if f.deny[name] {
		f.seen = append(f.seen, name)
		write(out, failure(fmt.Sprintf("NOPERM this user has no permissions to run the '%s' command", name)))
		return
	}
	write(out, f.reply(name, command[1:]))
}

func (f *fake) authenticate(out *bufio.Writer, credentials []string, authenticated *bool) bool {
	if *authenticated = credentials[0] == username && credentials[1] == cmp.Or(f.token, password); !*authenticated {
		write(out, failure("WRONGPASS invalid username-password pair or user is disabled."))
	}
	return *authenticated
}

func (f *fake) reply(name string, args []string) any {
	host, port, _ := net.SplitHostPort(f.address())
	number, _ := strconv.Atoi(port)
	switch name {
	case "select", "client", "readonly":
		return status("OK")
	case "ping":
		return status("PONG")
	case "command":
		return []any{}
	case "cluster":
		return []any{[]any{0, 16383, []any{cmp.Or(f.node, host), number, "node-1"}}}
	case "sentinel":
		return f.sentinel(args, host, port)
	case "subscribe":
		return []any{"subscribe", args[0], 1}
	case "role":
		return []any{"master", 0, []any{}}
	}
	f.seen = append(f.seen, name)
	return f.data(name, args)
}

func (f *fake) sentinel(args []string, host, port string) any {
	switch {
	case strings.EqualFold(args[0], "get-master-addr-by-name") && args[1] == "scalerkit":
		return []any{host, port}
	case strings.EqualFold(args[0], "get-master-addr-by-name"):
		return nil
	default: // other sentinels, replicas
		return []any{}
	}
}

// holds has the type of key that each command is for.
var holds = map[string]string{
	"llen": "list", "scard": "set", "zcard": "zset", "hlen": "hash",
	"xlen": "stream", "xadd": "stream", "xtrim": "stream", "xdel": "stream", "xgroup": "stream",
	"xinfo": "stream", "xrange": "stream", "eval": "stream", "xack": "stream", "xpending": "stream", "xreadgroup": "stream",
}

// keyAt is where each command has its key, if that is not its first argument.
var keyAt = map[string]int{"xinfo": 1, "xgroup": 1, "eval": 2, "xreadgroup": 6}

func (f *fake) data(name string, args []string) any {
	key := args[keyAt[name]]
	v := f.keys[key]
	if v != nil && holds[name] != "" && holds[name] != v.kind {
		return failure("WRONGTYPE Operation against a key holding the wrong kind of value")
	}
	switch {
	case name != "type" && holds[name] == "":
		return failure("ERR unknown command '" + name + "'")
	case name == "type" && v == nil:
		return status("none")
	case name == "type":
		return status(v.kind)
	case v == nil && (name == "xadd" || name == "xgroup"):
		v = &value{}
		v.hold(&stream{groups: make(map[string]*consumers)})
		f.keys[key] = v
	case v == nil && name == "xinfo":
		return failure("ERR no such key")
	case v == nil && name == "xpending":
		return noGroup(args)
	case v == nil:
		return 0
	}
	if holds[name] == "stream" {
		return v.do(name, args)
	}
	return v.size
}

func noGroup(args []string) failure {
	return failure(fmt.Sprintf("NOGROUP No such key '%s' or consumer group '%s'", args[0], args[1]))
}
