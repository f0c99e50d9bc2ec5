package scalertest_test

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/pool"
)

// A toy server keeps levels under names. This is its driver. A real one is made
// of a driver.Source; this one has every part of its Scalers in the open, so
// that each can be broken by itself. What is said to a server is a line, and so is each
// answer:
//
//	AUTH secret    +ok, or -denied
//	LEVEL orders   :7, or -missing, -denied, -busy
//	WATCH orders   +ok, and +changed each time that the level changes

// Config describes a trigger of type toy.
type Config struct {
	Server

	Name       string  `scaler:"levelName,required" doc:"which level to read"`
	Target     float64 `scaler:"target" default:"5" above:"0" doc:"level per replica"`
	Activation float64 `scaler:"activationTarget" min:"0" doc:"level above which the source is active"`
	MetricType scalerkit.TargetKind
}

// Server says how to connect. Triggers on equal Servers share a connection.
type Server struct {
	Address  string           `scaler:"address,required" doc:"host:port of the server"`
	TLS      bool             `scaler:"tls" doc:"speak TLS"`
	Password scalerkit.Secret `scaler:"password" from:"auth,env" doc:"password, if the server asks for one"`
}

// Parse says whether the address is one.
func (s *Server) Parse(p *driver.Problems) {
	if _, _, err := net.SplitHostPort(s.Address); err != nil {
		p.Add(&s.Address, `%q is not of the form "host:port"`, s.Address)
	}
}

// toy is the trigger type.
var toy = driver.Type[Config]{Name: "toy", Open: open}

// Driver returns the driver for trigger type toy.
func Driver() scalerkit.Driver { return toy.Driver() }

// New returns a Scaler that reads one level of a toy server. It does no I/O.
func New(config Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	return toy.New(config, options)
}

func open(given *Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	config := *given
	connect := func(ctx context.Context) (*conn, error) { return dial(ctx, config.Server, options) }
	return &scaler{
		config:  config,
		connect: connect,
		conn:    pool.Share(options.Pool, config.Server, connect),
	}, nil
}

type scaler struct {
	config  Config
	connect func(context.Context) (*conn, error)
	conn    *pool.Shared[*conn]
}

func (s *scaler) Metric() scalerkit.Metric {
	return scalerkit.Metric{
		Name:       driver.MetricName("toy", s.config.Name),
		Target:     scalerkit.Target{Kind: s.config.MetricType, Value: s.config.Target},
		Activation: s.config.Activation,
	}
}

func (s *scaler) Close() error { return s.conn.Close() }

func (s *scaler) Read(ctx context.Context) (scalerkit.Reading, error) {
	results, err := pool.Use(ctx, s.conn, ask([]*scaler{s}))
	switch {
	case errors.Is(err, scalerkit.ErrClosed):
		return scalerkit.Reading{}, scalerkit.ErrClosed
	case err != nil:
		return scalerkit.Reading{}, s.wrap(err)
	}
	return results[0].Reading, results[0].Err
}

func (s *scaler) BatchKey() any { return pool.Beside[int](s.conn, "") }

func (s *scaler) ReadBatch(ctx context.Context, peers []scalerkit.Scaler) []scalerkit.Result {
	all := toys(peers)
	results, err := pool.UseAll(ctx, s.conn, ask(all))
	if err != nil {
		results = make([]scalerkit.Result, len(all))
	}
	for i, p := range all {
		switch {
		case p.conn.IsClosed():
			results[i] = scalerkit.Result{Err: scalerkit.ErrClosed}
		case err != nil:
			results[i] = scalerkit.Result{Err: p.wrap(err)}
		}
	}
	return results
}

// Watch listens on a connection of its own, since an answer on the shared one
// has to be that to the last question. That it runs inside Use ends it when
// the Scaler is closed.
func (s *scaler) Watch(ctx context.Context, changed func()) error {
	_, err := pool.Use(ctx, s.conn, func(ctx context.Context, _ *conn) (struct{}, error) {
		c, err := s.connect(ctx)
		if err != nil {
			return struct{}{}, err
		}
		defer c.Close()
		defer context.AfterFunc(ctx, c.giveUp)()
		answers, err := c.ask(ctx, "WATCH "+s.config.Name)
		if err == nil && answers[0] != "+ok" {
			err = refusal(answers[0])
		}
		for err == nil {
			if _, err = c.answer(); err == nil && ctx.Err() == nil {
				changed()
			}
		}
		return struct{}{}, err
	})
	return fmt.Errorf("watch level %q: %w", s.config.Name, err)
}

// ask returns a function for pool.Use that asks for the levels of all scalers.
func ask(all []*scaler) func(context.Context, *conn) ([]scalerkit.Result, error) {
	return func(ctx context.Context, c *conn) ([]scalerkit.Result, error) { return levels(ctx, c, all) }
}

// wrap says what was being done when err happened.
func (s *scaler) wrap(err error) error {
	return fmt.Errorf("read level %q: %w", s.config.Name, err)
}

// reading makes a Reading of the server's answer.
func (s *scaler) reading(answer string) (scalerkit.Reading, error) {
	number, ok := strings.CutPrefix(answer, ":")
	if !ok {
		return scalerkit.Reading{}, s.wrap(refusal(answer))
	}
	level, err := strconv.ParseUint(number, 10, 63)
	if err != nil {
		return scalerkit.Reading{}, s.wrap(fmt.Errorf("answer %q is not a level", answer))
	}
	return scalerkit.Reading{Value: float64(level), Time: time.Now()}, nil
}

// refusal makes an error of an answer that is not the one that was asked for.
func refusal(answer string) error {
	switch answer {
	case "-missing":
		return scalerkit.ErrNotFound
	case "-denied":
		return scalerkit.ErrDenied
	case "-busy":
		return scalerkit.ErrThrottled
	}
	return fmt.Errorf("unexpected answer %q", answer)
}

// A conn is a connection to a server. It is broken after the first failure, so
// that no question gets the answer to an earlier one: the Pool then opens a
// new one in its place.
type conn struct {
	net.Conn
	asking  sync.Mutex // held from a question to its answer
	answers *bufio.Reader
	broken  atomic.Bool
}

// dial connects to a server and says the password.
func dial(ctx context.Context, s Server, options scalerkit.Options) (*conn, error) {
	open := options.Dial
	if open == nil {
		open = new(net.Dialer).DialContext
	}
	tcp, err := open(ctx, "tcp", s.Address)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	if s.TLS {
		if tcp, err = speakTLS(ctx, tcp, s.Address, options.TLSConfig); err != nil {
			return nil, err
		}
	}
	c := &conn{Conn: tcp, answers: bufio.NewReader(tcp)}
	if !s.Password.IsSet() {
		return c, nil
	}
	answers, err := c.ask(ctx, "AUTH "+s.Password.Reveal())
	if err == nil && answers[0] != "+ok" {
		err = refusal(answers[0])
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("log in: %w", err), c.Close())
	}
	return c, nil
}

func speakTLS(ctx context.Context, tcp net.Conn, address string, config *tls.Config) (net.Conn, error) {
	config = cmp.Or(config, new(tls.Config)).Clone()
	config.ServerName, _, _ = net.SplitHostPort(address)
	c := tls.Client(tcp, config)
	if err := c.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, tcp.Close())
	}
	return c, nil
}

// IsClosed tells the Pool whether to replace the connection.
func (c *conn) IsClosed() bool { return c.broken.Load() }

// giveUp ends all questions that are waiting for an answer.
func (c *conn) giveUp() {
	c.broken.Store(true)
	_ = c.SetDeadline(time.Unix(1, 0)) // if it fails, the connection is closed anyway
}

// levels reads the levels of all scalers in one exchange. It fails if there is
// not an answer for each.
func levels(ctx context.Context, c *conn, scalers []*scaler) ([]scalerkit.Result, error) {
	questions := make([]string, len(scalers))
	for i, s := range scalers {
		questions[i] = "LEVEL " + s.config.Name
	}
	answers, err := c.ask(ctx, questions...)
	if err != nil {
		return nil, err
	}
	results := make([]scalerkit.Result, len(scalers))
	for i, s := range scalers {
		results[i].Reading, results[i].Err = s.reading(answers[i])
	}
	return results, nil
}

// ask sends questions together and returns the answers.
func (c *conn) ask(ctx context.Context, questions ...string) ([]string, error) {
	c.asking.Lock()
	defer c.asking.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err // nobody waits any more, and nothing was asked
	}
	defer context.AfterFunc(ctx, c.giveUp)()
	if _, err := fmt.Fprintln(c, strings.Join(questions, "\n")); err != nil {
		c.giveUp()
		return nil, err
	}
	answers := make([]string, len(questions))
	for i := range answers {
		var err error
		if answers[i], err = c.answer(); err != nil {
			return nil, err
		}
	}
	return answers, nil
}

// answer reads one line. A line without its end is half an answer.
func (c *conn) answer() (string, error) {
	line, err := c.answers.ReadString('\n')
	if err != nil {
		c.giveUp()
		return "", fmt.Errorf("read the answer: %w", err)
	}
	return strings.TrimSuffix(line, "\n"), nil
}
