package kafka

import (
	"fmt"
	"maps"
	"slices"

	"github.com/segmentio/kafka-go/sasl"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// Cluster is the part of the parameters that says where the brokers are and
// how to get there. Triggers with equal Clusters share connections.
type Cluster struct {
	BootstrapServers []string `scaler:"bootstrapServers,required" from:"metadata,env" format:"address" doc:"host:port of brokers to ask for the others"`

	SASL     string           `scaler:"sasl" from:"metadata,auth" agree:"true" enum:"none|plaintext|scram_sha256|scram_sha512|oauthbearer|aws_msk_iam|gssapi" doc:"how to authenticate; if it is given in two places, they have to agree"`
	Username string           `scaler:"username" from:"auth" doc:"user for plaintext, scram and gssapi, client id for oauthbearer"`
	Password scalerkit.Secret `scaler:"password" from:"auth" doc:"password for plaintext, scram and gssapi, client secret for oauthbearer"`
	OAuth    OAuth
	AWS      AWS
	Kerberos Kerberos

	TLSMode string `scaler:"tls" from:"metadata,auth" agree:"true" default:"disable" enum:"enable|disable" doc:"use TLS; if it is given in two places, they have to agree"`
	TLS     driver.OptionalTLS

	// Credential, if not nil, authenticates, and SASL does not count. It is the
	// program's, and Close leaves it alone. It is part of the key under which
	// Scalers share a connection.
	Credential sasl.Mechanism `scaler:"-"`

	login sasl.Mechanism // of plaintext and scram; nil for others
}

// OAuth is the part of the parameters that oauthbearer needs besides a client
// id and a client secret.
type OAuth struct {
	Provider   string            `scaler:"saslTokenProvider" from:"metadata,auth" enum:"bearer|aws_msk_iam|azure_workload_identity" doc:"where the token for oauthbearer comes from: oauthTokenEndpointUri, unless it is another"`
	TokenURL   string            `scaler:"oauthTokenEndpointUri" from:"auth" doc:"where to get a token for a client id and secret"`
	Scopes     []string          `scaler:"scopes" from:"auth" doc:"scopes to ask for"`
	Extensions map[string]string `scaler:"oauthExtensions" from:"auth" doc:"SASL extensions to send with the token, such as a=1,b=2"`

	// Tokens provides for the tokens of Azure's identities, which take the place of
	// a client id and secret. Without it, triggers with such an identity are refused.
	Tokens driver.Tokens `scaler:"-"`
}

// AWS is the part of the parameters that MSK IAM needs: where the cluster is,
// and who asks.
type AWS struct {
	Region string `scaler:"awsRegion" doc:"region of the MSK cluster, for aws_msk_iam"`

	// Identity is "aws" or "aws-eks", or none; or "azure-workload", with which
	// oauthbearer asks Azure Event Hubs. If its Owner is "workload", whoever fills it
	// in finds the role of the workload's service account.
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

// use sets who finds the credentials of roles and identities.
func (a *AWS) use(i Identities) {
	if i != nil {
		a.Identities = i
	}
}

// Parse implements [driver.Parser]. It checks that the authentication has all it
// needs.
func (c *Cluster) Parse(p *driver.Problems) {
	if p.Valid(&c.TLSMode) {
		c.TLS.Use(p, c.useTLS(), "set "+p.Name(&c.TLSMode)+" to enable")
	}
	switch {
	case c.Credential != nil:
	case c.usesMSK():
		c.parseMSK(p)
	case c.usesGSSAPI():
		c.parseKerberos(p)
	case c.usesAzure():
		c.parseAzure(p)
	case slices.Contains([]string{"plaintext", "scram_sha256", "scram_sha512", "oauthbearer"}, c.SASL):
		c.parseLogin(p)
	}
}

func (c *Cluster) parseLogin(p *driver.Problems) {
	p.Require(&c.Username, "sasl %s needs it", c.SASL)
	p.Require(&c.Password, "sasl %s needs it", c.SASL)
	if c.SASL == "oauthbearer" {
		p.Require(&c.OAuth.TokenURL, "sasl %s needs it", c.SASL)
		return
	}
	if p.Valid(&c.Username) && p.Valid(&c.Password) {
		var err error
		if c.login, err = c.newLogin(); err != nil { // it quotes what it does not like
			p.Add(&c.Password, "or %s has a character that SCRAM does not allow", p.Name(&c.Username))
		}
	}
}

// usesMSK reports whether the brokers take a token that AWS credentials sign.
func (c *Cluster) usesMSK() bool {
	return c.Credential == nil && (c.SASL == "aws_msk_iam" || c.SASL == "oauthbearer" && c.OAuth.Provider == "aws_msk_iam")
}

func (c *Cluster) useTLS() bool { return c.TLSMode == "enable" }

// extensions returns the extensions as k=v, sorted.
func (o OAuth) extensions() []string {
	pairs := make([]string, 0, len(o.Extensions))
	for _, name := range slices.Sorted(maps.Keys(o.Extensions)) {
		pairs = append(pairs, fmt.Sprintf("%s=%s", name, o.Extensions[name]))
	}
	return pairs
}
