package elasticsearch

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
)

// Config describes a trigger on a search in Elasticsearch.
type Config struct {
	Server
	Search
}

// Server is where Elasticsearch is, and who asks. Triggers with equal Servers
// share connections.
type Server struct {
	Addresses []string         `scaler:"addresses" from:"auth,metadata" format:"server" doc:"URLs of nodes"`
	CloudID   string           `scaler:"cloudID" from:"auth,metadata" doc:"ID of a deployment of Elastic Cloud, in place of addresses"`
	Username  string           `scaler:"username" from:"auth,metadata" doc:"user"`
	Password  scalerkit.Secret `scaler:"password" from:"auth,env,metadata" doc:"password"`
	APIKey    scalerkit.Secret `scaler:"apiKey" from:"auth,metadata" doc:"API key, encoded as Elasticsearch gives it out, in place of user and password"`
	httpsource.Link

	nodes []string
}

// Parse implements driver.Parser.
func (s *Server) Parse(p *driver.Problems) {
	p.Exclude(&s.CloudID, &s.Addresses)
	p.Exclude(&s.APIKey, &s.Username)
	p.Together(&s.Username, &s.Password)
	s.nodes = s.Addresses
	switch node, ok := cloudNode(s.CloudID); {
	case s.CloudID == "" && len(s.Addresses) == 0:
		p.Require(&s.Addresses, "give them, or a %s", p.Name(&s.CloudID))
	case s.CloudID == "":
	case !ok:
		p.Add(&s.CloudID, "is not one that Elastic Cloud gives out, name:text in base64")
	default:
		s.nodes = []string{node}
		if s.Username == "" && s.Credential == nil {
			p.Require(&s.APIKey, "Elastic Cloud lets nobody in without")
		}
	}
}

// cloudNode returns the URL that a cloud ID stands for: its name is followed, in
// base64, by the host, the ID of the deployment of Elasticsearch, and others.
func cloudNode(id string) (string, bool) {
	data, err := base64.StdEncoding.DecodeString(id[strings.LastIndex(id, ":")+1:])
	parts := strings.Split(string(data), "$")
	if err != nil || len(parts) < 2 || parts[0] == "" || parts[1] == "" {
		return "", false
	}
	u := url.URL{Scheme: "https", Host: parts[1] + "." + parts[0]}
	again, err := url.Parse(u.String())
	return u.String(), err == nil && *again == u
}

func (s *Server) access() httpsource.Access {
	if s.APIKey.IsSet() {
		return s.Link.Access(httpsource.Header("Authorization", "ApiKey ", s.APIKey))
	}
	a := s.Link.Access(nil)
	if s.Username != "" {
		a.Modes, a.Username, a.Password = []string{httpsource.ModeBasic}, s.Username, s.Password
	}
	return a
}

// OpenSearchConfig describes a trigger on a search in OpenSearch.
type OpenSearchConfig struct {
	OpenSearchServer
	Search
}

// OpenSearchServer is where OpenSearch is, and who asks. Triggers with equal ones
// share connections.
type OpenSearchServer struct {
	Addresses  []string         `scaler:"addresses,required" from:"auth,metadata" format:"server" doc:"URLs of nodes"`
	Username   string           `scaler:"username" from:"auth,metadata" doc:"user; does not count if enableTLS is true"`
	Password   scalerkit.Secret `scaler:"password" from:"auth,env,metadata" doc:"password; likewise"`
	EnableTLS  bool             `scaler:"enableTLS" from:"metadata,auth" doc:"authenticate by the client certificate; TLS itself is on where an address has https"`
	ClientCert string           `scaler:"clientCert" from:"auth,metadata" doc:"PEM client certificate, for enableTLS"`
	ClientKey  scalerkit.Secret `scaler:"clientKey" from:"auth,metadata" doc:"PEM private key of the client certificate"`
	CACert     string           `scaler:"caCert|ca" from:"auth,metadata" doc:"PEM certificates to trust besides the system's"`
	Insecure   bool             `scaler:"unsafeSsl" doc:"accept any server certificate"`
	Timeout    time.Duration    `scaler:"timeout" doc:"time limit of a request; what the program says, or 3s, if there is none"`

	// Client and Credential are as those of [httpsource.Access].
	Client     *http.Client             `scaler:"-"`
	Credential httpsource.Authenticator `scaler:"-"`
}

// Parse implements driver.Parser.
func (s *OpenSearchServer) Parse(p *driver.Problems) {
	if s.EnableTLS {
		p.Require(&s.ClientCert, "%s needs it", p.Name(&s.EnableTLS))
		p.Require(&s.ClientKey, "%s needs it", p.Name(&s.EnableTLS))
	} else {
		p.Together(&s.Username, &s.Password)
	}
	tls := s.access().TLS
	if _, err := (driver.TLS{CA: tls.CA}).Config(p.Options()); err != nil {
		p.Add(&s.CACert, "has no PEM certificate")
	}
	if _, err := (driver.TLS{Cert: tls.Cert, Key: tls.Key}).Config(p.Options()); err != nil {
		p.Add(&s.ClientCert, "and %s are not a PEM certificate and the private key that belongs to it", p.Name(&s.ClientKey))
	}
}

func (s *OpenSearchServer) access() httpsource.Access {
	a := httpsource.Access{Timeout: s.Timeout, Client: s.Client, Credential: s.Credential, TLS: driver.TLS{CA: s.CACert, Insecure: s.Insecure}}
	switch {
	case s.EnableTLS:
		a.TLS.Cert, a.TLS.Key = s.ClientCert, s.ClientKey
	case s.Username != "":
		a.Modes, a.Username, a.Password = []string{httpsource.ModeBasic}, s.Username, s.Password
	}
	return a
}
