package hostport_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/internal/hostport"
)

func TestProblem(t *testing.T) {
	const isURL, noPort, badPort = "is a URL: give host:port alone", "has no port: want host:port", "has a port that is no number from 1 to 65535"
	const noBrackets = "is not host:port: an IPv6 address goes in brackets, as in [::1]:443"
	for address, want := range map[string]string{
		"h:6379": "", "[::1]:6379": "", ":6379": "", "h:65535": "",
		"redis://h:6379": isURL, "rediss://u:p@h": isURL,
		"u:p@h:6379": "has a user in it: give host:port alone",
		"h":          noPort, "[::1]": noPort,
		"::1": noBrackets, "2001:db8::1:6379": noBrackets,
		"h:": badPort, "h:0": badPort, "h:65536": badPort, "h:redis": badPort,
	} {
		require.Equal(t, want, hostport.Problem(address), address)
	}
}
