package kafka

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
)

// Credentials are what a token for MSK IAM is signed with.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey scalerkit.Secret
	SessionToken    scalerkit.Secret // of temporary credentials
}

// Identities finds the credentials of roles and of the platform's identities,
// which takes more than this package links. Its dynamic type is comparable.
type Identities interface {
	// Open returns the provider of the credentials that the AWS asks for, in
	// which nothing is wrong. It does no I/O.
	Open(AWS, scalerkit.Options) CredentialsProvider
}

// A CredentialsProvider fetches credentials, and keeps them as long as they
// are valid. It is used concurrently, and closed with the connections that it
// is for.
type CredentialsProvider interface {
	Retrieve(context.Context) (Credentials, error)

	// Refused says that a broker did not accept what Retrieve returned, which
	// may have been revoked, so that other credentials are called for.
	Refused()

	io.Closer
}

// fixed are credentials that nobody renews.
type fixed Credentials

func (f fixed) Retrieve(context.Context) (Credentials, error) { return Credentials(f), nil }
func (f fixed) Refused()                                      {}
func (f fixed) Close() error                                  { return nil }

// The providers of an Identity that are Amazon's.
const (
	providerAWS = "aws"
	providerEKS = "aws-eks"
)

// identity returns the field that asks for more than an access key, nil if none
// does.
func (a *AWS) identity() any {
	switch {
	case a.Identity.IsSet():
		return &a.Identity
	case a.IdentityOwner == "operator":
		return &a.IdentityOwner
	case a.RoleARN != "":
		return &a.RoleARN
	}
	return nil
}

// parseMSK checks who asks, and that the brokers may be sent what that signs.
func (c *Cluster) parseMSK(p *driver.Problems) {
	if !c.useTLS() {
		p.Add(&c.TLSMode, "has to be enable for aws_msk_iam")
	}
	a := &c.AWS
	p.Require(&a.Region, "aws_msk_iam needs it")
	switch asked := a.identity(); {
	case asked == nil:
		a.parseKey(p)
	case a.Identities == nil:
		p.Add(asked, "takes the AWS SDK, which this program does not link: open the trigger with package scalers/kafka/mskiam, or give %s and %s", p.Name(&a.AccessKeyID), p.Name(&a.SecretAccessKey))
	default:
		a.parseIdentity(p)
		if a.Region != "" {
			c.checkServers(p)
		}
	}
}

// checkServers says which brokers may not be sent what an identity signs.
func (c *Cluster) checkServers(p *driver.Problems) {
	c.checkEach(p, c.AWS.checkBroker)
}

// checkEach says of which brokers check has something to say.
func (c *Cluster) checkEach(p *driver.Problems, check func(string, scalerkit.Options) error) {
	var problems []string
	for _, address := range c.BootstrapServers {
		if err := check(address, p.Options()); err != nil {
			problems = append(problems, err.Error())
		}
	}
	if len(problems) > 0 {
		p.Add(&c.BootstrapServers, "%s", strings.Join(problems, "; "))
	}
}

func (a *AWS) parseIdentity(p *driver.Problems) {
	switch provider := a.Identity.Provider; {
	case !a.Identity.IsSet():
	case provider != providerAWS && provider != providerEKS:
		p.Add(&a.Identity, "%q is not an identity of AWS: use the provider aws", provider)
	case provider == providerAWS && a.Identity.Owner == "workload" && a.Identity.RoleARN == "":
		p.Add(&a.Identity, "is that of the workload, but its service account has no role: annotate that with eks.amazonaws.com/role-arn")
	case provider == providerEKS && a.Identity.RoleARN == "" && a.RoleARN == "" && a.IdentityOwner != "operator":
		a.parseKey(p)
	}
}

func (a *AWS) parseKey(p *driver.Problems) {
	id, secret := p.Name(&a.AccessKeyID), p.Name(&a.SecretAccessKey)
	p.Together(&a.AccessKeyID, &a.SecretAccessKey)
	p.Require(&a.AccessKeyID, "say who asks for aws_msk_iam, with %s and %s, with %s, or with a podIdentity of provider aws", id, secret, p.Name(&a.RoleARN))
}

// credentials returns the provider of the credentials that a asks for.
func (a *AWS) credentials(options scalerkit.Options) CredentialsProvider {
	if a.identity() == nil {
		return fixed{a.AccessKeyID, a.SecretAccessKey, a.SessionToken}
	}
	return a.Identities.Open(*a, options)
}

// checkBroker returns an error unless a broker may be sent the token of an
// identity, which is good for every cluster of the account, for whoever has it.
func (a *AWS) checkBroker(address string, options scalerkit.Options) error {
	return cloudhosts.MSK(a.Region).Check(address, options.IdentityEndpoints)
}

// guard returns a dial that goes only where the token of an identity may. It is
// the brokers that say where other brokers are, and their owner what they say.
func (c *Cluster) guard(dial driver.DialFunc, options scalerkit.Options) driver.DialFunc {
	var check func(string, scalerkit.Options) error
	switch {
	case c.usesMSK() && c.AWS.identity() != nil:
		check = c.AWS.checkBroker
	case c.usesAzure():
		check = checkEventHubs
	default:
		return dial
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if err := check(address, options); err != nil {
			return nil, err
		}
		return dial(ctx, network, address)
	}
}

// A signer makes tokens for MSK IAM.
type signer struct {
	region string
	CredentialsProvider
}

func (s signer) Token(ctx context.Context) (string, error) {
	credentials, err := s.Retrieve(ctx)
	if err != nil {
		return "", err
	}
	return credentials.token(s.region, time.Now()), nil
}

func (s signer) Forget(string) { s.Refused() }

// token signs a token. Such a token is the address of a request that nobody
// sends, presigned by Signature Version 4: a few lines, in place of the AWS
// SDK.
func (c Credentials) token(region string, now time.Time) string {
	const (
		service   = "kafka-cluster"
		lifetime  = "900" // seconds
		ofNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	)
	host := "kafka." + region + ".amazonaws.com"
	at := now.UTC().Format("20060102T150405Z")
	day := at[:len("20060102")]
	scope := strings.Join([]string{day, region, service, "aws4_request"}, "/")
	query := url.Values{
		"Action":              {service + ":Connect"},
		"X-Amz-Algorithm":     {"AWS4-HMAC-SHA256"},
		"X-Amz-Credential":    {c.AccessKeyID + "/" + scope},
		"X-Amz-Date":          {at},
		"X-Amz-Expires":       {lifetime},
		"X-Amz-SignedHeaders": {"host"},
	}
	if c.SessionToken.IsSet() {
		query.Set("X-Amz-Security-Token", c.SessionToken.Reveal())
	}
	request := strings.Join([]string{"GET", "/", encode(query), "host:" + host, "", "host", ofNothing}, "\n")
	hash := sha256.Sum256([]byte(request))
	toSign := strings.Join([]string{"AWS4-HMAC-SHA256", at, scope, hex.EncodeToString(hash[:])}, "\n")
	key := []byte("AWS4" + c.SecretAccessKey.Reveal())
	for _, part := range []string{day, region, service, "aws4_request"} {
		key = sign(key, part)
	}
	query.Set("X-Amz-Signature", hex.EncodeToString(sign(key, toSign)))
	query.Set("User-Agent", clientID)
	return base64.RawURLEncoding.EncodeToString([]byte("https://" + host + "/?" + encode(query)))
}

// encode encodes a query as it is signed: a blank is no plus.
func encode(query url.Values) string { return strings.ReplaceAll(query.Encode(), "+", "%20") }

func sign(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
