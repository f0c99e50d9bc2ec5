package postgresql

import (
	"cmp"
	"context"
	"crypto/tls"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/sqlsource"
)

// New returns a Scaler that reads what a query returns. It does no I/O.
func New(config Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	return trigger.New(config, options)
}

// Driver returns the driver for trigger type postgresql. Its arguments set what
// a trigger cannot say, such as Tokens.
func Driver(set ...func(*Config)) scalerkit.Driver { return trigger.Driver(set...) }

var trigger = driver.Type[Config]{Name: "postgresql", KEDAName: "postgreSQLScaler", Open: open}

var dialect = sqlsource.Dialect{
	Name:     "postgresql",
	ReadOnly: true,
	Limit:    func(d time.Duration) string { return fmt.Sprintf("SET LOCAL statement_timeout = %d", d.Milliseconds()) },
	Classify: func(err error) error {
		var answer *pgconn.PgError
		if !errors.As(err, &answer) {
			return nil
		}
		// Before 1.22, PgBouncer has one code for all that it says itself.
		bouncer := func(text string) bool { return answer.Code == "08P01" && strings.Contains(answer.Message, text) }
		switch code := answer.Code; {
		case strings.HasPrefix(code, "28"), code == "42501", bouncer("authentication failed"): // invalid authorization, insufficient privilege
			return scalerkit.ErrDenied
		case code == "3D000", code == "3F000", code == "42P01", bouncer("no such database"): // no such database, schema, table
			return scalerkit.ErrNotFound
		}
		return nil
	},
}

func open(c *Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	if c.Client == nil {
		if err := c.dialWith(options); err != nil {
			return nil, err
		}
	}
	return dialect.New(options, sqlsource.Plan{
		Metric:   driver.MetricOf(c, "postgresql"),
		Query:    c.Query,
		Key:      c.Server,
		Login:    c.Login,
		Audience: c.audience(),
		Connect: func(ctx context.Context, token string) (sqldriver.Conn, error) {
			config := *c.pgx
			config.Password = cmp.Or(token, config.Password)
			conn, err := stdlib.GetConnector(config).Connect(ctx)
			if failed := new(pgconn.ConnectError); errors.As(err, &failed) {
				err = failed.Unwrap() // without a part of the connection string
			}
			return conn, err
		},
	})
}

// dialWith makes connections begin as the program says.
func (c *Config) dialWith(options scalerkit.Options) error {
	program, err := c.TLS.Config(options)
	if err != nil {
		return err
	}
	c.secure(program)
	c.pgx.DialFunc = options.Dial
	if options.Dial == nil {
		c.pgx.DialFunc = new(net.Dialer).DialContext
	}
	// Names are for DialFunc to look up.
	c.pgx.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	return nil
}

// secure makes TLS begin with the configuration of the program and the trigger.
// If the server must prove who it is, it does so as for verify-full.
func (c *Config) secure(program *tls.Config) {
	if c.mustProve {
		program.ServerName, program.InsecureSkipVerify = c.Host, false
		c.pgx.TLSConfig, c.pgx.Fallbacks = program, nil
		return
	}
	merge := func(t *tls.Config) *tls.Config {
		if t == nil {
			return nil
		}
		merged := program.Clone()
		merged.ServerName, merged.NextProtos = t.ServerName, t.NextProtos
		if !program.InsecureSkipVerify {
			t.RootCAs = program.RootCAs // by which verify-ca checks
			merged.InsecureSkipVerify, merged.VerifyPeerCertificate = t.InsecureSkipVerify, t.VerifyPeerCertificate
		}
		return merged
	}
	c.pgx.TLSConfig = merge(c.pgx.TLSConfig)
	for _, f := range c.pgx.Fallbacks {
		f.TLSConfig = merge(f.TLSConfig)
	}
}
