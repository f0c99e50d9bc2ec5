package mysql

import (
	"cmp"
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/sqlsource"
)

// New returns a Scaler that reads what a query returns. It does no I/O.
func New(config Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	return trigger.New(config, options)
}

// Driver returns the driver for trigger type mysql.
func Driver() scalerkit.Driver { return trigger.Driver() }

var trigger = driver.Type[Config]{Name: "mysql", KEDAName: "mySQLScaler", Open: open}

var dialect = sqlsource.Dialect{
	Name:     "mysql",
	ReadOnly: true,
	// The first comment is for MariaDB only. The second one is for MySQL, since
	// MariaDB leaves alone what is marked with versions of MySQL that it is none of.
	Limit: func(d time.Duration) string {
		return fmt.Sprintf("SET @scalerkit_limit = %[1]d /*M!100101 , max_statement_time = %[2]g */ /*!50708 , max_execution_time = %[1]d */", d.Milliseconds(), d.Seconds())
	},
	Classify: func(err error) error {
		var answer *mysql.MySQLError
		if !errors.As(err, &answer) {
			return nil
		}
		switch answer.Number {
		case 1044, 1045, 1142, 1143, 1227, 1698, 1820, 1862: // for the database, user, table, column, privilege; no password, one that has to be changed
			return scalerkit.ErrDenied
		case 1049, 1146: // no such database, table
			return scalerkit.ErrNotFound
		}
		return nil
	},
}

// connectLimit is how long it may take to log in, unless the trigger says it.
const connectLimit = 5 * time.Second

func open(c *Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	d := dialect
	if c.Client != nil {
		d.Limit = nil // it would stay with the sessions of the program
	} else if err := c.configure(options); err != nil {
		return nil, err
	}
	return d.New(options, sqlsource.Plan{
		Metric:  driver.MetricOf(c, "mysql", c.DBName),
		Query:   c.Query,
		Key:     c.Server,
		Login:   sqlsource.Login{Credential: c.Credential, Client: c.Client},
		Connect: c.connect,
	})
}

// configure makes connections begin as the program says, and answers be as
// package sqlsource wants them.
func (c *Config) configure(options scalerkit.Options) error {
	m := c.mysql
	m.Logger = new(mysql.NopLogger) // what is wrong is in errors
	m.ParseTime, m.MultiStatements, m.RejectReadOnly = true, false, false
	m.DialFunc = options.Dial
	if m.DialFunc == nil {
		m.DialFunc = new(net.Dialer).DialContext
	}
	program, err := c.TLS.Config(options)
	if err != nil || program == nil {
		return err
	}
	program.InsecureSkipVerify = program.InsecureSkipVerify || m.TLS.InsecureSkipVerify
	if program.ServerName, _, err = net.SplitHostPort(m.Addr); err != nil {
		return err
	}
	m.TLS = program
	return nil
}

// connect returns a connection. The client library panics at some of what a server
// may say, and it may be a goroutine of package sql that connects.
func (c *Config) connect(ctx context.Context, token string) (conn sqldriver.Conn, err error) {
	defer func() {
		if r := recover(); r != nil {
			conn, err = nil, fmt.Errorf("connecting: panic: %v", r)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(c.mysql.Timeout, connectLimit))
	defer cancel()
	config := c.mysql.Clone() // each, since it changes with a server that has no TLS
	config.Passwd = cmp.Or(token, config.Passwd)
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	return connector.Connect(ctx)
}
