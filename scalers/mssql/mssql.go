package mssql

import (
	"cmp"
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"net"
	"time"

	mssqldb "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/sqlsource"
)

// New returns a Scaler that reads what a query returns. It does no I/O.
func New(config Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	return trigger.New(config, options)
}

// Driver returns the driver for trigger type mssql. Its arguments set what a
// trigger cannot say, such as Tokens.
func Driver(set ...func(*Config)) scalerkit.Driver { return trigger.Driver(set...) }

var trigger = driver.Type[Config]{Name: "mssql", KEDAName: "mssqlScaler", Open: open}

var dialect = sqlsource.Dialect{
	Name:        "mssql",
	NoRowIsZero: true,
	Classify: func(err error) error {
		var answer mssqldb.Error
		if !errors.As(err, &answer) {
			return nil
		}
		switch answer.Number {
		case 18452, 18456, 18487, 18488, 229, 230, 262, 916, 40615: // login, password, object, column, statement, database, address
			return scalerkit.ErrDenied
		case 208, 911, 4060: // no such table, database
			return scalerkit.ErrNotFound
		}
		return nil
	},
}

// connectLimit is how long it may take to log in.
const connectLimit = 15 * time.Second

func open(c *Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	if c.Client == nil {
		if err := c.secure(options); err != nil {
			return nil, err
		}
	}
	return dialect.New(options, sqlsource.Plan{
		Metric:   driver.MetricOf(c, "mssql"),
		Query:    c.Query,
		Key:      c.Server,
		Login:    c.Login,
		Audience: c.audience(),
		Connect: func(ctx context.Context, token string) (sqldriver.Conn, error) {
			return c.connect(ctx, token, options.Dial)
		},
	})
}

// secure makes TLS begin with the configuration of the program and the trigger.
func (c *Config) secure(options scalerkit.Options) error {
	program, err := c.TLS.Config(options)
	if err != nil {
		return err
	}
	m := &c.mssql
	_, said := m.Parameters[msdsn.Encrypt]
	checked := c.mustProve || c.TLS.CA != "" && !said
	if checked && m.Encryption != msdsn.EncryptionStrict {
		m.Encryption = msdsn.EncryptionRequired
	}
	switch {
	case c.mustProve:
		program.ServerName, program.InsecureSkipVerify = m.Host, false
		m.HostInCertificateProvided = false // nor is that of a server to which this one leads
	case m.Encryption == msdsn.EncryptionDisabled:
		return nil
	default:
		program.ServerName = m.TLSConfig.ServerName
		program.InsecureSkipVerify = program.InsecureSkipVerify || !checked && m.TLSConfig.InsecureSkipVerify
	}
	program.DynamicRecordSizingDisabled = true // as the client library has it
	m.TLSConfig = program
	return nil
}

// connect returns a connection.
func (c *Config) connect(ctx context.Context, token string, dial driver.DialFunc) (conn sqldriver.Conn, err error) {
	ctx, cancel := context.WithTimeout(ctx, connectLimit)
	defer cancel()
	config := c.mssql
	config.AppName = "scalerkit"
	connector := mssqldb.NewConnectorConfig(config)
	switch {
	case token != "" && c.Identity.IsSet() && c.Credential == nil:
		connector, err = mssqldb.NewSecurityTokenConnector(config, func(context.Context) (string, error) { return token, nil })
		if err != nil {
			return nil, err
		}
	case token != "":
		config.Password = token
		connector = mssqldb.NewConnectorConfig(config)
	}
	d := &dialer{dial: dial, host: config.Host}
	if d.dial == nil {
		d.dial = new(net.Dialer).DialContext
	}
	connector.Dialer = d
	// Once it has a connection, the client library neither minds the context nor
	// closes what did not come to be a session.
	stop := context.AfterFunc(ctx, d.close)
	conn, err = connector.Connect(ctx)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		d.close()
		return nil, cmp.Or(ctx.Err(), err)
	}
	return conn, nil
}
