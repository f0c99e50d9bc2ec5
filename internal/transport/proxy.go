package transport

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpproxy"
)

type proxyFunc = func(*http.Request) (*url.URL, error)

// proxy returns the function that finds the proxy for a request: the program's,
// or that of the environment as it is now. The one in package net/http takes the
// environment as it was when the first request of the process was sent.
func proxy(programs proxyFunc) proxyFunc {
	find := programs
	if find == nil {
		environment := httpproxy.FromEnvironment().ProxyFunc()
		find = func(r *http.Request) (*url.URL, error) { return environment(r.URL) }
	}
	return func(r *http.Request) (*url.URL, error) {
		if isMetadata(r.URL.Hostname()) {
			return nil, nil
		}
		return find(r)
	}
}

// amazonLocal is what link-local addresses are to IPv4: Amazon's metadata and
// credentials are at fd00:ec2::254 and fd00:ec2::23.
var amazonLocal = netip.MustParsePrefix("fd00:ec2::/32")

// isMetadata reports whether a host is the metadata service of a cloud. Such a
// service knows by the connection which machine asks, and gives out the
// credentials of that machine: a proxy would get its own.
func isMetadata(host string) bool {
	switch strings.ToLower(strings.TrimSuffix(host, ".")) {
	case "metadata.google.internal", "metadata":
		return true
	}
	address, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	address = address.Unmap().WithZone("")
	return address.IsLinkLocalUnicast() || amazonLocal.Contains(address)
}

// explainProxy says that it was the proxy that refused. Package net/http has the
// bare words of its status.
func explainProxy(_ context.Context, proxy *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return fmt.Errorf("the proxy %s answers %d %s", proxy.Host, answer.StatusCode, http.StatusText(answer.StatusCode))
}
