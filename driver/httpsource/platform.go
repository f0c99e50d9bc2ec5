package httpsource

import (
	"fmt"
	"maps"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
)

// The providers of identities that there are, see [Platform.Provider].
const (
	ProviderAWS    = "aws"
	ProviderAzure  = "azure-workload"
	ProviderGoogle = "gcp"
)

// Platform is the part of a trigger's parameters that says as whom of a cloud to
// authenticate: with the identity that the platform gives the program, or with
// credentials of the trigger's own. It is comparable.
type Platform struct {
	// Identity is that of the platform, or none. If it is Amazon's and its Owner
	// is "workload", whoever fills it in finds the role of the workload's
	// service account.
	Identity scalerkit.Identity

	AWS AWS

	GoogleCredentials scalerkit.Secret `scaler:"GoogleApplicationCredentials|credentials" from:"auth,env" doc:"key of a Google service account, as JSON"`

	_ struct{} `scaler:"credentialsFromEnvFile" doc:"is not supported, since it names a file of the program's: give the key itself"`
}

// AWS is the part of a trigger's parameters that says as whom to sign requests
// to a service of Amazon's, and where that is. It is comparable.
type AWS struct {
	Region          string           `scaler:"awsRegion" from:"metadata,auth" doc:"AWS region, for AWS"`
	IdentityOwner   string           `scaler:"identityOwner" enum:"pod|operator" doc:"operator: use the AWS identity of the process that reads, whatever else is given; a podIdentity of provider aws does the same and comes first"`
	RoleARN         string           `scaler:"awsRoleArn" from:"auth" doc:"ARN of a role to assume, for AWS; comes before an access key"`
	AccessKeyID     string           `scaler:"awsAccessKeyID|awsAccessKeyId" from:"auth,metadata,env" doc:"access key, for AWS; goes with awsSecretAccessKey"`
	SecretAccessKey scalerkit.Secret `scaler:"awsSecretAccessKey" from:"auth,env" doc:"secret of the access key"`
	SessionToken    scalerkit.Secret `scaler:"awsSessionToken" from:"auth,env" doc:"session token, if the access key is a temporary one"`
}

// Provider returns whose identity is asked for, empty if none is: the Identity's
// provider, or else that of the credentials.
func (l *Platform) Provider() string {
	switch {
	case l.Identity.Provider == "aws-eks":
		return ProviderAWS
	case l.Identity.IsSet():
		return l.Identity.Provider
	case l.AWS.IdentityOwner == "operator", l.AWS.RoleARN != "", l.AWS.AccessKeyID != "", l.AWS.SecretAccessKey.IsSet():
		return ProviderAWS
	case l.GoogleCredentials.IsSet():
		return ProviderGoogle
	}
	return ""
}

// Check adds the problems of a Platform beside the Access of the same Config,
// which comes before it. It is for the Parse method of the Config to call.
func (l *Platform) Check(p *driver.Problems, access *Access) {
	switch {
	case !access.IsSet():
	case l.Identity.IsSet():
		p.Add(&access.Modes, "and the podIdentity exclude each other: keep one of them")
		return
	default:
		return
	}
	if l.Provider() != ProviderAWS {
		return
	}
	a := &l.AWS
	p.Require(&a.Region, "signatures of AWS need it")
	switch {
	case l.Identity.Provider == ProviderAWS && l.Identity.Owner == "workload" && l.Identity.RoleARN == "":
		p.Add(nil, "the podIdentity is that of the workload, but its service account has no role: annotate that with eks.amazonaws.com/role-arn")
	case l.Identity.Provider == ProviderAWS, a.IdentityOwner == "operator", a.RoleARN != "", l.Identity.RoleARN != "":
	case a.AccessKeyID == "":
		p.Add(&a.AccessKeyID, "is missing: say who asks, with it and %s, with %s, or with a podIdentity of provider aws", p.Name(&a.SecretAccessKey), p.Name(&a.RoleARN))
	case !a.SecretAccessKey.IsSet():
		p.Add(&a.SecretAccessKey, "is missing: it goes with %s", p.Name(&a.AccessKeyID))
	}
}

// An Audience is whom the credentials of a Platform are for.
type Audience struct {
	URL     string   // of the source
	Hosts   []string // of the cloud, that may be sent tokens for Scope; as [scalerkit.Options.IdentityEndpoints]
	Scope   string   // of tokens, for Azure and Google
	Cloud   string   // which of Azure's it is, as KEDA's parameter cloud has it
	Service string   // that signatures are for, such as "aps", for AWS
}

// Identities are the ways in which a program can authenticate by the platform
// that it runs on, by the name of the provider. A program passes them to a
// driver, so that nobody links the libraries of a cloud unasked: see packages
// awsidentity, azureidentity and googleidentity.
type Identities map[string]func(Platform, Audience, scalerkit.Options) (Opener, error)

// An Opener makes the Authenticator of one [Client]. It does no I/O.
type Opener func() Authenticator

// Join returns the identities of all.
func Join(all ...Identities) Identities {
	joined := make(Identities)
	for _, some := range all {
		maps.Copy(joined, some)
	}
	return joined
}

// Opener returns what makes the Authenticator for a Platform, nil if that asks
// for none. It does no I/O. A token, which serves whoever gets hold of it, is for
// the Hosts of the Audience and [scalerkit.Options.IdentityEndpoints] only: any
// other URL is an error. Errors are ConfigErrors.
func (i Identities) Opener(platform Platform, audience Audience, options scalerkit.Options) (Opener, error) {
	open, err := i.opener(platform, audience, options)
	if err != nil && len(scalerkit.ConfigErrors(err)) == 0 {
		err = scalerkit.ConfigError{Problem: err.Error()}
	}
	return open, err
}

func (i Identities) opener(platform Platform, audience Audience, options scalerkit.Options) (Opener, error) {
	provider := platform.Provider()
	if provider == "" {
		return nil, nil
	}
	open, ok := i[provider]
	if !ok {
		return nil, fmt.Errorf("this program has no identity of provider %q for this trigger type", provider)
	}
	if provider != ProviderAWS {
		if err := cloudhosts.Hosts(audience.Hosts).Check(audience.URL, options.IdentityEndpoints); err != nil {
			return nil, err
		}
	}
	return open(platform, audience, options)
}
