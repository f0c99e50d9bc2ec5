package kafka

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"

	"github.com/scalerkit/scalerkit"
)

// Cluster is the part of the parameters that says where the brokers are and
// how to get there. Triggers with equal Clusters share connections.
type Cluster struct {
	BootstrapServers []string `scaler:"bootstrapServers,required" from:"metadata,env" doc:"host:port of brokers to ask for the others"`

	SASL     string           `scaler:"sasl" from:"metadata,auth" enum:"none|plaintext|scram_sha256|scram_sha512|oauthbearer|aws_msk_iam|gssapi" doc:"how to authenticate; gssapi is refused"`
	Username string           `scaler:"username" from:"auth" doc:"user for plaintext and scram, client id for oauthbearer"`
	Password scalerkit.Secret `scaler:"password" from:"auth" doc:"password for plaintext and scram, client secret for oauthbearer"`
	OAuth    OAuth
	AWS      AWS

	TLSMode string `scaler:"tls" from:"metadata,auth" default:"disable" enum:"enable|disable" doc:"use TLS"`
	TLS     scalerkit.TLS
}

// OAuth is the part of the parameters that oauthbearer needs besides a client
// id and a client secret.
type OAuth struct {
	Provider   string            `scaler:"saslTokenProvider" from:"metadata,auth" enum:"bearer|aws_msk_iam" doc:"where the token for oauthbearer comes from: oauthTokenEndpointUri, unless it is aws_msk_iam"`
	TokenURL   string            `scaler:"oauthTokenEndpointUri" from:"auth" doc:"where to get a token for a client id and secret"`
	Scopes     []string          `scaler:"scopes" from:"auth" doc:"scopes to ask for"`
	Extensions map[string]string `scaler:"oauthExtensions" from:"auth" doc:"SASL extensions to send with the token, such as a=1,b=2"`
}

// AWS is the part of the parameters that MSK IAM needs: where the cluster is,
// and who asks.
type AWS struct {
	Region string `scaler:"awsRegion" doc:"region of the MSK cluster, for aws_msk_iam"`

	// Identity is "aws" or "aws-eks", or none. If its Owner is "workload",
	// whoever fills it in finds the role of the workload's service account.
	Identity scalerkit.Identity

	IdentityOwner   string           `scaler:"identityOwner" enum:"pod|operator" doc:"operator: ask for aws_msk_iam as the process that reads, whatever else is given; a podIdentity of provider aws does the same and comes first"`
	RoleARN         string           `scaler:"awsRoleArn" from:"auth" doc:"ARN of a role to assume, for aws_msk_iam; comes before an access key"`
	AccessKeyID     string           `scaler:"awsAccessKeyID|awsAccessKeyId" from:"auth,metadata,env" doc:"access key, for aws_msk_iam"`
	SecretAccessKey scalerkit.Secret `scaler:"awsSecretAccessKey" from:"auth,env" doc:"secret of the access key"`
	SessionToken    scalerkit.Secret `scaler:"awsSessionToken" from:"auth,env" doc:"session token, if the access key is a temporary one"`

	// Identities finds the credentials of roles and identities. If nil, there
	// is nothing but the access key. Package mskiam sets it.
	Identities Identities `scaler:"-"`
}

// Validate checks that the authentication has all it needs.
func (c *Cluster) Validate() error {
	var problems []error
	report := func(key, format string, args ...any) {
		problems = append(problems, scalerkit.Problem(key, format, args...))
	}
	for _, address := range c.BootstrapServers {
		if _, _, err := net.SplitHostPort(address); err != nil {
			report("bootstrapServers", "%q is not host:port", address)
		}
	}
	switch {
	case c.SASL == "gssapi":
		report("sasl", `"gssapi" (Kerberos) is not supported: use one of plaintext, scram_sha256, scram_sha512, oauthbearer, aws_msk_iam`)
	case c.usesMSK():
		problems = append(problems, c.AWS.validate(c.useTLS()))
	case c.SASL != "" && c.SASL != "none":
		if c.Username == "" {
			report("username", "is missing: sasl %s needs it", c.SASL)
		}
		if !c.Password.IsSet() {
			report("password", "is missing: sasl %s needs it", c.SASL)
		}
		if c.SASL == "oauthbearer" && c.OAuth.TokenURL == "" {
			report("oauthTokenEndpointUri", "is missing: sasl oauthbearer needs it")
		}
	}
	return errors.Join(problems...)
}

// validate leaves it to Identities what an identity needs.
func (a AWS) validate(useTLS bool) error {
	var problems []error
	report := func(key, format string, args ...any) {
		problems = append(problems, scalerkit.Problem(key, format, args...))
	}
	if !useTLS {
		report("tls", "has to be enable for aws_msk_iam")
	}
	if a.Region == "" {
		report("awsRegion", "is missing: aws_msk_iam needs it")
	}
	switch _, asked := a.identity(); {
	case asked:
	case a.AccessKeyID == "" && !a.SecretAccessKey.IsSet():
		report("awsAccessKeyID", "is missing: say who asks for aws_msk_iam, with awsAccessKeyID and awsSecretAccessKey, with awsRoleArn, or with a podIdentity of provider aws")
	case a.AccessKeyID == "":
		report("awsAccessKeyID", "is missing: it goes with awsSecretAccessKey")
	case !a.SecretAccessKey.IsSet():
		report("awsSecretAccessKey", "is missing: it goes with awsAccessKeyID")
	}
	return errors.Join(problems...)
}

// identity returns the parameter that asks for more than an access key.
func (a AWS) identity() (key string, asked bool) {
	switch {
	case a.Identity.IsSet():
		return "podIdentity", true
	case a.IdentityOwner == "operator":
		return "identityOwner", true
	case a.RoleARN != "":
		return "awsRoleArn", true
	}
	return "", false
}

// usesMSK reports whether the brokers take a token that AWS credentials sign.
func (c *Cluster) usesMSK() bool {
	return c.SASL == "aws_msk_iam" || c.SASL == "oauthbearer" && c.OAuth.Provider == "aws_msk_iam"
}

func (c *Cluster) useTLS() bool { return c.TLSMode == "enable" }

// A clusterKey is a Cluster in comparable form, without what is not used.
type clusterKey struct {
	bootstrap          string
	sasl, username     string
	password           scalerkit.Secret
	provider, tokenURL string
	scopes, extensions string
	aws                AWS
	tlsMode            string
	tls                scalerkit.TLS
}

// key returns what decides whether two Clusters can share connections.
func (c *Cluster) key() clusterKey {
	k := clusterKey{
		bootstrap:  strings.Join(c.BootstrapServers, ","),
		sasl:       c.SASL,
		username:   c.Username,
		password:   c.Password,
		provider:   c.OAuth.Provider,
		tokenURL:   c.OAuth.TokenURL,
		scopes:     strings.Join(c.OAuth.Scopes, ","),
		extensions: strings.Join(c.OAuth.extensions(), ","),
		tlsMode:    c.TLSMode,
	}
	if c.usesMSK() {
		k.aws = c.AWS
	}
	if c.useTLS() {
		k.tls = c.TLS
	}
	return k
}

// extensions returns the extensions as k=v, sorted.
func (o OAuth) extensions() []string {
	pairs := make([]string, 0, len(o.Extensions))
	for _, name := range slices.Sorted(maps.Keys(o.Extensions)) {
		pairs = append(pairs, fmt.Sprintf("%s=%s", name, o.Extensions[name]))
	}
	return pairs
}
