package aws_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/aws"
)

func decode(spec scalerkit.Spec) error {
	spec.Type = "t"
	var account aws.Account
	return driver.Decode(spec, &account)
}

// check is what New of a driver does with an Account.
func check(account aws.Account) error {
	_, err := driver.Type[aws.Account]{Name: "t", Open: func(*aws.Account, scalerkit.Options) (scalerkit.Scaler, error) { return nil, nil }}.New(account, scalerkit.Options{})
	return err
}

func TestAccountsThatSayWhoAsks(t *testing.T) {
	type values = map[string]string
	region := values{"awsRegion": "eu-west-1"}
	env := scalerkit.Secrets(values{"A": "A-value", "S": "S-value"})

	for name, spec := range map[string]scalerkit.Spec{
		"an access key": {Metadata: region, Auth: scalerkit.Secrets(values{"awsAccessKeyID": "a", "awsSecretAccessKey": "s"})},
		"an access key in the other spelling, with a session token": {
			Metadata: region, Auth: scalerkit.Secrets(values{"awsAccessKeyId": "a", "awsSecretAccessKey": "s", "awsSessionToken": "t"})},
		"an access key from the environment of the workload": {
			Metadata: values{"awsRegion": "eu-west-1", "awsAccessKeyIDFromEnv": "A", "awsSecretAccessKeyFromEnv": "S"}, Env: env},
		"an access key whose id is in the metadata": {
			Metadata: values{"awsRegion": "eu-west-1", "awsAccessKeyID": "a", "awsSecretAccessKeyFromEnv": "S"}, Env: env},
		"a region from the authentication": {Auth: scalerkit.Secrets(values{"awsRegion": "eu-west-1", "awsRoleArn": "r"})},
		"a role, owner pod":                {Metadata: values{"awsRegion": "eu-west-1", "identityOwner": "pod"}, Auth: scalerkit.Secrets(values{"awsRoleArn": "r"})},
		"the operator":                     {Metadata: values{"awsRegion": "eu-west-1", "identityOwner": "operator"}},
		"the pod identity":                 {Metadata: region, Identity: scalerkit.Identity{Provider: "aws"}},
		"an endpoint":                      {Metadata: values{"awsRegion": "eu-west-1", "awsEndpoint": "http://localhost:4566"}, Identity: scalerkit.Identity{Provider: "aws"}},
	} {
		t.Run(name, func(t *testing.T) { require.NoError(t, decode(spec)) })
	}
}

func TestMistakesInAccountsAreNamed(t *testing.T) {
	type values = map[string]string
	region := values{"awsRegion": "eu-west-1"}

	for name, c := range map[string]struct {
		spec scalerkit.Spec
		want string
	}{
		"no region": {
			scalerkit.Spec{Identity: scalerkit.Identity{Provider: "aws"}},
			`t trigger: awsRegion: is missing: set it in the metadata, or let the authentication deliver it`,
		},
		"nobody who asks": {
			scalerkit.Spec{Metadata: region},
			`t trigger: awsAccessKeyID: is missing: say who asks, with awsAccessKeyID and awsSecretAccessKey, with awsRoleArn, or with a podIdentity of provider aws`,
		},
		"an access key without its secret": {
			scalerkit.Spec{Metadata: region, Auth: scalerkit.Secrets(values{"awsAccessKeyID": "a"})},
			`t trigger: awsSecretAccessKey: is missing: it goes with awsAccessKeyID`,
		},
		"a secret without its access key": {
			scalerkit.Spec{Metadata: region, Auth: scalerkit.Secrets(values{"awsSecretAccessKey": "s"})},
			`t trigger: awsAccessKeyID: is missing: it goes with awsSecretAccessKey`,
		},
		"a secret in the metadata": {
			scalerkit.Spec{Metadata: values{"awsRegion": "eu-west-1", "awsSecretAccessKey": "s", "awsAccessKeyID": "a"}},
			`t trigger: awsSecretAccessKey: cannot be given in the metadata: let the authentication deliver it, or name an environment variable in awsSecretAccessKeyFromEnv` + "\n" +
				`t trigger: awsSecretAccessKey: is missing: it goes with awsAccessKeyID`,
		},
		"an owner who is neither": {
			scalerkit.Spec{Metadata: values{"awsRegion": "eu-west-1", "identityOwner": "Operator"}, Auth: scalerkit.Secrets(values{"awsRoleArn": "r"})},
			`t trigger: identityOwner: "Operator" is not one of pod, operator; did you mean "operator"?`,
		},
		"an identity of somebody else": {
			scalerkit.Spec{Metadata: region, Identity: scalerkit.Identity{Provider: "azure-workload"}},
			`t trigger: podIdentity: "azure-workload" is not an identity of AWS: use the provider aws`,
		},
		"the identity of a workload that has none, rather than the process's own": {
			scalerkit.Spec{Metadata: region, Identity: scalerkit.Identity{Provider: "aws", Owner: "workload"}},
			`t trigger: podIdentity: is that of the workload, but its service account has no role: annotate that with eks.amazonaws.com/role-arn`,
		},
		"an endpoint that is no URL": {
			scalerkit.Spec{Metadata: values{"awsRegion": "eu-west-1", "awsEndpoint": "localhost:4566"}, Auth: scalerkit.Secrets(values{"awsRoleArn": "r"})},
			`t trigger: awsEndpoint: is not a URL: want http:// or https://, and a host`,
		},
	} {
		t.Run(name, func(t *testing.T) { require.EqualError(t, decode(c.spec), c.want) })
	}
}

func TestMistakesInAccountsOfGoAreNamedAsThere(t *testing.T) {
	require.EqualError(t, check(aws.Account{Region: "eu-west-1", AccessKeyID: "a"}), "t trigger: SecretAccessKey: is missing: it goes with awsAccessKeyID")
	require.EqualError(t, check(aws.Account{Region: "eu-west-1", Identity: scalerkit.Identity{Provider: "gcp"}}),
		`t trigger: Identity: "gcp" is not an identity of AWS: use the provider aws`)
}

func TestWhatComesSecondMakesNoDifferenceToAKey(t *testing.T) {
	operator := aws.Account{Region: "eu-west-1", IdentityOwner: "operator"}
	both := key()
	both.Region, both.IdentityOwner = "eu-west-1", "operator"
	require.Equal(t, operator.Key(), both.Key())

	pod := aws.Account{Region: "eu-west-1", Identity: scalerkit.Identity{Provider: "aws"}}
	require.Equal(t, operator.Key(), pod.Key())

	other := operator
	other.Region = "us-east-1"
	require.NotEqual(t, operator.Key(), other.Key())
}
