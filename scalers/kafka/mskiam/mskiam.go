// Package mskiam is package kafka with all identities of AWS: it lets the
// brokers of Amazon MSK be asked as a role, as the identity of a pod or as the
// process itself, for which it links the AWS SDK. All else is as in package
// kafka, which does without the SDK and knows access keys only.
//
// # Who asks
//
// An identity of provider "aws" asks as the role that it names, or as the role
// in awsRoleArn, or as the process itself. Without it, identityOwner "operator"
// asks as the process itself; otherwise it is the role in awsRoleArn, or the
// access key. As the process itself means: with the credentials that the
// default chain of Amazon's SDK finds in the environment of the process, among
// them those of IRSA and of EKS pod identity.
//
// What a broker is sent lets whoever has it into every cluster of the account,
// so it goes only to brokers of Amazon MSK in awsRegion, or to those that
// scalerkit.Options.IdentityEndpoints lists: the bootstrapServers, and the
// brokers that these name. An access key of the trigger's own is its own affair.
//
// Credentials are fetched when a connection is opened, if those that are there
// have expired or were refused. The connection lasts as long as the brokers let
// it, and a reading that finds it closed opens another.
package mskiam

import (
	"context"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/aws"
	"github.com/scalerkit/scalerkit/scalers/kafka"
)

var (
	trigger       = kafka.Trigger(identities{})
	apacheTrigger = kafka.ApacheTrigger(identities{})
)

// New returns a Scaler that reads the lag of a consumer group. It does no I/O.
func New(config kafka.Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	return trigger.New(config, options)
}

// NewApache returns a Scaler that reads the lag of a consumer group by the
// rules of trigger type apache-kafka. It does no I/O.
func NewApache(config kafka.ApacheConfig, options scalerkit.Options) (scalerkit.Scaler, error) {
	return apacheTrigger.New(config, options)
}

// Driver returns the driver for trigger type kafka. What a trigger cannot say, such
// as who makes the mechanism of sasl gssapi, the functions set.
func Driver(set ...func(*kafka.Config)) scalerkit.Driver { return trigger.Driver(set...) }

// ApacheDriver returns the driver for trigger type apache-kafka. What a trigger
// cannot say, the functions set.
func ApacheDriver(set ...func(*kafka.ApacheConfig)) scalerkit.Driver {
	return apacheTrigger.Driver(set...)
}

// identities are those that package aws knows.
type identities struct{}

// Open implements kafka.Identities.
func (identities) Open(a kafka.AWS, options scalerkit.Options) kafka.CredentialsProvider {
	account := aws.Account{
		Region:          a.Region,
		Identity:        a.Identity,
		IdentityOwner:   a.IdentityOwner,
		RoleARN:         a.RoleARN,
		AccessKeyID:     a.AccessKeyID,
		SecretAccessKey: a.SecretAccessKey,
		SessionToken:    a.SessionToken,
	}
	return session{account.Key().Open(options)}
}

// A session is where credentials come from.
type session struct{ *aws.Session }

// Retrieve implements kafka.CredentialsProvider.
func (s session) Retrieve(ctx context.Context) (kafka.Credentials, error) {
	found, err := s.Credentials(ctx)
	return kafka.Credentials{
		AccessKeyID:     found.AccessKeyID,
		SecretAccessKey: scalerkit.NewSecret(found.SecretAccessKey),
		SessionToken:    scalerkit.NewSecret(found.SessionToken),
	}, err
}

// Refused implements kafka.CredentialsProvider.
func (s session) Refused() { s.Forget() }
