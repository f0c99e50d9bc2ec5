package peers

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// An Identity is what replicas know each other by: they have one certificate, that
// of the operator's Service, and show it as servers and as clients.
type Identity struct {
	// Name is the Service's, as in the certificate.
	Name string

	// Certificate returns the certificate to show, and Authorities those that it
	// may be signed by.
	Certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)
	Authorities func() (*x509.CertPool, error)
}

// ServerConfig is for a server with [Peers.PeerHandler], which checks what the
// client shows: at each request, so that a connection does not outlive the trust in
// it.
func (i Identity) ServerConfig() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS13,
		NextProtos:     []string{"h2", "http/1.1"},
		ClientAuth:     tls.RequestClientCert,
		GetCertificate: i.Certificate,
	}
}

// verify checks what a client has shown.
func (i Identity) verify(state *tls.ConnectionState) error {
	if state == nil || len(state.PeerCertificates) == 0 {
		return errors.New("there is no client certificate: only other replicas are answered")
	}
	authorities, err := i.Authorities()
	if err != nil {
		return err
	}
	options := x509.VerifyOptions{
		DNSName: i.Name, Roots: authorities, Intermediates: x509.NewCertPool(),
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, // it is the one that replicas serve with
	}
	for _, c := range state.PeerCertificates[1:] {
		options.Intermediates.AddCert(c)
	}
	if _, err := state.PeerCertificates[0].Verify(options); err != nil {
		return fmt.Errorf("client certificate: %w", err)
	}
	return nil
}

// transport is how other replicas are asked.
func (p *Peers) transport() http.RoundTripper {
	dialer := &net.Dialer{Timeout: limit}
	return &http.Transport{
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: 4,
		IdleConnTimeout:     time.Minute,
		DialTLSContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			authorities, err := p.Identity.Authorities()
			if err != nil {
				return nil, err
			}
			return (&tls.Dialer{NetDialer: dialer, Config: &tls.Config{
				MinVersion: tls.VersionTLS13,
				NextProtos: []string{"h2", "http/1.1"},
				ServerName: p.Identity.Name,
				RootCAs:    authorities,
				GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
					return p.Identity.Certificate(&tls.ClientHelloInfo{})
				},
			}}).DialContext(ctx, network, address)
		},
	}
}
