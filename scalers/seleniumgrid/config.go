package seleniumgrid

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
)

// Config describes a trigger for nodes of one kind.
type Config struct {
	Server

	BrowserName        string `scaler:"browserName" doc:"browser of the nodes"`
	SessionBrowserName string `scaler:"sessionBrowserName" doc:"what sessions call the browser, if that is another name, such as msedge for MicrosoftEdge"`
	BrowserVersion     string `scaler:"browserVersion" doc:"version of the browser"`
	PlatformName       string `scaler:"platformName" doc:"platform of the nodes"`
	ManagedDownloads   *bool  `scaler:"enableManagedDownloads" default:"true" doc:"whether the nodes have managed downloads"`
	Capabilities       string `scaler:"capabilities" doc:"further capabilities of the nodes, a JSON object"`
	NodeMaxSessions    int    `scaler:"nodeMaxSessions" default:"1" min:"1" doc:"how many sessions a node takes"`
	Activation         int    `scaler:"activationThreshold,activation" doc:"the trigger is active above this number of nodes"`
	MetricType         scalerkit.TargetKind

	kind kind
}

// Server is how to get to the Grid. Triggers with equal Servers share connections.
type Server struct {
	URL         string           `scaler:"url,required" from:"auth,metadata" format:"url" doc:"URL of the hub's GraphQL endpoint, such as http://selenium-hub:4444/graphql"`
	AuthType    string           `scaler:"authType" from:"auth,env" doc:"how to authenticate: Basic, which is what there is without, or the scheme of the access token, such as Bearer"`
	Username    string           `scaler:"username" from:"auth,env" doc:"user, for Basic"`
	Password    scalerkit.Secret `scaler:"password" from:"auth,env" doc:"password, for Basic"`
	AccessToken scalerkit.Secret `scaler:"accessToken" from:"auth,env" doc:"access token, for other schemes"`
	httpsource.Link
}

// Parse implements driver.Parser.
func (s *Server) Parse(p *driver.Problems) { p.Together(&s.Username, &s.Password) }

func (s *Server) access() httpsource.Access {
	basic, scheme := strings.EqualFold(s.AuthType, "Basic"), ""
	if s.AuthType != "" {
		scheme = s.AuthType + " "
	}
	if s.AccessToken.IsSet() && !basic && (s.AuthType != "" || s.Username == "") {
		return s.Link.Access(httpsource.Header("Authorization", scheme, s.AccessToken))
	}
	a := s.Link.Access(nil)
	if s.Username != "" && (basic || s.AuthType == "") {
		a.Modes, a.Username, a.Password = []string{httpsource.ModeBasic}, s.Username, s.Password
	}
	return a
}

// Parse implements driver.Parser.
func (c *Config) Parse(p *driver.Problems) {
	c.kind = kind{
		browser: c.BrowserName, inSessions: c.SessionBrowserName, version: c.BrowserVersion,
		platform: platformOf(c.PlatformName), maxSessions: c.NodeMaxSessions,
	}
	if c.SessionBrowserName == "" {
		c.kind.inSessions = c.BrowserName
	}
	if c.Capabilities != "" {
		if err := json.Unmarshal([]byte(c.Capabilities), &c.kind.more); err != nil {
			p.Add(&c.Capabilities, `is not a JSON object such as {"shop:kind":"beta"}`)
		}
	}
	c.kind.downloads = *c.ManagedDownloads || c.kind.more.truth(downloads)
	for name := range c.kind.more {
		if slices.ContainsFunc([]string{"goog:", "moz:", "ms:", "se:"}, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
			delete(c.kind.more, name)
		}
	}
}

// New returns a Scaler.
func New(c Config, o scalerkit.Options) (scalerkit.Scaler, error) { return trigger.New(c, o) }

// Driver returns the driver of the trigger type selenium-grid.
func Driver() scalerkit.Driver { return trigger.Driver() }

var (
	source  = httpsource.Source[question, *grid]{Name: "selenium-grid", Ask: ask}
	trigger = driver.Type[Config]{Name: "selenium-grid", Open: open}
)

func open(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
	name := []string{"selenium-grid", c.BrowserName, c.BrowserVersion, c.PlatformName}
	m := driver.MetricOf(c, slices.DeleteFunc(name, func(part string) bool { return part == "" })...)
	m.Target.Value = 1
	m.InFlight = true
	u, err := url.Parse(c.URL)
	if err != nil {
		return nil, err // which its format has seen to
	}
	return source.New(o, httpsource.Plan[question, *grid]{
		Metric:   m,
		Question: question{c.URL},
		Server:   u.Scheme + "://" + u.Host,
		Access:   c.access(),
		Read: func(g *grid) (scalerkit.Reading, error) {
			return scalerkit.Reading{Value: float64(c.kind.needed(g))}, nil
		},
	})
}
