package beanstalkd_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/beanstalkd"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

type values = map[string]string

func spec(address, tube string) scalerkit.Spec {
	return scalerkit.Spec{Type: "beanstalkd", Name: "orders", Metadata: values{"server": address, "tube": tube, "value": "5"}}
}

// source describes triggers on a server to the suite.
func source(address, prefix string, set func(ctx context.Context, tube string, level float64) error) scalertest.Source {
	trigger := func(name string) scalertest.Trigger {
		return scalertest.Trigger{Spec: spec(address, prefix+name), Set: func(ctx context.Context, level float64) error {
			return set(ctx, prefix+name, level)
		}}
	}
	return scalertest.Source{
		Trigger: trigger("orders"), TargetKey: "value", ActivationKey: "activationValue",
		Peers: func(n int) []scalertest.Trigger {
			peers := make([]scalertest.Trigger, n)
			for i := range peers {
				peers[i] = trigger(fmt.Sprintf("peer-%d", i))
			}
			return peers
		},
	}
}

// A fake is a server that knows stats-tube alone.
type fake struct {
	address string
	mu      sync.Mutex
	answers map[string]string // by tube
}

func newFake(t testing.TB) *fake {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	f := &fake{address: listener.Addr().String(), answers: make(map[string]string)}
	var serving sync.WaitGroup
	life, end := context.WithCancel(context.Background())
	t.Cleanup(func() {
		end()
		listener.Close()
		serving.Wait()
	})
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer context.AfterFunc(life, func() { conn.Close() })()
				defer conn.Close()
				f.serve(conn)
			})
		}
	})
	return f
}

// serve answers until the client is gone.
func (f *fake) serve(conn net.Conn) {
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		tube, known := strings.CutPrefix(lines.Text(), "stats-tube ")
		if !known {
			return
		}
		f.mu.Lock()
		answer, there := f.answers[tube]
		f.mu.Unlock()
		if !there {
			answer = "NOT_FOUND\r\n"
		}
		if _, err := io.WriteString(conn, answer); err != nil {
			return
		}
	}
}

// set has the tube answered by a text.
func (f *fake) set(tube, answer string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers[tube] = answer
}

// stats is the answer about a tube with such jobs.
func stats(ready, reserved, delayed int) string {
	body := fmt.Sprintf("---\nname: orders\ncurrent-jobs-urgent: %d\ncurrent-jobs-ready: %[1]d\ncurrent-jobs-reserved: %d\ncurrent-jobs-delayed: %d\ncurrent-jobs-buried: 90\ntotal-jobs: 100\n", ready, reserved, delayed)
	return ok(body)
}

func ok(body string) string { return fmt.Sprintf("OK %d\r\n%s\r\n", len(body), body) }

func TestSuiteOnFake(t *testing.T) {
	scalertest.Suite{Driver: beanstalkd.Driver(), New: scalertest.Typed(beanstalkd.New), Start: func(tb testing.TB) scalertest.Source {
		f := newFake(tb)
		return source(f.address, "", func(_ context.Context, tube string, level float64) error {
			reserved := int(level) / 3
			f.set(tube, stats(int(level)-reserved, reserved, 70))
			return nil
		})
	}}.Run(t)
}

func needServer(t testing.TB) string {
	address := os.Getenv("SCALERKIT_TEST_BEANSTALKD")
	if address == "" {
		t.Skip("SCALERKIT_TEST_BEANSTALKD is not set: run make test")
	}
	return address
}

// A client puts and takes jobs.
type client struct {
	mu     sync.Mutex
	conn   net.Conn
	reader *bufio.Reader
}

func dial(t testing.TB) *client {
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", needServer(t))
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return &client{conn: conn, reader: bufio.NewReader(conn)}
}

// do sends a command and returns the words of the answer's first line.
func (c *client) do(format string, args ...any) ([]string, error) {
	if _, err := fmt.Fprintf(c.conn, format+"\r\n", args...); err != nil {
		return nil, err
	}
	line, err := c.reader.ReadString('\n')
	if err != nil {
		return nil, err
	}
	words := strings.Fields(line)
	if words[0] == "RESERVED" {
		_, err = c.reader.ReadString('\n') // the job's body
	}
	return words, err
}

// set gives a tube so many jobs, of which it reserves one in three. mine are those
// that it made before.
func (c *client) set(tube string, mine map[string][]string, level int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range mine[tube] {
		if _, err := c.do("delete %s", id); err != nil {
			return err
		}
	}
	mine[tube] = nil
	for _, command := range []string{"use ", "watch "} {
		if _, err := c.do("%s%s", command, tube); err != nil {
			return err
		}
	}
	for range level {
		words, err := c.do("put 0 0 3600 1\r\nx")
		if err != nil || words[0] != "INSERTED" {
			return fmt.Errorf("put: %q, %w", words, err)
		}
		mine[tube] = append(mine[tube], words[1])
	}
	for range level / 3 {
		if words, err := c.do("reserve-with-timeout 5"); err != nil || words[0] != "RESERVED" {
			return fmt.Errorf("reserve: %q, %w", words, err)
		}
	}
	_, err := c.do("ignore %s", tube)
	return err
}

func TestSuiteOnServer(t *testing.T) {
	needServer(t)
	scalertest.Suite{Driver: beanstalkd.Driver(), Start: func(tb testing.TB) scalertest.Source {
		c, mine := dial(tb), map[string][]string{}
		return source(needServer(tb), fmt.Sprintf("test-%d-", time.Now().UnixNano()), func(_ context.Context, tube string, level float64) error {
			return c.set(tube, mine, int(level))
		})
	}}.Run(t)
}

func TestJobsOnServer(t *testing.T) {
	c := dial(t)
	tube := fmt.Sprintf("orders-%d", time.Now().UnixNano())
	open := func(delayed string) scalerkit.Scaler {
		trigger := spec(needServer(t), tube)
		trigger.Metadata["includeDelayed"] = delayed
		s, err := beanstalkd.Driver().Open(trigger, scalerkit.Options{})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		return s
	}
	waiting, all := open("false"), open("true")
	r, err := waiting.Read(t.Context())
	require.NoError(t, err)
	require.Equal(t, scalerkit.Reading{Note: "there is no such tube", Time: r.Time}, r)

	require.NoError(t, c.set(tube, map[string][]string{}, 9))
	for range 2 {
		words, err := c.do("put 0 3600 3600 1\r\nx")
		require.NoError(t, err)
		require.Equal(t, "INSERTED", words[0])
	}
	_, err = c.do("watch %s", tube)
	require.NoError(t, err)
	words, err := c.do("reserve-with-timeout 5")
	require.NoError(t, err)
	_, err = c.do("bury %s 0", words[1])
	require.NoError(t, err)
	scalertest.WantValue(t, waiting, 8)
	scalertest.WantValue(t, all, 10)
}
