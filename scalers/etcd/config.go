package etcd

import (
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/hostport"
)

// Config describes a trigger on the number under a key.
type Config struct {
	Server

	Key        string  `scaler:"watchKey,required" doc:"key that has the number"`
	Value      float64 `scaler:"value,target" above:"0" doc:"target: the number per replica"`
	Activation float64 `scaler:"activationValue,activation" doc:"the trigger is active above this number"`
	Progress   int     `scaler:"watchProgressNotifyInterval" default:"600" above:"0" max:"1000000" doc:"seconds after which the server tells that there is nothing to tell: its --watch-progress-notify-interval"`
	MetricType scalerkit.TargetKind
}

// Server is the part of the parameters that says where etcd is and who asks. Triggers
// with equal Servers share a connection.
type Server struct {
	Endpoints []string         `scaler:"endpoints" doc:"host:port of each server of the cluster, with http:// or https:// in front of it or without"`
	Username  string           `scaler:"username" from:"auth,env" doc:"user"`
	Password  scalerkit.Secret `scaler:"password" from:"auth,env" doc:"password of the user"`
	TLSMode   string           `scaler:"tls" from:"auth" default:"disable" enum:"enable|disable" doc:"use TLS"`
	TLS       driver.OptionalTLS

	// Client, if not nil, is asked, and none of the above counts. It is the
	// program's, and Close leaves it alone.
	Client *clientv3.Client `scaler:"-"`
}

// Parse implements driver.Parser. It brings a Server into a form that is the same
// however it was written.
func (s *Server) Parse(p *driver.Problems) {
	if s.Client != nil {
		return
	}
	p.Require(&s.Endpoints, "host:port of each server of the cluster")
	p.Together(&s.Username, &s.Password)
	on := s.TLSMode == "enable"
	for i, endpoint := range s.Endpoints {
		address, secure := strings.CutPrefix(endpoint, "https://")
		address = strings.TrimPrefix(address, "http://")
		if problem := hostport.Problem(address); problem != "" {
			p.Add(&s.Endpoints, "%q %s", endpoint, problem)
		}
		s.Endpoints[i], on = address, on || secure
	}
	if on {
		s.TLSMode = "enable"
	}
	s.TLS.Use(p, on, "let the authentication have "+p.Name(&s.TLSMode)+" enable")
}

// silence is how long a watch may tell of nothing.
func (c *Config) silence() time.Duration { return 2 * time.Duration(c.Progress) * time.Second }
