package rabbitmq

import (
	"net"
	"net/url"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/httpx"
)

// An endpoint is a Connection in comparable form: what decides whether
// triggers share a connection.
type endpoint struct {
	scheme  string // amqp, amqps, http or https
	address string // host and, at least for amqp, port
	path    string // in front of that of the API, escaped; http only
	vhost   string // amqp only, where it is part of the connection
	access  httpx.Config
	tls     scalerkit.TLS

	resource string             // to get tokens for with the identity; http only
	identity scalerkit.Identity // zero if there is no resource
}

// parseHost returns the URL in Host. Its errors do not quote it.
func (c *Connection) parseHost() (*url.URL, error) {
	host, err := url.Parse(c.Host.Reveal())
	if err != nil || host.Hostname() == "" {
		return nil, scalerkit.Problem("host", "is not a URL such as amqp://user:password@rabbitmq:5672/vhost; special characters in user and password have to be escaped, or these be given as username and password")
	}
	isHTTP := host.Scheme == "http" || host.Scheme == "https"
	switch {
	case c.Protocol == "amqp" && !isAMQP(host.Scheme):
		return nil, scalerkit.Problem("host", "does not begin with amqp:// or amqps://, which protocol amqp needs")
	case c.Protocol == "http" && !isHTTP:
		return nil, scalerkit.Problem("host", "does not begin with http:// or https://, which protocol http needs")
	case !isAMQP(host.Scheme) && !isHTTP:
		return nil, scalerkit.Problem("host", "does not begin with amqp://, amqps://, http:// or https://")
	}
	return host, nil
}

func isAMQP(scheme string) bool { return scheme == "amqp" || scheme == "amqps" }

// resolve returns the endpoint of a Connection, and the virtual host.
func (c *Connection) resolve() (e endpoint, vhost string, err error) {
	host, err := c.parseHost()
	if err != nil {
		return endpoint{}, "", err
	}
	e = endpoint{scheme: host.Scheme, address: host.Host, access: c.access(host.User), tls: c.TLS}
	if isAMQP(host.Scheme) {
		e.address = net.JoinHostPort(host.Hostname(), portOf(host))
		e.vhost = c.vhost(strings.TrimPrefix(host.Path, "/"))
		return e, e.vhost, nil
	}
	if c.WorkloadIdentityResource != "" {
		e.resource, e.identity = c.WorkloadIdentityResource, c.Identity
	}
	path := host.EscapedPath()
	last := strings.LastIndexByte(path, '/') + 1
	// An empty segment names nothing: the default virtual host is often written
	// as one more slash.
	for segment := range strings.SplitSeq(path[:last], "/") {
		if segment != "" {
			e.path += "/" + segment
		}
	}
	inHost, err := url.PathUnescape(path[last:])
	return e, c.vhost(inHost), err
}

// vhost returns the name of the virtual host, for one that is named in Host.
func (c *Connection) vhost(inHost string) string {
	switch {
	case c.VhostName != "":
		return c.VhostName
	case inHost != "":
		return inHost
	}
	return "/"
}

// access returns how to authenticate, for a user that is named in Host.
func (c *Connection) access(user *url.Userinfo) httpx.Config {
	if c.WorkloadIdentityResource != "" {
		return httpx.Config{Timeout: c.Timeout} // the rest is known when it connects
	}
	access := httpx.Config{Timeout: c.Timeout, Username: c.Username, Password: c.Password}
	if access.Username == "" && user != nil {
		password, _ := user.Password()
		access.Username, access.Password = user.Username(), scalerkit.NewSecret(password)
	}
	if c.usesOAuth2() {
		access.OAuth2 = httpx.OAuth2{
			TokenURL:     c.OAuthTokenURI,
			ClientID:     c.ClientID,
			ClientSecret: c.ClientSecret,
			Scopes:       strings.Join(c.Scopes, " "),
			Params:       scalerkit.NewSecret(c.EndpointParams.Encode()),
		}
	}
	return access
}

func portOf(amqp *url.URL) string {
	switch port := amqp.Port(); {
	case port != "":
		return port
	case amqp.Scheme == "amqps":
		return "5671"
	}
	return "5672"
}
