package redis

import (
	"errors"
	"net"
	"slices"
	"strings"

	"github.com/scalerkit/scalerkit"
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

// Validate refuses a lag that is nobody's.
func (c *StreamsConfig) Validate() error {
	if c.LagCount > 0 && c.ConsumerGroup == "" {
		return scalerkit.Problem("consumerGroup", "is missing: lagCount is about the lag of a consumer group")
	}
	return nil
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
	TLS       scalerkit.TLS
}

// Validate checks the addresses, and that TLS is asked for in one place only.
func (s *Server) Validate() error {
	var problems []error
	switch {
	case len(s.Hosts) > 0 && len(s.Ports) > 0 && len(s.Hosts) != len(s.Ports):
		problems = append(problems, scalerkit.Problem("hosts", "are %d, but ports are %d: each host needs its port", len(s.Hosts), len(s.Ports)))
	case len(s.addresses()) == 0:
		problems = append(problems, scalerkit.Problem("address", "is missing: give host:port in address, or host and port"))
	}
	if s.Deployment == Sentinel && s.SentinelMaster == "" {
		problems = append(problems, scalerkit.Problem("sentinelMaster", "is missing: the name under which the sentinels know the master"))
	}
	if s.EnableTLS && s.TLSMode != "" {
		problems = append(problems, scalerkit.Problem("enableTLS", "and tls are both set: keep one of the two"))
	}
	return errors.Join(problems...)
}

// addresses returns the addresses from all parameters that can give one.
func (s *Server) addresses() []string {
	all := slices.Clone(s.Addresses)
	if len(s.Hosts) == len(s.Ports) {
		for i, host := range s.Hosts {
			all = append(all, net.JoinHostPort(host, s.Ports[i]))
		}
	}
	if s.Deployment == Standalone && len(all) > 1 {
		all = all[:1]
	}
	return all
}

// key returns what decides whether two Servers can share connections.
func (s *Server) key() serverKey {
	k := serverKey{
		deployment: s.Deployment,
		addresses:  strings.Join(s.addresses(), ","),
		username:   s.Username,
		password:   s.Password,
		database:   s.Database,
		useTLS:     s.useTLS(),
		tls:        s.TLS,
	}
	if s.Deployment == Cluster {
		k.database = 0
	}
	if s.Deployment == Sentinel {
		k.master, k.sentinelUsername, k.sentinelPassword = s.SentinelMaster, s.SentinelUsername, s.SentinelPassword
	}
	return k
}

func (s *Server) useTLS() bool { return s.EnableTLS || s.TLSMode == "enable" }

// A serverKey is a Server in comparable form.
type serverKey struct {
	deployment                                    Deployment
	addresses, username, master, sentinelUsername string
	password, sentinelPassword                    scalerkit.Secret
	database                                      int
	useTLS                                        bool
	tls                                           scalerkit.TLS
}
