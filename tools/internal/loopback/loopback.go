// Package loopback has addresses for the servers that tests start.
package loopback

import (
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

// Address returns the address of a port of the loopback interface.
func Address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// ports remembers the ports that were given out, since their takers may not
// listen yet.
var ports struct {
	sync.Mutex
	taken map[int]bool
}

// FreePort returns a port that nobody listens at. It is below the range from
// which systems take the ports of outgoing connections, so that none of these
// gets there before the server does.
func FreePort() int {
	ports.Lock()
	defer ports.Unlock()
	for {
		port := 12000 + rand.IntN(20000)
		if ports.taken[port] {
			continue
		}
		l, err := net.Listen("tcp", Address(port))
		if err != nil {
			continue
		}
		l.Close()
		if ports.taken == nil {
			ports.taken = map[int]bool{}
		}
		ports.taken[port] = true
		return port
	}
}
