package mongodb

import (
	"net"
	"net/url"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// Config describes a trigger on the number of documents that match a query.
type Config struct {
	Server

	Database   string  `scaler:"dbName,required" from:"auth,metadata" doc:"database of the collection; that of the user, too, where there is no connectionString"`
	Collection string  `scaler:"collection,required" doc:"collection that is counted"`
	Query      string  `scaler:"query,required" doc:"which documents count: a filter in extended JSON"`
	Value      float64 `scaler:"queryValue,target" above:"0" doc:"target: documents per replica"`
	Activation float64 `scaler:"activationQueryValue,activation" doc:"the trigger is active above this number of documents"`
	MetricType scalerkit.TargetKind

	filter string // the query, in BSON
}

// Server is the part of the parameters that says where the data is and how to get
// there.
type Server struct {
	ConnectionString scalerkit.Secret `scaler:"connectionString" from:"auth,metadata,env" doc:"mongodb://user:password@host:port,.../database?options or mongodb+srv://...; in place of the parameters below"`
	Scheme           string           `scaler:"scheme" from:"auth,metadata" default:"mongodb" enum:"mongodb|mongodb+srv" doc:"mongodb+srv looks the servers of the host up by DNS"`
	Host             string           `scaler:"host" from:"auth,metadata" doc:"host of the server"`
	Port             string           `scaler:"port" from:"auth,metadata" format:"port" doc:"port of the server; not with mongodb+srv"`
	Username         string           `scaler:"username" from:"auth,metadata" doc:"user"`
	Password         scalerkit.Secret `scaler:"password" from:"auth,metadata,env" doc:"password of the user"`
	TLSMode          string           `scaler:"tls" from:"auth" default:"disable" enum:"enable|disable" doc:"use TLS, also where the connectionString does not say so"`
	TLS              driver.OptionalTLS

	// Client, if not nil, is asked, and none of the above counts. It is the
	// program's, and Close leaves it alone.
	Client *mongo.Client `scaler:"-"`

	uri string // complete
}

// Parse implements driver.Parser.
func (c *Config) Parse(p *driver.Problems) {
	if c.Client == nil {
		c.parseServer(p, c.Database)
	}
	if c.Query == "" {
		return
	}
	var filter bson.D
	err := bson.UnmarshalExtJSON([]byte(c.Query), false, &filter)
	raw, badFilter := bson.Marshal(filter)
	if err != nil || badFilter != nil {
		p.Add(&c.Query, "is not a filter in extended JSON, such as {\"state\":\"waiting\"}")
	}
	c.filter = string(raw)
}

// parseServer makes a URI of all parameters, and looks at what it says.
func (s *Server) parseServer(p *driver.Problems, database string) {
	if s.ConnectionString.IsSet() {
		s.uri = s.ConnectionString.Reveal()
	} else {
		s.parseParts(p, database)
	}
	text, ok := textOf(s.uri)
	if s.ConnectionString.IsSet() {
		if problem := text.problem(); !ok {
			p.Add(&s.ConnectionString, "is not a connection string such as mongodb://user:password@host:27017/database")
		} else if problem != "" {
			p.Add(&s.ConnectionString, "%s", problem)
		}
	}
	s.TLS.Use(p, s.TLSMode == "enable" || text.tls(), "let the authentication have "+p.Name(&s.TLSMode)+" enable")
	s.TLS.Insecure = s.TLS.Insecure || text.tlsInsecure()
}

// parseParts makes a URI of the parameters that are there in place of one.
func (s *Server) parseParts(p *driver.Problems, database string) {
	why := "it, or a " + p.Name(&s.ConnectionString) + ", says where the server is"
	p.Require(&s.Host, "%s", why)
	p.Require(&s.Username, "%s", "without a "+p.Name(&s.ConnectionString)+", there is a user")
	host := s.Host
	if s.Scheme == "mongodb" {
		p.Require(&s.Port, "%s", why)
		host = net.JoinHostPort(s.Host, s.Port)
	}
	user := url.UserPassword(s.Username, s.Password.Reveal())
	s.uri = s.Scheme + "://" + user.String() + "@" + host + "/" + url.PathEscape(database)
}

// A text is what a connection string says as far as we look at it ourselves.
type text struct {
	srv     bool
	hosts   string
	options url.Values // with names in lower case
}

// textOf reports also whether a connection string is one. Why it is not, the library's
// errors would say by quoting it.
func textOf(uri string) (t text, ok bool) {
	scheme, rest, ok := strings.Cut(uri, "://")
	t.srv = scheme == "mongodb+srv"
	if !ok || scheme != "mongodb" && !t.srv {
		return t, false
	}
	if _, after, found := strings.Cut(rest, "@"); found {
		rest = after
	}
	rest, query, _ := strings.Cut(rest, "?")
	t.hosts, _, _ = strings.Cut(rest, "/")
	t.options = make(url.Values)
	for _, option := range strings.FieldsFunc(query, func(r rune) bool { return r == '&' || r == ';' }) {
		name, value, _ := strings.Cut(option, "=")
		name, badName := url.QueryUnescape(name)
		value, badValue := url.QueryUnescape(value)
		if badName != nil || badValue != nil {
			return t, false
		}
		t.options.Add(strings.ToLower(name), value)
	}
	if t.problem() != "" || t.srv { // to take an SRV apart is to look it up
		return t, true
	}
	return t, options.Client().ApplyURI(uri).Validate() == nil
}

// mechanisms are the ways to authenticate by what the trigger itself has.
var mechanisms = []string{"", "DEFAULT", "MONGODB-X509", "PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256"}

// problem returns what a program does not do for a trigger.
func (t text) problem() string {
	for name := range t.options {
		if strings.HasSuffix(name, "file") {
			return "has the option " + name + ", which is a file of this program: give certificates as ca, cert and key"
		}
	}
	if strings.Contains(t.hosts, "%") || strings.Contains(t.hosts, ".sock") {
		return "has the path of a Unix socket: want hosts"
	}
	for _, mechanism := range t.options["authmechanism"] {
		if !slices.Contains(mechanisms, strings.ToUpper(mechanism)) {
			return "has an authMechanism that is not one of " + strings.Join(mechanisms[2:], ", ")
		}
	}
	return ""
}

// tls reports whether there is TLS.
func (t text) tls() bool {
	on := t.srv
	for _, name := range []string{"ssl", "tls"} {
		if t.options.Has(name) {
			on = t.options.Get(name) == "true"
		}
	}
	return on
}

func (t text) tlsInsecure() bool {
	return t.options.Get("tlsinsecure") == "true" || t.options.Get("sslinsecure") == "true"
}
