package redis

import (
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/hostport"
)

// Config describes a trigger on the size of a list, set, sorted set or hash.
type Config struct {
	Server
	ListName             string `scaler:"listName,required" doc:"key of the list, set, sorted set or hash; a key that does not exist has size 0"`
	ListLength           int64  `scaler:"listLength" default:"5" min:"1" doc:"target: elements per replica"`
	ActivationListLength int64  `scaler:"activationListLength" doc:"the trigger is active above this number of elements"`
	MetricType           scalerkit.TargetKind
}

// StreamsConfig describes a trigger on a stream. With LagCount it reads the
// lag of the consumer group, without it the entries that the group has
// pending, and without a consumer group the length of the stream.
type StreamsConfig struct {
	Server
	Stream              string `scaler:"stream,required" doc:"key of the stream"`
	ConsumerGroup       string `scaler:"consumerGroup" doc:"consumer group; without it the length of the stream is read"`
	PendingEntriesCount int64  `scaler:"pendingEntriesCount" default:"5" min:"1" doc:"target: pending entries (delivered, not acknowledged) of the consumer group per replica"`
	StreamLength        int64  `scaler:"streamLength" default:"5" min:"1" doc:"target: entries in the stream per replica, if there is no consumer group"`
	LagCount            int64  `scaler:"lagCount" min:"0" doc:"target: entries not yet delivered to the consumer group per replica; makes the trigger read that lag"`
	ActivationLagCount  int64  `scaler:"activationLagCount" doc:"the trigger is active above this lag, length or number of pending entries"`
	MetricType          scalerkit.TargetKind
}

// Parse implements driver.Parser.
func (c *StreamsConfig) Parse(p *driver.Problems) {
	if c.LagCount > 0 && c.ConsumerGroup == "" {
		p.Add(&c.ConsumerGroup, "is missing: %s is about the lag of a consumer group", p.Name(&c.LagCount))
	}
}

// A Deployment says what the addresses of a Server lead to.
type Deployment string

const (
	Standalone Deployment = ""         // one server; only the first address is used
	Cluster    Deployment = "cluster"  // nodes of a cluster
	Sentinel   Deployment = "sentinel" // sentinels that know the master
)

// Server is the part of the parameters that says where the data is and how to
// get there. Triggers with equal Servers share connections.
type Server struct {
	// Deployment goes with the trigger type; Drivers set it.
	Deployment Deployment `scaler:"-"`

	Addresses []string `scaler:"address|addresses" from:"metadata,auth,env" doc:"host:port of the server, or of several nodes or sentinels"`
	Hosts     []string `scaler:"host|hosts" from:"metadata,env,auth" doc:"hosts, instead of or besides addresses; as many as ports"`
	Ports     []string `scaler:"port|ports" from:"metadata,env,auth" doc:"ports of the hosts, in their order"`

	Username string           `scaler:"username" from:"metadata,env,auth" doc:"ACL user"`
	Password scalerkit.Secret `scaler:"password" from:"metadata,env,auth" doc:"password of the server"`
	Database int              `scaler:"databaseIndex" min:"0" doc:"number of the database; clusters have only 0"`

	SentinelMaster   string           `scaler:"sentinelMaster" from:"metadata,auth,env" doc:"name of the monitored master; sentinel types only, which need it"`
	SentinelUsername string           `scaler:"sentinelUsername" from:"metadata,auth,env" doc:"ACL user of the sentinels; sentinel types only"`
	SentinelPassword scalerkit.Secret `scaler:"sentinelPassword" from:"metadata,auth,env" doc:"password of the sentinels; sentinel types only"`

	EnableTLS bool   `scaler:"enableTLS" doc:"use TLS"`
	TLSMode   string `scaler:"tls" from:"auth" enum:"enable|disable" doc:"use TLS; instead of enableTLS"`
	TLS       driver.OptionalTLS

	nodes []string // the addresses from all parameters that can give one
}

// Parse implements driver.Parser.
func (s *Server) Parse(p *driver.Problems) {
	s.parseParts(p)
	s.nodes = slices.Clone(s.Addresses)
	if len(s.Hosts) == len(s.Ports) {
		for i, host := range s.Hosts {
			s.nodes = append(s.nodes, net.JoinHostPort(host, s.Ports[i]))
		}
	}
	if s.Deployment == Standalone && len(s.nodes) > 1 {
		s.nodes = s.nodes[:1]
	}
	switch missing := len(s.nodes) == 0; {
	case len(s.Hosts) > 0 && len(s.Ports) > 0 && len(s.Hosts) != len(s.Ports):
		p.Add(&s.Hosts, "are %d, but %s are %d: each host needs its port", len(s.Hosts), p.Name(&s.Ports), len(s.Ports))
	case missing && len(s.Hosts) > 0:
		p.Add(&s.Ports, "is missing: each host needs its port")
	case missing && len(s.Ports) > 0:
		p.Add(&s.Hosts, "is missing: each port needs its host")
	case missing:
		p.Add(&s.Addresses, "is missing: give host:port in %s, or %s and %s", p.Name(&s.Addresses), p.Name(&s.Hosts), p.Name(&s.Ports))
	}
	if s.Deployment == Sentinel && s.SentinelMaster == "" {
		p.Add(&s.SentinelMaster, "is missing: the name under which the sentinels know the master")
	}
	if s.EnableTLS && s.TLSMode != "" {
		p.Add(&s.EnableTLS, "and %s are both set: keep one of the two", p.Name(&s.TLSMode))
	}
	s.TLS.Use(p, s.EnableTLS || s.TLSMode == "enable", "set "+p.Name(&s.EnableTLS)+" to true")
}

// parseParts checks each of the parts that addresses are made of.
func (s *Server) parseParts(p *driver.Problems) {
	check := func(parts *[]string, problem func(string) string) {
		for i, part := range *parts {
			text := problem(part)
			if text == "" {
				continue
			}
			if len(*parts) > 1 {
				text = fmt.Sprintf("number %d %s", i+1, text)
			}
			p.Add(parts, "%s", text)
		}
	}
	check(&s.Addresses, hostport.Problem)
	check(&s.Hosts, func(host string) string {
		if strings.ContainsAny(host, ":/@[]") && net.ParseIP(host) == nil {
			return "is not the name or the IP address of a host alone"
		}
		return ""
	})
	check(&s.Ports, func(port string) string {
		if !hostport.IsPort(port) {
			return "is no number from 1 to 65535"
		}
		return ""
	})
}

// key returns what decides whether two Servers can share connections.
func (s *Server) key() any {
	k := serverKey{
		deployment: s.Deployment, nodes: strings.Join(s.nodes, ","),
		username: s.Username, password: s.Password, tls: s.TLS,
	}
	if s.Deployment != Cluster {
		k.database = s.Database
	}
	if s.Deployment == Sentinel {
		k.master, k.sentinelUsername, k.sentinelPassword = s.SentinelMaster, s.SentinelUsername, s.SentinelPassword
	}
	return k
}

// A serverKey is a Server in comparable form.
type serverKey struct {
	deployment                                Deployment
	nodes, username, master, sentinelUsername string
	password, sentinelPassword                scalerkit.Secret
	database                                  int
	tls                                       driver.OptionalTLS
}
