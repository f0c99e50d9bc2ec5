package rabbitmq

import (
	"cmp"
	"net"
	"net/url"
	"strings"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/hostport"
)

// An endpoint is what decides whether triggers with their Connections share one.
type endpoint struct {
	Scheme  string // amqp, amqps, http or https
	Address string // host and, at least for amqp, port
	Path    string // in front of that of the API, escaped; http only
	Vhost   string // amqp only, where it is part of the connection
	Access  httpsource.Access

	Resource string             // to get tokens for with the identity; http only
	Identity scalerkit.Identity // zero if there is no resource

	Client     *amqp.Connection
	Credential amqp.Authentication
}

// parseHost returns the URL in Host, nil if there is something wrong with it,
// of which it tells without quoting it.
func (c *Connection) parseHost(p *driver.Problems) *url.URL {
	host, err := url.Parse(c.Host.Reveal())
	if err != nil || host.Hostname() == "" {
		p.Add(&c.Host, "is not a URL such as amqp://user:password@rabbitmq:5672/vhost; special characters in user and password have to be escaped, or these be given as username and password")
		return nil
	}
	isHTTP := host.Scheme == "http" || host.Scheme == "https"
	switch {
	case c.Protocol == "amqp" && !isAMQP(host.Scheme):
		p.Add(&c.Host, "does not begin with amqp:// or amqps://, which protocol amqp needs")
	case c.Protocol == "http" && !isHTTP:
		p.Add(&c.Host, "does not begin with http:// or https://, which protocol http needs")
	case !isAMQP(host.Scheme) && !isHTTP:
		p.Add(&c.Host, "does not begin with amqp://, amqps://, http:// or https://")
	case host.Port() != "" && !hostport.IsPort(host.Port()):
		p.Add(&c.Host, "has a port that is no number from 1 to 65535")
	default:
		return host
	}
	return nil
}

func isAMQP(scheme string) bool { return scheme == "amqp" || scheme == "amqps" }

// resolve sets the endpoint and the virtual host.
func (c *Connection) resolve(p *driver.Problems) {
	host := c.parseHost(p)
	if host == nil {
		return
	}
	secure := strings.HasSuffix(host.Scheme, "s")
	if c.TLSMode == "enable" && !secure {
		p.Add(&c.TLSMode, "is enabled, but the URL in %s begins with %s://: change that to %[2]ss://", p.Name(&c.Host), host.Scheme)
	}
	c.TLS.Use(p, secure, "let "+p.Name(&c.Host)+" begin with amqps:// or https://")

	c.endpoint = endpoint{
		Scheme: host.Scheme, Address: host.Host, Access: c.access(host.User),
		Client: c.Client, Credential: c.Credential,
	}
	if isAMQP(host.Scheme) {
		c.endpoint.Address = net.JoinHostPort(host.Hostname(), portOf(host))
		c.vhost = c.vhostOr(strings.TrimPrefix(host.Path, "/"))
		c.endpoint.Vhost = c.vhost
		return
	}
	if c.WorkloadIdentityResource != "" {
		c.endpoint.Resource, c.endpoint.Identity = c.WorkloadIdentityResource, c.Identity
	}
	path := host.EscapedPath()
	last := strings.LastIndexByte(path, '/') + 1
	// An empty segment names nothing: the default virtual host is often written
	// as one more slash.
	for segment := range strings.SplitSeq(path[:last], "/") {
		if segment != "" {
			c.endpoint.Path += "/" + segment
		}
	}
	inHost, _ := url.PathUnescape(path[last:]) // it was parsed before
	c.vhost = c.vhostOr(inHost)
}

// vhostOr returns the name of the virtual host, for one that is named in Host.
func (c *Connection) vhostOr(inHost string) string {
	return cmp.Or(c.VhostName, inHost, "/")
}

// access returns how to authenticate, for a user that is named in Host.
func (c *Connection) access(user *url.Userinfo) httpsource.Access {
	access := httpsource.Access{Timeout: c.Timeout, TLS: driver.TLS(c.TLS), Client: c.HTTPClient, Credential: c.HTTPCredential}
	if c.WorkloadIdentityResource != "" {
		return access // the rest is known when it connects
	}
	access.Username, access.Password = c.Username, c.Password
	if access.Username == "" && user != nil {
		password, _ := user.Password()
		access.Username, access.Password = user.Username(), scalerkit.NewSecret(password)
	}
	switch {
	case c.usesOAuth2():
		access.Modes, access.OAuth = []string{httpsource.ModeOAuth}, c.OAuth
	case access.Username != "":
		access.Modes = []string{httpsource.ModeBasic}
	}
	return access
}

func portOf(host *url.URL) string {
	switch port := host.Port(); {
	case port != "":
		return port
	case host.Scheme == "amqps":
		return "5671"
	}
	return "5672"
}
