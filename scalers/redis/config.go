package redis

import (
	"net"

	goredis "github.com/redis/go-redis/v9"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// Config describes a trigger on the size of a list, set, sorted set or hash.
type Config struct {
	Server
	ListName             string `scaler:"listName,required" doc:"key of the list, set, sorted set or hash; a key that does not exist has size 0"`
	ListLength           int64  `scaler:"listLength,target" default:"5" min:"1" doc:"target: elements per replica"`
	ActivationListLength int64  `scaler:"activationListLength,activation" doc:"the trigger is active above this number of elements"`
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
	ActivationLagCount  int64  `scaler:"activationLagCount,activation" doc:"the trigger is active above this lag, length or number of pending entries"`
	MetricType          scalerkit.TargetKind
}

// Parse implements driver.Parser.
func (c *StreamsConfig) Parse(p *driver.Problems) {
	if c.LagCount > 0 {
		p.Require(&c.ConsumerGroup, "%s is about the lag of a consumer group", p.Name(&c.LagCount))
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

	Addresses []string `scaler:"address|addresses" from:"metadata,auth,env" format:"address" doc:"host:port of the server, or of several nodes or sentinels"`
	Hosts     []string `scaler:"host|hosts" from:"metadata,env,auth" format:"host" doc:"hosts, instead of or besides addresses; as many as ports"`
	Ports     []string `scaler:"port|ports" from:"metadata,env,auth" format:"port" doc:"ports of the hosts, in their order"`

	Username string           `scaler:"username" from:"metadata,env,auth" doc:"ACL user"`
	Password scalerkit.Secret `scaler:"password" from:"metadata,env,auth" doc:"password of the server"`
	Database int              `scaler:"databaseIndex" min:"0" doc:"number of the database; clusters have only 0"`

	SentinelMaster   string           `scaler:"sentinelMaster" from:"metadata,auth,env" doc:"name of the monitored master; sentinel types only, which need it"`
	SentinelUsername string           `scaler:"sentinelUsername" from:"metadata,auth,env" doc:"ACL user of the sentinels; sentinel types only"`
	SentinelPassword scalerkit.Secret `scaler:"sentinelPassword" from:"metadata,auth,env" doc:"password of the sentinels; sentinel types only"`

	EnableTLS bool   `scaler:"enableTLS" doc:"use TLS"`
	TLSMode   string `scaler:"tls" from:"auth" enum:"enable|disable" doc:"use TLS; instead of enableTLS"`
	TLS       driver.OptionalTLS

	// Identity is "azure-workload", or none. The token of it takes the place of a
	// password, and what there is to know in it that of a user.
	Identity scalerkit.Identity

	// Tokens provides for the tokens of an Identity. Without it, triggers with an
	// Identity and no password are refused.
	Tokens driver.Tokens `scaler:"-"`

	// Client, if not nil, is asked, and none of the above counts but the
	// Deployment. It is the program's, and Close leaves it alone. It is part of
	// the key under which Scalers share a connection.
	Client goredis.UniversalClient `scaler:"-"`
}

// Parse implements driver.Parser. It brings a Server into a form that is the same
// however it was written, so that equal ones share connections.
func (s *Server) Parse(p *driver.Problems) {
	if s.Client != nil {
		return
	}
	s.parseAddresses(p)
	if s.Deployment == Sentinel {
		p.Require(&s.SentinelMaster, "the name under which the sentinels know the master")
	} else {
		s.SentinelMaster, s.SentinelUsername, s.SentinelPassword = "", "", scalerkit.Secret{}
	}
	if s.Deployment == Cluster {
		s.Database = 0
	}
	p.Exclude(&s.EnableTLS, &s.TLSMode)
	s.EnableTLS, s.TLSMode = s.EnableTLS || s.TLSMode == "enable", ""
	s.TLS.Use(p, s.EnableTLS, "set "+p.Name(&s.EnableTLS)+" to true")
	s.parseIdentity(p)
}

// parseAddresses makes addresses of all parameters that can give one.
func (s *Server) parseAddresses(p *driver.Problems) {
	switch missing := len(s.Addresses) == 0; {
	case len(s.Hosts) > 0 && len(s.Ports) > 0 && len(s.Hosts) != len(s.Ports):
		p.Add(&s.Hosts, "are %d, but %s are %d: each host needs its port", len(s.Hosts), p.Name(&s.Ports), len(s.Ports))
		return
	case missing && len(s.Hosts) > 0 && len(s.Ports) == 0:
		p.Add(&s.Ports, "is missing: each host needs its port")
	case missing && len(s.Ports) > 0 && len(s.Hosts) == 0:
		p.Add(&s.Hosts, "is missing: each port needs its host")
	case missing && len(s.Hosts) == 0:
		p.Add(&s.Addresses, "is missing: give host:port in %s, or %s and %s", p.Name(&s.Addresses), p.Name(&s.Hosts), p.Name(&s.Ports))
	}
	for i := range min(len(s.Hosts), len(s.Ports)) {
		s.Addresses = append(s.Addresses, net.JoinHostPort(s.Hosts[i], s.Ports[i]))
	}
	if len(s.Addresses) > 0 {
		s.Hosts, s.Ports = nil, nil
	}
	if s.Deployment == Standalone && len(s.Addresses) > 1 {
		s.Addresses = s.Addresses[:1]
	}
}
