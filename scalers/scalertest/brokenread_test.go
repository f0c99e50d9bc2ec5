package scalertest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/scalerkit/scalerkit"
)

var brokenReads = []broken{
	{
		name:   "is always active",
		driver: alterReading(func(_ *altered, r *scalerkit.Reading) { r.Activity = scalerkit.Active }),
		caught: map[string]string{"ReportsLevel": "at level 0 IsActive is true"},
	},
	{
		name:   "is one off",
		driver: alterReading(func(_ *altered, r *scalerkit.Reading) { r.Value++ }),
		caught: map[string]string{"ReportsLevel": "want the level 0"},
	},
	{
		name:   "has no time",
		driver: alterReading(func(_ *altered, r *scalerkit.Reading) { r.Time = time.Time{} }),
		caught: map[string]string{"ReportsLevel": "has no time"},
	},
	{
		name:   "has the wrong time",
		driver: alterReading(func(_ *altered, r *scalerkit.Reading) { r.Time = time.Unix(r.Time.UnixMilli(), 0) }),
		caught: map[string]string{"ReportsLevel": "old"},
	},
	{
		name: "is active at the threshold",
		driver: alterReading(func(a *altered, r *scalerkit.Reading) {
			if r.Value > 0 && r.Value >= a.Metric().Activation {
				r.Activity = scalerkit.Active
			}
		}),
		caught: map[string]string{"ActiveOnlyAboveActivation": "at level 7 and activation 7 IsActive is true"},
	},
	{
		name: "says in words only what the source answered",
		driver: alterError(func(_ *altered, err error) error {
			return errors.New(err.Error())
		}),
		caught: map[string]string{
			"MissingIsErrNotFound":    `want one that is "not found"`,
			"DeniedIsErrDenied":       `want one that is "access denied"`,
			"ThrottledIsErrThrottled": `want one that is "throttled"`,
			"CancelledReadReturns":    "which is no context.Canceled",
		},
	},
	{
		name: "answers zero for what is missing",
		driver: alterRead(func(good readFunc) readFunc {
			return func(ctx context.Context) (scalerkit.Reading, error) {
				r, err := good(ctx)
				if errors.Is(err, scalerkit.ErrNotFound) {
					return scalerkit.Reading{Time: time.Now()}, nil
				}
				return r, err
			}
		}),
		caught: map[string]string{"MissingIsErrNotFound": "and no error"},
	},
	{
		name: "logs and returns its errors",
		driver: alterError(func(a *altered, err error) error {
			if a.options.Logger != nil {
				a.options.Logger.Error("cannot read", "error", err)
			}
			return err
		}),
		caught: map[string]string{"ReadDoesNotLog": "cannot read"},
	},
	{
		name: "has the password in its errors",
		driver: alterError(func(a *altered, err error) error {
			return fmt.Errorf("AUTH %s: %w", a.config.Password.Reveal(), err)
		}),
		caught: map[string]string{"DeniedIsErrDenied": "a secret was printed: AUTH <secret>"},
	},
	{
		name: "has the password in a URL in its errors",
		driver: alterError(func(a *altered, err error) error {
			return fmt.Errorf("toy://:%s@%s: %w", url.QueryEscape(a.config.Password.Reveal()), a.config.Address, err)
		}),
		caught: map[string]string{"DeniedIsErrDenied": "a secret was printed: toy://:<secret>@"},
	},
	{
		name: "logs its errors by package log",
		driver: alterError(func(_ *altered, err error) error {
			log.Print("cannot read: ", err)
			return err
		}),
		caught: map[string]string{
			"ReadDoesNotLog":       "the driver logs by package log or slog's default, and not to Options.Logger:",
			"UnreachableIsAnError": "cannot read: read level",
		},
	},
	{
		name: "logs the password to slog's default",
		driver: alterReading(func(a *altered, _ *scalerkit.Reading) {
			slog.Info("read", slog.String("password", a.config.Password.Reveal())) //nolint:sloglint // that is the fault
		}),
		caught: map[string]string{"ReportsLevel": "a secret was printed: "},
	},
	{
		name: "has the password in its log",
		driver: alterReading(func(a *altered, _ *scalerkit.Reading) {
			if a.options.Logger != nil {
				a.options.Logger.Debug("read", slog.String("password", a.config.Password.Reveal()))
			}
		}),
		caught: map[string]string{"ReportsLevel": "a secret was printed: time="},
	},
	{
		name:   "mixes up answers that come at once",
		driver: mixesUp(),
		caught: map[string]string{"ReadsConcurrently": "want"},
	},
	{
		name: "answers zero on an error",
		driver: alterRead(func(good readFunc) readFunc {
			return func(ctx context.Context) (scalerkit.Reading, error) {
				r, err := good(ctx)
				if err != nil {
					r.Time = time.Now()
				}
				return r, nil
			}
		}),
		caught: map[string]string{
			"UnreachableIsAnError":    "an unreachable source: read {Value:0",
			"BlackHoleIsAnError":      "does not answer: read {Value:0",
			"HalfAnAnswerIsAnError":   "read {Value:0",
			"ResetIsNeverAWrongLevel": "a reset: read {Value:0",
			"RecoversAfterOutage":     "an outage: read {Value:0",
			"DeniedIsErrDenied":       "Denied: read {Value:0",
		},
	},
	{
		name: "answers the last level in an outage",
		driver: alterRead(func(good readFunc) readFunc {
			var last atomic.Value
			return func(ctx context.Context) (scalerkit.Reading, error) {
				r, err := good(ctx)
				if err != nil && last.Load() != nil {
					return last.Load().(scalerkit.Reading), nil
				}
				last.Store(r)
				return r, err
			}
		}),
		caught: map[string]string{
			"UnreachableIsAnError": "an unreachable source: read {Value:120",
			"BlackHoleIsAnError":   "does not answer: read {Value:120",
			"RecoversAfterOutage":  "an outage: read {Value:120",
		},
	},
	{
		name: "answers zero along with an error",
		driver: alterRead(func(good readFunc) readFunc {
			return func(ctx context.Context) (scalerkit.Reading, error) {
				r, err := good(ctx)
				r.Time = time.Now()
				return r, err
			}
		}),
		caught: map[string]string{"UnreachableIsAnError": "along with the error"},
	},
	{
		name: "takes an outage for an answer",
		driver: alterError(func(_ *altered, err error) error {
			return fmt.Errorf("%w: %w", scalerkit.ErrNotFound, err)
		}),
		caught: map[string]string{
			"UnreachableIsAnError":  "reported as an answer",
			"HalfAnAnswerIsAnError": "reported as an answer",
		},
	},
	{
		name:   "dials around Options.Dial",
		driver: alterOptions(func(o *scalerkit.Options) { o.Dial = nil }),
		caught: map[string]string{
			"UnreachableIsAnError":         "does not use Options.Dial",
			"HalfAnAnswerIsAnError":        "does not use Options.Dial",
			"ManyTriggersShareConnections": "does not use Options.Dial",
		},
	},
	{
		name: "retries",
		driver: alterRead(func(good readFunc) readFunc {
			return func(ctx context.Context) (scalerkit.Reading, error) {
				r, err := good(ctx)
				for i := 0; i < 5 && err != nil; i++ {
					r, err = good(ctx)
				}
				return r, err
			}
		}),
		caught: map[string]string{"UnreachableIsAnError": "Read does not retry"},
	},
	{
		name: "takes half a line for a line",
		driver: alterOptions(func(o *scalerkit.Options) {
			o.Dial = wrapConns(o.Dial, func(c net.Conn) net.Conn { return &lineEnder{Conn: c} })
		}),
		caught: map[string]string{
			"HalfAnAnswerIsAnError":        "read {Value:12 ",
			"HalfABatchIsNeverAWrongLevel": "read {Value:12 ",
		},
	},
}

// alterReading returns the good driver with something done to its Readings.
func alterReading(change func(*altered, *scalerkit.Reading)) scalerkit.Driver {
	return alter(func(a *altered) {
		good := a.read
		a.read = func(ctx context.Context) (scalerkit.Reading, error) {
			r, err := good(ctx)
			if err == nil {
				change(a, &r)
			}
			return r, err
		}
	})
}

// alterError returns the good driver with something done to its errors.
func alterError(change func(*altered, error) error) scalerkit.Driver {
	return alter(func(a *altered) {
		good := a.read
		a.read = func(ctx context.Context) (scalerkit.Reading, error) {
			r, err := good(ctx)
			if err != nil {
				err = change(a, err)
			}
			return r, err
		}
	})
}

// mixesUp returns a driver that gives each question the answer that came last.
func mixesUp() scalerkit.Driver {
	var last atomic.Value
	return alterRead(func(good readFunc) readFunc {
		return func(ctx context.Context) (scalerkit.Reading, error) {
			r, err := good(ctx)
			last.Store(r)
			time.Sleep(time.Millisecond)
			return last.Load().(scalerkit.Reading), err
		}
	})
}

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// wrapConns returns a dial function that wraps what good returns.
func wrapConns(good dialFunc, wrap func(net.Conn) net.Conn) dialFunc {
	if good == nil {
		good = new(net.Dialer).DialContext
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := good(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return wrap(c), nil
	}
}

// A lineEnder ends the last line where the connection ends.
type lineEnder struct {
	net.Conn
	ended bool
}

func (c *lineEnder) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if errors.Is(err, io.EOF) && !c.ended {
		c.ended = true
		return copy(p, "\n"), nil
	}
	return n, err
}
