package scalertest_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
)

const password = "pa55 word&c"

// A fake is a toy server in this process.
type fake struct {
	address string

	mu       sync.Mutex
	levels   map[string]int
	watchers map[string][]net.Conn
	clients  []net.Conn
}

// newFake starts a fake that is stopped with tb.
func newFake(tb testing.TB) *fake {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	f := &fake{
		address:  listener.Addr().String(),
		levels:   make(map[string]int),
		watchers: make(map[string][]net.Conn),
	}
	var accepting, serving sync.WaitGroup
	accepting.Go(func() { f.accept(listener, &serving) })
	tb.Cleanup(func() {
		_ = listener.Close() // ends accept
		accepting.Wait()
		f.hangUp()
		serving.Wait()
	})
	return f
}

// set sets a level and tells those who watch it.
func (f *fake) set(name string, level int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.levels[name] = level
	for _, c := range f.watchers[name] {
		_, _ = fmt.Fprintln(c, "+changed") // who is gone does not care
	}
}

// accept serves connections until the listener is closed.
func (f *fake) accept(listener net.Listener, serving *sync.WaitGroup) {
	for {
		c, err := listener.Accept()
		if err != nil {
			return
		}
		f.mu.Lock()
		f.clients = append(f.clients, c)
		f.mu.Unlock()
		serving.Go(func() {
			defer c.Close()
			f.converse(c)
		})
	}
}

// hangUp closes the connections of those who have not left.
func (f *fake) hangUp() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.clients {
		_ = c.Close() // most are closed already
	}
}

func (f *fake) converse(c net.Conn) {
	welcome := false
	for lines := bufio.NewScanner(c); lines.Scan(); {
		verb, operand, _ := strings.Cut(lines.Text(), " ")
		if verb == "AUTH" {
			welcome = operand == password
		}
		if _, err := fmt.Fprintln(c, f.answer(c, verb, operand, welcome)); err != nil {
			return
		}
	}
}

func (f *fake) answer(c net.Conn, verb, operand string, welcome bool) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	level, exists := f.levels[operand]
	switch {
	case !welcome:
		return "-denied"
	case verb == "AUTH":
		return "+ok"
	case operand == "busy":
		return "-busy"
	case !exists:
		return "-missing"
	case verb == "WATCH":
		f.watchers[operand] = append(f.watchers[operand], c)
		return "+ok"
	case verb == "LEVEL":
		return fmt.Sprintf(":%d", level)
	}
	return "-unknown"
}
