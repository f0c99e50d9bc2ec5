package beanstalkd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/conns"
)

var source = driver.Source[*client, tube, jobs]{Name: "beanstalkd", Ask: ask}

// A tube is what is asked for.
type tube string

// String implements fmt.Stringer.
func (t tube) String() string { return fmt.Sprintf("jobs of tube %q", string(t)) }

// jobs are how many a tube has.
type jobs struct {
	absent                   bool
	ready, reserved, delayed float64
}

// read counts them.
func (j jobs) read(delayed bool) (scalerkit.Reading, error) {
	r := scalerkit.Reading{Value: j.ready + j.reserved}
	if delayed {
		r.Value += j.delayed
	}
	if j.absent {
		r.Note = "there is no such tube"
	}
	return r, nil
}

// A client is a connection that is made when it is wanted.
type client struct {
	address string
	conns   *conns.Conns
	turn    chan struct{} // has a place for who uses the connection
	conn    net.Conn      // nil if there is none
	reader  *bufio.Reader
}

// open does no I/O.
func (s Server) open(o scalerkit.Options) *client {
	return &client{address: s.Address, conns: conns.New(driver.Dial(o.Dial, nil, s.Timeout)), turn: make(chan struct{}, 1)}
}

// Close implements io.Closer. Whoever reads fails.
func (c *client) Close() error {
	c.conns.Close()
	return nil
}

// ask asks for all tubes on the connection, and for those of one piece of the list
// before it waits for the answers: a piece fits into the buffers of the network, lest
// both sides wait for each other.
func ask(ctx context.Context, c *client, tubes []tube) ([]driver.Answer[jobs], error) {
	const piece = 64
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := c.connect(ctx); err != nil {
		return nil, err
	}
	conn := c.conn
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	answers := make([]driver.Answer[jobs], len(tubes))
	var err error
	for from := 0; from < len(tubes) && err == nil; from += piece {
		to := min(from+piece, len(tubes))
		err = c.exchange(tubes[from:to], answers[from:to])
	}
	if !stop() || err != nil { // an answer may be outstanding
		_ = conn.Close()
		c.conn = nil
	}
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return answers, err
}

// connect makes a connection if there is none.
func (c *client) connect(ctx context.Context) error {
	if c.conn != nil {
		return nil
	}
	conn, err := c.conns.Dial(ctx, "tcp", c.address)
	if err != nil {
		return err
	}
	c.conn, c.reader = conn, bufio.NewReader(conn)
	return nil
}

// exchange asks for tubes and waits for the answers.
func (c *client) exchange(tubes []tube, answers []driver.Answer[jobs]) error {
	var request strings.Builder
	for _, t := range tubes {
		request.WriteString("stats-tube " + string(t) + "\r\n")
	}
	if _, err := io.WriteString(c.conn, request.String()); err != nil {
		return err
	}
	for i := range answers {
		if err := c.answer(&answers[i]); err != nil {
			return err
		}
	}
	return nil
}

// answer reads an answer. It returns an error if there is no knowing where the next
// one begins.
func (c *client) answer(a *driver.Answer[jobs]) error {
	line, err := c.line()
	if err != nil {
		return err
	}
	word, length, _ := strings.Cut(line, " ")
	switch word {
	case "OK":
	case "NOT_FOUND":
		a.Value.absent = true
		return nil
	case "OUT_OF_MEMORY", "INTERNAL_ERROR", "BAD_FORMAT", "UNKNOWN_COMMAND":
		a.Err = fmt.Errorf("the server answers %s", word)
		return nil
	default:
		return errNotBeanstalkd
	}
	const most = 1 << 16 // bytes: there are some 15 numbers
	n, err := strconv.ParseUint(length, 10, 32)
	if err != nil || n > most {
		return errNotBeanstalkd
	}
	body := make([]byte, n+2)
	if _, err := io.ReadFull(c.reader, body); err != nil {
		return err
	}
	a.Value, a.Err = parse(string(body))
	return nil
}

var errNotBeanstalkd = errors.New("this is not an answer of beanstalkd")

// line reads a line, which is short.
func (c *client) line() (string, error) {
	text, err := c.reader.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return "", errNotBeanstalkd
	}
	return strings.TrimRight(string(text), "\r\n"), err
}

// parse finds the numbers in a list of the form of YAML.
func parse(body string) (j jobs, err error) {
	for name, to := range map[string]*float64{"ready": &j.ready, "reserved": &j.reserved, "delayed": &j.delayed} {
		_, after, found := strings.Cut(body, "\ncurrent-jobs-"+name+": ")
		text, _, _ := strings.Cut(after, "\n")
		n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 63)
		if !found || err != nil {
			return jobs{}, fmt.Errorf("the answer has no number current-jobs-%s", name)
		}
		*to = float64(n)
	}
	return j, nil
}
