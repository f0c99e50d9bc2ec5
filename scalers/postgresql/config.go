package postgresql

import (
	"maps"
	"net/url"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/sqlsource"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
)

// Config describes a trigger on a query.
type Config struct {
	Server
	sqlsource.Login
	Query      string  `scaler:"query,required" doc:"SQL that returns one number"`
	Target     float64 `scaler:"targetQueryValue,target" above:"0" doc:"target: what the query returns for each replica"`
	Activation float64 `scaler:"activationTargetQueryValue,activation" min:"0" doc:"the trigger is active above this value"`
	MetricType scalerkit.TargetKind

	pgx       *pgx.ConnConfig
	mustProve bool // the server has to, that it is Host, before it is sent a token
}

// A Server is where the database is, and who asks. It does not count if there is
// a Client.
type Server struct {
	Connection scalerkit.Secret `scaler:"connection" from:"auth,env" doc:"connection string, postgres://user:password@host:5432/db?sslmode=require or host=... user=...; in its place, host, port, userName, dbName, sslmode and password"`
	Host       string           `scaler:"host" from:"auth,metadata" doc:"host"`
	Port       string           `scaler:"port" from:"auth,metadata" doc:"port"`
	UserName   string           `scaler:"userName" from:"auth,metadata" doc:"user"`
	DBName     string           `scaler:"dbName" from:"auth,metadata" doc:"database"`
	SSLMode    string           `scaler:"sslmode" from:"auth,metadata" enum:"disable|allow|prefer|require|verify-ca|verify-full" doc:"whether to use TLS, and what of the server's certificate to check"`
	Password   scalerkit.Secret `scaler:"password" from:"auth,env" doc:"password"`
	TLS        driver.TLS
}

// Parse implements driver.Parser.
func (c *Config) Parse(p *driver.Problems) {
	if c.Client != nil {
		return
	}
	u := &url.URL{Scheme: "postgres", User: url.UserPassword(c.UserName, c.Password.Reveal()), Path: "/" + c.DBName,
		RawQuery: url.Values{"host": {c.Host}, "port": {c.Port}, "sslmode": {c.SSLMode}}.Encode()}
	from := any(&c.Port) // nothing else can be wrong with the parts
	if c.Connection.IsSet() && !c.Identity.IsSet() {
		u, from = parse(c.Connection.Reveal()), &c.Connection
	} else {
		for _, part := range []*string{&c.Host, &c.Port, &c.UserName, &c.DBName, &c.SSLMode} {
			p.Require(part, "set it, or %s in place of all parts", p.Name(&c.Connection))
		}
	}
	c.mustProve = c.Check(p, &c.Host, c.audience())
	if u == nil {
		p.Add(from, "is no connection string: want postgres://user:password@host:5432/db?sslmode=require, or host=... port=5432 user=... password=... dbname=... sslmode=require")
		return
	}
	settings := u.Query()
	for _, name := range files {
		if settings.Has(name) {
			p.Add(from, "may not have %s, which stands for a file: set ca, cert, key and password in the authentication", name)
			return
		}
	}
	if settings.Get("sslmode") == "require" && c.TLS.CA != "" {
		settings.Set("sslmode", "verify-ca")
	}
	var err error
	if c.pgx, err = configure(u, settings); err != nil && p.Valid(&c.SSLMode) {
		p.Add(from, "has a value that PostgreSQL does not know, such as a port that is no number")
	}
}

// audience is what a token is for.
func (s *Server) audience() sqlsource.Audience {
	public, _ := cloudhosts.Azure(cloudhosts.Public)
	return sqlsource.Audience{Scope: "https://ossrdbms-aad.database.windows.net/.default", Host: s.Host, Port: s.Port, Cloud: public.PostgreSQL}
}

// files are settings that make pgx read files.
var files = strings.Fields("passfile service servicefile sslcert sslkey sslpassword sslrootcert")

// configure returns what a connection string and its settings say. No secret
// comes from elsewhere, such as PGPASSWORD in the environment of the process.
func configure(u *url.URL, settings url.Values) (*pgx.ConnConfig, error) {
	all := url.Values{"passfile": {""}, "sslcert": {""}, "sslkey": {""}, "sslpassword": {""}, "sslrootcert": {""},
		"sslmode": {"prefer"}, "connect_timeout": {"5"}, "application_name": {"scalerkit"}}
	if _, ok := u.User.Password(); !ok {
		all.Set("password", "")
	}
	if u.Host == "" {
		all.Set("host", "localhost")
		all.Set("port", "5432")
	}
	maps.Copy(all, settings)
	u.RawQuery = all.Encode()
	config, err := pgx.ParseConfig(u.String())
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(config.RuntimeParams, func(name, _ string) bool { return !all.Has(name) })
	config.DefaultQueryExecMode = pgx.QueryExecModeExec // PgBouncer knows no others' prepared statements
	return config, nil
}

var (
	pair    = regexp.MustCompile(`(?s)^\s*(\w+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^'\s\\]|\\.)(?:[^\s\\]|\\.)*|))(?:\s+|$)`)
	escaped = regexp.MustCompile(`(?s)\\(.)`)
)

// parse returns a connection string as a URL, nil if it is none.
func parse(text string) *url.URL {
	if strings.HasPrefix(text, "postgres://") || strings.HasPrefix(text, "postgresql://") {
		u, _ := url.Parse(text)
		return u
	}
	settings := make(url.Values)
	for text != "" {
		m := pair.FindStringSubmatch(text)
		if m == nil {
			return nil
		}
		settings.Set(m[1], escaped.ReplaceAllString(m[2]+m[3], "$1"))
		text = text[len(m[0]):]
	}
	return &url.URL{Scheme: "postgres", Path: "/", RawQuery: settings.Encode()}
}
