package mssql

import (
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/microsoft/go-mssqldb/msdsn"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/sqlsource"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
)

// Config describes a trigger on a query.
type Config struct {
	Server
	sqlsource.Login
	Query      string  `scaler:"query,required" doc:"T-SQL that returns one number"`
	Target     float64 `scaler:"targetValue,target" above:"0" doc:"target: what the query returns for each replica"`
	Activation float64 `scaler:"activationTargetValue,activation" min:"0" doc:"the trigger is active above this value"`
	MetricType scalerkit.TargetKind

	mssql     msdsn.Config
	mustProve bool // the server has to, that it is the host, before it is sent a token
}

// A Server is where the database is, and who asks. It does not count if there is
// a Client.
type Server struct {
	Connection scalerkit.Secret `scaler:"connectionString" from:"auth,env" doc:"connection string, sqlserver://user:password@host:1433?database=db or server=...;user id=...; in its place, host, port, username, password and database"`
	Username   string           `scaler:"username" from:"auth,metadata" doc:"user"`
	Password   scalerkit.Secret `scaler:"password" from:"auth,env" doc:"password"`
	Host       string           `scaler:"host" from:"auth,metadata" doc:"host"`
	Port       int              `scaler:"port" from:"auth,metadata" default:"1433" min:"1" max:"65535" doc:"port"`
	Database   string           `scaler:"database" from:"auth,metadata" doc:"database"`
	TLS        driver.TLS
}

// files are settings that make the client library read files.
var files = regexp.MustCompile(`(?i)(?:^|[^a-z])(?:server)?certificate\s*=`)

// Parse implements driver.Parser.
func (c *Config) Parse(p *driver.Problems) {
	if c.Client != nil {
		return
	}
	from, text := any(&c.Host), c.Connection.Reveal()
	if text != "" {
		from = &c.Connection
	} else {
		p.Require(&c.Host, "set it, or %s in place of all parts", p.Name(&c.Connection))
		u := url.URL{Scheme: "sqlserver", Host: "host", RawQuery: url.Values{"database": {c.Database}}.Encode()}
		text = u.String()
	}
	decoded, _ := url.QueryUnescape(text)
	if c.Connection.IsSet() && files.MatchString(text+"\n"+decoded) {
		p.Add(from, "may not have certificate or servercertificate, which stand for a file: set ca in the authentication")
		return
	}
	config, err := msdsn.Parse(text)
	config.Host = strings.Trim(config.Host, "[]")
	if err != nil || config.Parameters[msdsn.Server] == "" || !overTCP(config) {
		p.Add(from, "is no connection string: want sqlserver://user:password@host:1433?database=db, or server=host,1433;user id=user;password=password;database=db")
		return
	}
	if !c.Connection.IsSet() {
		config.Host, config.Port, config.User, config.Password = c.Host, uint64(c.Port), c.Username, c.Password.Reveal()
		config.TLSConfig.ServerName = c.Host
	}
	config.LogFlags, config.Protocols = 0, config.Protocols[:1]
	c.mssql = config
	c.mustProve = c.check(p, from)
}

// overTCP reports whether a server is spoken to as all are. Others have the name of
// their protocol before them, unless the program has made it known to the library.
func overTCP(c msdsn.Config) bool {
	named := strings.Contains(c.Host, ":") && net.ParseIP(c.Host) == nil
	return !named && len(c.Protocols) > 0 && c.Protocols[0] == "tcp"
}

// check adds what is wrong with sending a token to the server.
func (c *Config) check(p *driver.Problems, from any) (mustProve bool) {
	if !c.Identity.IsSet() || c.Credential != nil {
		return false
	}
	c.mssql.FailOverPartner = "" // it would be another host
	mustProve, err := c.audience().Check(p.Options())
	if err != nil {
		p.Add(from, "%v", err)
	}
	return mustProve
}

// audience is what a token is for.
func (c *Config) audience() sqlsource.Audience {
	public, _ := cloudhosts.Azure(cloudhosts.Public)
	port := c.mssql.Port
	if port == 0 {
		port = 1433
	}
	return sqlsource.Audience{Scope: "https://database.windows.net/.default", Host: strings.ToLower(c.mssql.Host), Port: strconv.FormatUint(port, 10), Cloud: public.SQL}
}
