package operator

import (
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client/config"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/policy"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
)

// A Config is what flags and environment variables say. Both have KEDA's names
// where KEDA has them.
type Config struct {
	MetricsAddress, HealthAddress, ProfilingAddress string

	// MetricsAPIAddress and WebhookAddress are where kube-apiserver connects
	// to; "0" means nowhere.
	MetricsAPIAddress, WebhookAddress string

	LeaderElect                               bool
	LeaderElectionID                          string
	LeaseDuration, RenewDeadline, RetryPeriod *time.Duration

	// Shards is in how many the objects are divided that replicas share; with 1 the
	// leader has all. PeerAddress is where a replica is asked by the others, and
	// PeerHost how they call the machine.
	Shards                int
	PeerAddress, PeerHost string

	// CertDir has tls.crt and tls.key. If it is empty, the certificates are
	// the operator's own, in the Secret CertSecret.
	CertDir, CertSecret   string
	Service, Webhook      string // what they are for: a Service, and a ValidatingWebhookConfiguration
	ClusterDomain         string
	FileRoot              string // for filePath
	Namespace             string // the operator's own
	ClusterNamespace      string // what ClusterTriggerAuthentications refer to
	WatchNamespaces       []string
	WatchSelector         labels.Selector // nil: all
	AuthenticationWatched labels.Selector // nil: all
	RestrictSecrets       bool
	TokenExpiry           time.Duration
	TokenPolicy           policy.Tokens
	VaultTokenFile        string // for HashiCorp Vault, if an authentication names none
	VaultEndpoints        policy.Endpoints
	IdentityEndpoints     []string // hosts for tokens of the operator's identity besides its cloud's

	HTTP scalerkit.HTTP // of requests to event sources
	TLS  *tls.Config    // with event sources; nil: the library's

	RecordDir      string          // where rounds are recorded; empty: nowhere
	RecordSelector labels.Selector // of the objects whose rounds are; nil: all

	Direct                    bool
	ScaledObjects, ScaledJobs int // reconciled at once
	LogLevel                  slog.Level
}

// Parse returns what the arguments and the environment say, or everything that
// is wrong with it. It writes the usage to output if that is asked for, and
// returns flag.ErrHelp.
func Parse(args []string, getenv func(string) string, output io.Writer) (Config, error) {
	var c Config
	flags := flag.NewFlagSet("operator", flag.ContinueOnError)
	flags.SetOutput(output)
	config.RegisterFlags(flags) // --kubeconfig
	flags.StringVar(&c.MetricsAddress, "metrics-bind-address", ":8080", "where Prometheus metrics are served; 0: nowhere")
	flags.StringVar(&c.HealthAddress, "health-probe-bind-address", ":8081", "where /healthz and /readyz are served; 0: nowhere")
	flags.StringVar(&c.ProfilingAddress, "profiling-bind-address", "", "where profiles are served; empty: nowhere")
	flags.StringVar(&c.MetricsAPIAddress, "metrics-api-bind-address", ":6443", "where external.metrics.k8s.io is served; 0: nowhere, for direct mode")
	flags.StringVar(&c.WebhookAddress, "webhook-bind-address", ":9443", "where the admission webhook is served; 0: nowhere")
	flags.BoolVar(&c.LeaderElect, "leader-elect", false, "let only one of several replicas write to the cluster")
	flags.StringVar(&c.LeaderElectionID, "leader-election-id", "operator.keda.sh", "name of the Lease")
	flags.IntVar(&c.Shards, "shards", 1, "in how many shards the objects are divided, which replicas share; 1: one replica, the leader, writes for all. All replicas have the same number")
	flags.StringVar(&c.PeerAddress, "peer-bind-address", ":6444", "with --shards, where other replicas ask for metrics; they are told the host, or the environment variable POD_IP if there is none")
	flags.StringVar(&c.CertDir, "cert-dir", "", "directory with tls.crt and tls.key for the metrics API and the webhook; empty: make them, and keep them in a Secret")
	flags.StringVar(&c.CertSecret, "cert-secret-name", "kedaorg-certs", "that Secret, in the operator's namespace")
	flags.StringVar(&c.Service, "operator-service-name", "keda-operator", "the Service that the certificates are for")
	flags.StringVar(&c.Webhook, "validating-webhook-name", "keda-admission", "the ValidatingWebhookConfiguration that is told the CA")
	flags.StringVar(&c.ClusterDomain, "k8s-cluster-domain", "cluster.local", "DNS domain of the cluster")
	flags.StringVar(&c.FileRoot, "filepath-auth-root-path", "", "directory that filePath of ClusterTriggerAuthentications is below of; empty: not allowed")
	flags.StringVar(&c.Namespace, "namespace", or(getenv("POD_NAMESPACE"), "keda"), "the operator's own namespace; POD_NAMESPACE")
	tokenMode := flags.String("service-account-token-mode", policy.ModeEnforce, policy.ModeEnforce+": only tokens for audiences in "+policy.Variable+" are sent to where tenants say; "+policy.ModeLegacy+": all are, which is not safe")
	flags.StringVar(&c.VaultTokenFile, "vault-kubernetes-auth-token-file", vaultToken, "file with the operator's token for HashiCorp Vault; in "+policy.ModeLegacy+" mode its token for the API server is the default")
	flags.Func("identity-endpoints", "hosts that may be sent tokens of the operator's identity besides those of its cloud: example.com, example.com:8443 or *.example.com, with commas between them; may be given several times", c.addIdentityEndpoints)
	flags.StringVar(&c.RecordDir, "record", "", "directory in which the leader records every round; empty: none is recorded")
	flags.Func("record-selector", "labels of the ScaledObjects and ScaledJobs whose rounds are recorded, as in app=orders,tier!=test; empty: all", func(text string) (err error) {
		c.RecordSelector, err = labels.Parse(text)
		return err
	})
	flags.BoolVar(&c.Direct, "direct", false, "scale without HPAs, unless an object says otherwise")
	flags.TextVar(&c.LogLevel, "log-level", slog.LevelInfo, "debug, info, warn or error")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	e := environment{getenv: getenv}
	c.WatchNamespaces = e.list("WATCH_NAMESPACE")
	c.WatchSelector = e.selector("WATCH_LABEL_SELECTOR")
	c.AuthenticationWatched = e.selector("WATCH_LABEL_SELECTOR_FOR_TRIGGERAUTH")
	c.ClusterNamespace = or(getenv("KEDA_CLUSTER_OBJECT_NAMESPACE"), c.Namespace)
	c.RestrictSecrets = e.boolean("KEDA_RESTRICT_SECRET_ACCESS")
	if expiry := e.duration("KEDA_BOUND_SERVICE_ACCOUNT_TOKEN_EXPIRY"); expiry != nil {
		if c.TokenExpiry = *expiry; c.TokenExpiry < time.Hour || c.TokenExpiry > 6*time.Hour {
			e.problem("KEDA_BOUND_SERVICE_ACCOUNT_TOKEN_EXPIRY", "%v is not between 1h and 6h", c.TokenExpiry)
		}
	}
	c.parsePolicies(&e, *tokenMode, isSet(flags, "vault-kubernetes-auth-token-file"))
	c.parseShards(&e)
	c.HTTP, c.TLS = e.http(), e.tls()
	c.LeaseDuration = e.duration("KEDA_OPERATOR_LEADER_ELECTION_LEASE_DURATION")
	c.RenewDeadline = e.duration("KEDA_OPERATOR_LEADER_ELECTION_RENEW_DEADLINE")
	c.RetryPeriod = e.duration("KEDA_OPERATOR_LEADER_ELECTION_RETRY_PERIOD")
	c.ScaledObjects = e.count("KEDA_SCALEDOBJECT_CTRL_MAX_RECONCILES", 8)
	c.ScaledJobs = e.count("KEDA_SCALEDJOB_CTRL_MAX_RECONCILES", 4)
	if c.RecordSelector != nil && c.RecordDir == "" {
		e.problems = append(e.problems, errors.New("--record-selector: --record says in which directory, and is empty"))
	}
	if flags.NArg() > 0 {
		e.problems = append(e.problems, fmt.Errorf("unknown argument %q: flags begin with --", flags.Arg(0)))
	}
	return c, errors.Join(e.problems...)
}

// The files with the operator's own tokens.
const (
	vaultToken     = "/var/run/secrets/keda-vault/token"
	apiServerToken = "/var/run/secrets/kubernetes.io/serviceaccount/token"
)

// parsePolicies sets what tenants may have sent to where they say.
func (c *Config) parsePolicies(e *environment, tokenMode string, vaultTokenIsSet bool) {
	var err error
	if c.TokenPolicy, err = policy.ParseTokens(tokenMode, e.getenv(policy.Variable)); err != nil {
		e.problems = append(e.problems, err)
	}
	if c.VaultEndpoints, err = policy.ParseEndpoints(e.getenv(policy.FilterVariable)); err != nil {
		e.problems = append(e.problems, err)
	}
	if c.TokenPolicy.Legacy && !vaultTokenIsSet {
		c.VaultTokenFile = apiServerToken
	}
}

// mostShards is what looking through all Leases of shards in every retry period
// should not cost more than.
const mostShards = 1024

// parseShards checks what replicas need to share the objects.
func (c *Config) parseShards(e *environment) {
	c.PeerHost = e.getenv("POD_IP")
	if c.Shards == 1 {
		return
	}
	if c.Shards < 1 || c.Shards > mostShards {
		e.problems = append(e.problems, fmt.Errorf("--shards: %d is not from 1 to %d", c.Shards, mostShards))
		return
	}
	if !c.LeaderElect {
		e.problems = append(e.problems, errors.New("--shards: needs --leader-elect: one replica writes what there is one of"))
	}
	if c.MetricsAPIAddress == "0" {
		return // nobody is asked
	}
	host, _, err := net.SplitHostPort(c.PeerAddress)
	if err != nil {
		e.problems = append(e.problems, fmt.Errorf("--peer-bind-address: %w", err))
		return
	}
	if ip := net.ParseIP(host); host != "" && (ip == nil || !ip.IsUnspecified()) {
		c.PeerHost = host
	}
	if c.PeerHost == "" {
		e.problems = append(e.problems, fmt.Errorf("--peer-bind-address: %q says no host, and POD_IP is not set, so that no other replica could find this one", c.PeerAddress))
	}
}

// addIdentityEndpoints adds hosts with commas between them.
func (c *Config) addIdentityEndpoints(list string) error {
	for host := range strings.SplitSeq(list, ",") {
		if host = strings.TrimSpace(host); host != "" {
			c.IdentityEndpoints = append(c.IdentityEndpoints, host)
		}
	}
	return cloudhosts.Hosts(c.IdentityEndpoints).Validate()
}

func isSet(flags *flag.FlagSet, name string) (set bool) {
	flags.Visit(func(f *flag.Flag) { set = set || f.Name == name })
	return set
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// An environment reads variables, and remembers what is wrong with them.
type environment struct {
	getenv   func(string) string
	problems []error
}

func (e *environment) problem(name, format string, args ...any) {
	e.problems = append(e.problems, fmt.Errorf("environment variable %s: %w", name, fmt.Errorf(format, args...)))
}

// list returns the texts between commas. Like KEDA it takes two quotation marks
// for nothing.
func (e *environment) list(name string) []string {
	var list []string
	for text := range strings.SplitSeq(strings.Trim(e.getenv(name), `"`), ",") {
		if text = strings.TrimSpace(text); text != "" {
			list = append(list, text)
		}
	}
	return list
}

func (e *environment) boolean(name string) bool {
	text := e.getenv(name)
	if text == "" {
		return false
	}
	value, err := strconv.ParseBool(text)
	if err != nil {
		e.problem(name, "%q is not one of true, false", text)
	}
	return value
}

func (e *environment) duration(name string) *time.Duration {
	text := e.getenv(name)
	if text == "" {
		return nil
	}
	value, err := time.ParseDuration(text)
	if err != nil || value <= 0 {
		e.problem(name, "%q is not a duration such as 15s", text)
	}
	return &value
}

func (e *environment) count(name string, otherwise int) int {
	text := e.getenv(name)
	if text == "" {
		return otherwise
	}
	value, err := strconv.Atoi(text)
	if err != nil || value < 1 {
		e.problem(name, "%q is not a number of at least 1", text)
	}
	return value
}

func (e *environment) selector(name string) labels.Selector {
	text := e.getenv(name)
	if text == "" {
		return nil
	}
	selector, err := labels.Parse(text)
	if err != nil {
		e.problem(name, "%q is not a label selector: %w", text, err)
	}
	return selector
}
