// Package cloudhosts says which hosts may be sent the token of an identity.
//
// Who writes a trigger says where its source is, and with a platform's identity
// it is not his own credential that goes there but the program's, for whoever
// bears the token. So it goes only to hosts of the cloud that issues it, and to
// those that the program's administrator lists. Hosts of a cloud are those on
// which nobody but the cloud itself receives requests: virtual machines,
// load balancers and web applications have names there too, and are left out,
// as is any service that the token is not for.
package cloudhosts

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Hosts are entries that each stand for one host or several: "example.com" or
// an IP address for this host on any port, "example.com:8443" for one port of
// it, "*.example.com" for all hosts whose names end so, but not for example.com
// itself. Letter case makes no difference.
type Hosts []string

// entry is what a host of an entry looks like, if it is no IP address.
var entry = regexp.MustCompile(`^(\*\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)

// Validate returns an error if an entry is not of the form that it should have.
func (h Hosts) Validate() error {
	for _, e := range h {
		host, _ := split(e)
		if _, err := netip.ParseAddr(host); err != nil && !entry.MatchString(host) {
			return fmt.Errorf("%q is no identity endpoint: want example.com, example.com:8443 or *.example.com", e)
		}
	}
	return nil
}

// Suffix returns what names of hosts end with by the first entry, for example
// "servicebus.windows.net".
func (h Hosts) Suffix() string { return strings.TrimPrefix(h[0], "*.") }

// ports are those that go without saying, by the scheme of a URL. All schemes
// but http mean TLS.
var ports = map[string]string{"http": "80", "https": "443", "amqps": "5671"}

// Check returns an error that says what would be right, unless the token of an
// identity may be sent to address: a URL of scheme https, http or amqps, or a
// host or host:port that is spoken to by TLS. It may be sent to hosts in h and
// in listed, which are the administrator's, and without TLS only to the latter.
// The error quotes no more of the address than its host.
func (h Hosts) Check(address string, listed Hosts) error {
	if err := listed.Validate(); err != nil {
		return err
	}
	if !strings.Contains(address, "://") {
		address = "tls://" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.User != nil || !complete(u, address) {
		return fmt.Errorf("is no address for the token of an identity: want a URL such as https://example.com, without user and password")
	}
	port := u.Port()
	if port == "" {
		port = ports[u.Scheme]
	}
	if listed.contain(u.Hostname(), port) {
		return nil
	}
	known := h.contain(u.Hostname(), port)
	const must = "or let the administrator list it as an identity endpoint"
	switch {
	case known && u.Scheme != "http":
		return nil
	case known:
		return fmt.Errorf("%q may not be sent the token of an identity without TLS: use https, %s", u.Host, must)
	case len(h) > 0:
		return fmt.Errorf("%q may not be sent the token of an identity: use %s, %s", u.Host, strings.Join(h, ", "), must)
	}
	return fmt.Errorf("%q may not be sent the token of an identity: let the administrator list it as an identity endpoint", u.Host)
}

// complete reports whether u says all that there is to an address. What is no
// URL of HTTP has nothing behind the host, which others might take for a part
// of it.
func complete(u *url.URL, address string) bool {
	switch u.Scheme {
	case "https", "http":
		return true
	case "amqps", "tls":
		return strings.HasSuffix(address, "://"+u.Host)
	}
	return false
}

// contain reports whether an entry stands for a host and port.
func (h Hosts) contain(host, port string) bool {
	host = strings.ToLower(host)
	return slices.ContainsFunc(h, func(e string) bool {
		wanted, only := split(strings.ToLower(e))
		if only != "" && only != port {
			return false
		}
		if suffix, ok := strings.CutPrefix(wanted, "*"); ok {
			return strings.HasSuffix(host, suffix) && host != suffix
		}
		return host == wanted
	})
}

// split returns the host of an entry, and its port if it has one.
func split(entry string) (host, port string) {
	host, port, err := net.SplitHostPort(entry)
	if _, notNumber := strconv.ParseUint(port, 10, 16); err != nil || notNumber != nil {
		return entry, ""
	}
	return host, port
}
