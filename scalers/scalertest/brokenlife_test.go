package scalertest_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/pool"
)

var brokenLives = []broken{
	{
		name: "trusts everybody",
		driver: alterOptions(func(o *scalerkit.Options) {
			o.TLSConfig = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // that is the fault
		}),
		caught: map[string]string{"ImpostorIsRefused": "whose certificate nobody trusts"},
	},
	{
		name:   "speaks no TLS",
		driver: alterConfig(func(c Config) (Config, error) { c.TLS = false; return c, nil }),
		caught: map[string]string{"ImpostorIsRefused": "Secure does not speak TLS"},
	},
	{
		name: "ignores its context",
		driver: alterRead(func(good readFunc) readFunc {
			return func(ctx context.Context) (scalerkit.Reading, error) { return good(context.WithoutCancel(ctx)) }
		}),
		caught: map[string]string{
			"BlackHoleIsAnError":       "Read did not return",
			"CancelledReadReturns":     "Read did not return",
			"LostConnectionIsReplaced": "Read did not return",
		},
	},
	{
		name: "ignores its context behind pool.Use",
		driver: alter(func(a *altered) {
			a.read = func(ctx context.Context) (scalerkit.Reading, error) {
				return pool.Use(ctx, a.conn, func(ctx context.Context, _ *conn) (scalerkit.Reading, error) {
					s, err := New(a.config, scalerkit.Options{Dial: a.options.Dial})
					if err != nil {
						return scalerkit.Reading{}, err
					}
					defer s.Close()
					return s.Read(context.WithoutCancel(ctx))
				})
			}
		}),
		caught: map[string]string{"CancelledReadIsOver": "Reads that were cancelled go on in "},
	},
	{
		name:   "uses a connection again after a timeout",
		driver: alter(neverGivesUp),
		caught: map[string]string{
			"BlackHoleIsAnError":       "on recovery: read {Value:120",
			"LostConnectionIsReplaced": "does not recover",
		},
	},
	{
		name: "never forgets an error",
		driver: alterRead(func(good readFunc) readFunc {
			var first atomic.Pointer[error]
			return func(ctx context.Context) (scalerkit.Reading, error) {
				if err := first.Load(); err != nil {
					return scalerkit.Reading{}, *err
				}
				r, err := good(ctx)
				if err != nil {
					first.Store(&err)
				}
				return r, err
			}
		}),
		caught: map[string]string{
			"RecoversAfterOutage":      "does not recover",
			"ResetIsNeverAWrongLevel":  "does not recover",
			"LostConnectionIsReplaced": "does not recover",
		},
	},
	{
		name: "closes only when nobody reads",
		driver: alter(func(a *altered) {
			var reading sync.Mutex
			goodRead, goodClose := a.read, a.close
			a.read = func(ctx context.Context) (scalerkit.Reading, error) {
				reading.Lock()
				defer reading.Unlock()
				return goodRead(ctx)
			}
			a.close = func() error {
				reading.Lock()
				defer reading.Unlock()
				return goodClose()
			}
		}),
		caught: map[string]string{"CloseUnblocksRead": "Close did not return"},
	},
	{
		name: "says that it was cancelled when it was closed",
		driver: alter(func(a *altered) {
			goodRead, goodBatch := a.read, a.batch
			a.read = func(ctx context.Context) (scalerkit.Reading, error) {
				r, err := goodRead(ctx)
				return r, cancelledIfClosed(err)
			}
			a.batch = func(ctx context.Context, peers []scalerkit.Scaler) []scalerkit.Result {
				results := goodBatch(ctx, peers)
				for i := range results {
					results[i].Err = cancelledIfClosed(results[i].Err)
				}
				return results
			}
		}),
		caught: map[string]string{
			"CloseUnblocksRead":         "which is no ErrClosed",
			"CloseWhileReading":         "until ErrClosed",
			"ReadAfterCloseIsErrClosed": "ReadBatch gives",
			"ClosedPeerDisturbsNobody":  "which is no ErrClosed",
		},
	},
	{
		name: "reads on after it was closed",
		driver: alter(func(a *altered) {
			a.read = func(ctx context.Context) (scalerkit.Reading, error) {
				s, err := New(a.config, a.options)
				if err != nil {
					return scalerkit.Reading{}, err
				}
				defer s.Close()
				return s.Read(ctx)
			}
		}),
		caught: map[string]string{"ReadAfterCloseIsErrClosed": "after Close: read {Value:120"},
	},
	{
		name: "does not expect to be closed twice",
		driver: alter(func(a *altered) {
			var closed atomic.Bool
			good := a.close
			a.close = func() error {
				if closed.Swap(true) {
					return errors.New("closed already")
				}
				return good()
			}
		}),
		caught: map[string]string{
			"CloseTwiceIsCloseOnce": "close: closed already",
			"CloseWhileReading":     "close: closed already",
		},
	},
	{
		name: "closes the connection that others use",
		driver: alter(func(a *altered) {
			good := a.close
			a.close = func() error {
				_, _ = pool.Use(context.Background(), a.conn, func(_ context.Context, c *conn) (any, error) {
					c.giveUp()
					return nil, nil
				})
				return good()
			}
		}),
		caught: map[string]string{"CloseLeavesOthersAlone": "closed a connection that another one uses"},
	},
	{
		name: "leaves a goroutine behind",
		driver: alter(func(*altered) {
			go func() { select {} }()
		}),
		caught: map[string]string{"LeavesNothingBehind": "5 scalers that never read leave behind 5 goroutines of "},
	},
	{
		name: "leaves a connection behind",
		driver: alterOptions(func(o *scalerkit.Options) {
			o.Dial = wrapConns(o.Dial, func(c net.Conn) net.Conn { return unclosed{c} })
		}),
		caught: map[string]string{
			"LeavesNothingBehind": "connections were never closed",
			"ZeroOptionsWillDo":   "2 connections were never closed",
		},
	},
	{
		name: "leaves broken connections behind",
		driver: alterOptions(func(o *scalerkit.Options) {
			o.Dial = wrapConns(o.Dial, func(c net.Conn) net.Conn { return &unclosedIfBroken{Conn: c} })
		}),
		caught: map[string]string{"LeavesNothingBehind": "whose source went away: 5 connections were never closed"},
	},
	{
		name:   "has a connection for each trigger",
		driver: alterOptions(func(o *scalerkit.Options) { o.Pool = nil }),
		caught: map[string]string{"ManyTriggersShareConnections": "40 triggers held up to 40 connections"},
	},
	{
		name: "has a connection for each reading",
		driver: alter(func(a *altered) {
			a.read = func(ctx context.Context) (scalerkit.Reading, error) {
				s, err := New(a.config, scalerkit.Options{Dial: a.options.Dial})
				if err != nil {
					return scalerkit.Reading{}, err
				}
				defer s.Close()
				return s.Read(ctx)
			}
		}),
		caught: map[string]string{"ManyTriggersShareConnections": "connections are not kept"},
	},
}

func cancelledIfClosed(err error) error {
	if errors.Is(err, scalerkit.ErrClosed) {
		return context.Canceled
	}
	return err
}

// neverGivesUp makes a reading take the next line that comes, whenever it was
// asked for.
func neverGivesUp(a *altered) {
	var (
		mu      sync.Mutex
		c       *conn
		answers *bufio.Reader
	)
	ask := func(ctx context.Context) (line string, err error) {
		mu.Lock()
		defer mu.Unlock()
		if c == nil {
			if c, err = a.connect(ctx); err != nil {
				c = nil
				return "", err
			}
			answers = bufio.NewReader(c)
		}
		deadline, _ := ctx.Deadline()
		_ = c.SetReadDeadline(deadline)
		if _, err = fmt.Fprintln(c, "LEVEL "+a.config.Name); err == nil {
			line, err = answers.ReadString('\n')
		}
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			_ = c.Close()
			c = nil
		}
		return strings.TrimSpace(line), err
	}
	a.read = func(ctx context.Context) (scalerkit.Reading, error) {
		line, err := ask(ctx)
		if err != nil {
			return scalerkit.Reading{}, err
		}
		return a.reading(line)
	}
	good := a.close
	a.close = func() error {
		mu.Lock()
		defer mu.Unlock()
		if c != nil {
			_ = c.Close()
		}
		return good()
	}
}

// An unclosed is a connection that closes the reading side only.
type unclosed struct{ net.Conn }

func (c unclosed) Close() error { return c.SetDeadline(time.Unix(1, 0)) }

// An unclosedIfBroken is a connection that nobody closes any more after it
// failed.
type unclosedIfBroken struct {
	net.Conn
	broken atomic.Bool
}

func (c *unclosedIfBroken) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if err != nil {
		c.broken.Store(true)
	}
	return n, err
}

func (c *unclosedIfBroken) Close() error {
	if c.broken.Load() {
		return nil
	}
	return c.Conn.Close()
}
