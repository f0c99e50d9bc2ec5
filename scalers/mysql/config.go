package mysql

import (
	"database/sql"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/sqlsource"
)

// Config describes a trigger on a query.
type Config struct {
	Server
	Query      string  `scaler:"query,required" doc:"SQL that returns one number"`
	Target     float64 `scaler:"queryValue,target" above:"0" doc:"target: what the query returns for each replica"`
	Activation float64 `scaler:"activationQueryValue,activation" min:"0" doc:"the trigger is active above this value"`
	MetricType scalerkit.TargetKind

	mysql *mysql.Config
}

// A Server is where the database is, and who asks. Of a Server with a Client, only
// the DBName counts, for the name of the metric.
type Server struct {
	Connection scalerkit.Secret `scaler:"connectionString" from:"auth,env" doc:"connection string, user:password@tcp(host:3306)/db?tls=true; in its place, host, port, username, password and dbName"`
	Username   string           `scaler:"username" from:"metadata,auth,env" doc:"user"`
	Password   scalerkit.Secret `scaler:"password" from:"auth,env" doc:"password"`
	Host       string           `scaler:"host" from:"metadata,auth,env" doc:"host"`
	Port       int              `scaler:"port" from:"metadata,auth,env" default:"3306" min:"1" max:"65535" doc:"port"`
	DBName     string           `scaler:"dbName" from:"metadata,auth" doc:"database"`
	TLS        driver.OptionalTLS

	// Credential, if not nil, has the password of each new connection. It is the
	// program's, and Close leaves it alone. It is part of the key under which
	// Scalers share a connection.
	Credential sqlsource.TokenSource `scaler:"-"`

	// Client, if not nil, is asked, with its own limits, and the other parameters
	// open nothing. It is the program's, and Close leaves it alone. It is part of
	// the key under which Scalers share a connection.
	Client *sql.DB `scaler:"-"`
}

// Parse implements driver.Parser.
func (c *Config) Parse(p *driver.Problems) {
	if c.Client != nil {
		return
	}
	c.mysql = mysql.NewConfig()
	if c.Connection.IsSet() {
		c.parseConnection(p)
	} else {
		p.Require(&c.Host, "set it, or %s in place of all parts", p.Name(&c.Connection))
		c.mysql.User, c.mysql.Passwd, c.mysql.DBName = c.Username, c.Password.Reveal(), c.DBName
		c.mysql.Net, c.mysql.Addr = "tcp", net.JoinHostPort(c.Host, strconv.Itoa(c.Port))
	}
	c.DBName = c.mysql.DBName
	c.TLS.Use(p, c.mysql.TLS != nil, "set tls=true in "+p.Name(&c.Connection))
}

// refused are settings of connection strings that a trigger may not have, and why.
var refused = map[string]string{
	"allowAllFiles": "lets the server read the program's files",
	"serverPubKey":  "names a key of the program's",
	"strict":        "go-sql-driver/mysql no longer knows",
}

// modes are the values of the setting tls. Any other names a configuration of the
// program's.
var modes = strings.Fields("true false 1 0 skip-verify preferred")

func (c *Config) parseConnection(p *driver.Problems) {
	text := c.Connection.Reveal()
	_, settings, _ := strings.Cut(text[strings.LastIndexByte(text, '/')+1:], "?")
	for setting := range strings.SplitSeq(settings, "&") {
		name, value, _ := strings.Cut(setting, "=")
		if why, ok := refused[name]; ok {
			p.Add(&c.Connection, "may not have %s, which %s: leave it out", name, why)
			return
		}
		if name == "tls" && !slices.Contains(modes, strings.ToLower(value)) {
			p.Add(&c.Connection, "has a value of tls that is not one of true, false, skip-verify, preferred")
			return
		}
	}
	config, err := mysql.ParseDSN(text)
	if err != nil || config.Net != "tcp" {
		p.Add(&c.Connection, "is no connection string: want user:password@tcp(host:3306)/db, with settings such as ?tls=true after it, if any")
		return
	}
	c.mysql = config
}
