// Package aws is the identity and the client configuration of the drivers for
// Amazon's services, and what their errors mean to package scalerkit.
//
// # Who asks
//
// The first of these that applies:
//
//   - The program's own credentials provider.
//   - The identity "aws": the role that it names, or else awsRoleArn, or else
//     the process's own identity. The role is assumed with the process's web
//     identity token (IRSA) if there is one, and otherwise, or if that fails,
//     by the process's own identity.
//   - The identityOwner "operator": the process's own identity.
//   - The role that the identity "aws-eks" names or awsRoleArn, assumed by the
//     process's own identity.
//   - The access key.
//
// The process's own identity is what the default chain of Amazon's SDK finds:
// environment variables, the files in ~/.aws, a web identity token, the EKS pod
// identity agent, the machine's role. This is the one place where the
// environment of the process counts.
//
// Credentials are fetched when a request needs them and kept until they expire
// or are refused. Nothing is copied when a Scaler is opened.
package aws

import (
	"cmp"
	"fmt"

	sdk "github.com/aws/aws-sdk-go-v2/aws"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// Account is the part of a trigger's parameters that says where the service is
// and who asks. Triggers with equal Accounts share connections.
type Account struct {
	Region   string `scaler:"awsRegion,required" from:"metadata,auth" doc:"AWS region"`
	Endpoint string `scaler:"awsEndpoint" format:"url" doc:"URL of the service, in place of Amazon's for the region"`

	// Credential, if not nil, says who asks, and nothing below does. It is the
	// program's, and Close leaves it alone. It is part of the key under which
	// Scalers share a connection.
	Credential sdk.CredentialsProvider `scaler:"-"`

	// Identity is "aws" or "aws-eks", or none. If its Owner is "workload",
	// whoever fills it in finds the role of the workload's service account.
	Identity scalerkit.Identity

	IdentityOwner   string           `scaler:"identityOwner" enum:"pod|operator" doc:"operator: use the identity of the process that reads, whatever else is given; a podIdentity of provider aws does the same and comes first"`
	RoleARN         string           `scaler:"awsRoleArn" from:"auth" doc:"ARN of a role to assume; comes before an access key"`
	AccessKeyID     string           `scaler:"awsAccessKeyID|awsAccessKeyId" from:"auth,metadata,env" doc:"access key; goes with awsSecretAccessKey"`
	SecretAccessKey scalerkit.Secret `scaler:"awsSecretAccessKey" from:"auth,env" doc:"secret of the access key"`
	SessionToken    scalerkit.Secret `scaler:"awsSessionToken" from:"auth,env" doc:"session token of a temporary access key"`
}

// The providers of an Identity that are Amazon's.
const (
	providerAWS = "aws"
	providerEKS = "aws-eks"
)

const ownerOperator = "operator"

// Parse implements [driver.Parser]. It says whether there is an identity to ask
// with.
func (a *Account) Parse(p *driver.Problems) {
	if field, _, problem := a.fault(); field != nil {
		p.Add(field, "%s", problem)
	}
}

// Check is for Accounts that are made of the parameters of a Config which has
// them itself. The error is a [scalerkit.ConfigError] that names one of them as
// in a trigger.
func (a *Account) Check() error {
	if field, key, problem := a.fault(); field != nil {
		return scalerkit.ConfigError{Key: key, Problem: problem}
	}
	return nil
}

// fault returns what is missing for an identity to ask with. The field is nil if
// nothing is.
func (a *Account) fault() (field any, key, problem string) {
	switch {
	case a.Credential != nil:
	case a.Identity.IsSet() && a.Identity.Provider != providerAWS && a.Identity.Provider != providerEKS:
		return &a.Identity, "podIdentity", fmt.Sprintf("%q is not an identity of AWS: use the provider aws", a.Identity.Provider)
	case a.Identity.Provider == providerAWS:
		if a.Identity.Owner == "workload" && a.Identity.RoleARN == "" {
			return &a.Identity, "podIdentity", "is that of the workload, but its service account has no role: annotate that with eks.amazonaws.com/role-arn"
		}
	case a.IdentityOwner == ownerOperator, a.role() != "":
	case a.AccessKeyID == "" && a.SecretAccessKey.IsSet():
		return &a.AccessKeyID, "awsAccessKeyID", "is missing: it goes with awsSecretAccessKey"
	case a.AccessKeyID == "":
		return &a.AccessKeyID, "awsAccessKeyID", "is missing: say who asks, with awsAccessKeyID and awsSecretAccessKey, with awsRoleArn, or with a podIdentity of provider aws"
	case !a.SecretAccessKey.IsSet():
		return &a.SecretAccessKey, "awsSecretAccessKey", "is missing: it goes with awsAccessKeyID"
	}
	return nil, "", ""
}

func (a *Account) role() string { return cmp.Or(a.Identity.RoleARN, a.RoleARN) }

// A Key tells connections apart: Accounts with equal Keys can share one. It is
// comparable.
type Key struct {
	region, endpoint string
	who              who
}

// Key returns the Key of a valid Account. What does not matter, since something
// else comes before it, makes no difference.
func (a *Account) Key() Key { return Key{region: a.Region, endpoint: a.Endpoint, who: a.who()} }

// who is what credentials are made of. The zero value is the process's own
// identity.
type who struct {
	credential sdk.CredentialsProvider // the program's, in place of all else if not nil

	role        string // to assume
	externalID  string // of the role
	webIdentity bool   // try the process's web identity token for the role first

	accessKeyID                   string // if there is no role
	secretAccessKey, sessionToken scalerkit.Secret
}

func (a *Account) who() who {
	switch {
	case a.Credential != nil:
		return who{credential: a.Credential}
	case a.Identity.Provider == providerAWS:
		w := who{role: a.role()}
		w.webIdentity = w.role != ""
		if a.Identity.RoleARN != "" {
			w.externalID = a.Identity.ExternalID
		}
		return w
	case a.IdentityOwner == ownerOperator:
		return who{}
	case a.role() != "":
		return who{role: a.role()}
	}
	return who{accessKeyID: a.AccessKeyID, secretAccessKey: a.SecretAccessKey, sessionToken: a.SessionToken}
}
