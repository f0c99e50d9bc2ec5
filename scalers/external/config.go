package external

import (
	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/hostport"
	"github.com/scalerkit/scalerkit/internal/rpc"
)

// Config describes a trigger whose metrics an external scaler has.
type Config struct {
	Server

	// Metadata is what the server is told. A trigger's has all of its keys, those
	// of this package included.
	Metadata map[string]string `scaler:"*" doc:"what the external scaler is told, as it is told all of the metadata"`

	// Owner is whom the server is asked for.
	Owner scalerkit.Key

	MetricType scalerkit.TargetKind
}

// Server is the part of the parameters that says how to get to the server.
// Triggers with equal Servers share a connection.
type Server struct {
	Address    string           `scaler:"scalerAddress,required" doc:"host:port of the external scaler; with dns:/// or passthrough:/// in front of it, gRPC looks the name up, or does not"`
	EnableTLS  bool             `scaler:"enableTLS" doc:"use TLS; so do caCert and tlsClientCert"`
	Insecure   bool             `scaler:"unsafeSsl" doc:"accept any server certificate"`
	CACert     string           `scaler:"caCert" from:"auth" doc:"PEM certificates to trust besides the system's"`
	ClientCert string           `scaler:"tlsClientCert" from:"auth" doc:"PEM client certificate"`
	ClientKey  scalerkit.Secret `scaler:"tlsClientKey" from:"auth" doc:"PEM private key of the client certificate"`
}

func (s *Server) usesTLS() bool { return s.EnableTLS || s.CACert != "" || s.ClientCert != "" }

// tls is the TLS that the trigger asks for.
func (s *Server) tls() driver.TLS {
	return driver.TLS{CA: s.CACert, Cert: s.ClientCert, Key: s.ClientKey, Insecure: s.Insecure}
}

// Parse implements driver.Parser.
func (c *Config) Parse(p *driver.Problems) {
	if problem := hostport.Problem(rpc.Endpoint(c.Address)); problem != "" && c.Address != "" {
		p.Add(&c.Address, "%s", problem)
	}
	c.parseTLS(p)
	// KEDA's documentation has them there, and KEDA does not read them there.
	for key, field := range map[string]any{"caCert": &c.CACert, "tlsClientCert": &c.ClientCert, "tlsClientKey": &c.ClientKey} {
		if c.Metadata[key] != "" {
			warn(p, field, "in the metadata is only passed on, and has no effect on TLS: let the authentication deliver it")
		}
	}
}

func (c *Config) parseTLS(p *driver.Problems) {
	broken := func(t driver.TLS) bool {
		_, err := t.Config(scalerkit.Options{})
		return err != nil
	}
	switch {
	case c.ClientCert != "" && !c.ClientKey.IsSet():
		p.Add(&c.ClientKey, "is missing: the client certificate in %s needs its private key", p.Name(&c.ClientCert))
	case c.ClientCert == "" && c.ClientKey.IsSet():
		p.Add(&c.ClientCert, "is missing: the private key in %s needs its certificate", p.Name(&c.ClientKey))
	case broken(driver.TLS{Cert: c.ClientCert, Key: c.ClientKey}):
		p.Add(&c.ClientCert, "and %s are not a PEM certificate and the private key that belongs to it", p.Name(&c.ClientKey))
	}
	if broken(driver.TLS{CA: c.CACert}) {
		p.Add(&c.CACert, "has no PEM certificate")
	}
	if c.Insecure && !c.usesTLS() {
		p.Warn(&c.Insecure, "has no effect, since TLS is off: set %s to true, or leave it out", p.Name(&c.EnableTLS))
	}
}

// warn tells of what KEDA lets pass, which is a problem where nobody is told.
func warn(p *driver.Problems, field any, problem string) {
	if p.Options().Warn == nil {
		p.Add(field, "%s", problem)
		return
	}
	p.Warn(field, "%s", problem)
}
