// Package hostport says what is wrong with an address.
package hostport

import (
	"net"
	"strconv"
	"strings"
)

// Problem says what is wrong with an address that should be host:port, and is
// empty if it is that. It does not quote the address, which may have a password
// in it.
func Problem(address string) string {
	_, port, err := net.SplitHostPort(address)
	switch {
	case strings.Contains(address, "://"):
		return "is a URL: give host:port alone"
	case strings.Contains(address, "@"):
		return "has a user in it: give host:port alone"
	case err != nil && strings.Count(address, ":") > 1 && !strings.HasPrefix(address, "["):
		return "is not host:port: an IPv6 address goes in brackets, as in [::1]:443"
	case err != nil:
		return "has no port: want host:port"
	case !IsPort(port):
		return "has a port that is no number from 1 to 65535"
	}
	return ""
}

// IsPort reports whether text is the number of a port.
func IsPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && n > 0
}
