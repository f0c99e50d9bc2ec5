package awssecrets_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/awssecrets"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/store"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/storetest"
	"github.com/scalerkit/scalerkit/internal/aws/awsfake"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

const workloadRole = "arn:aws:iam::123456789012:role/workload"

// A cloud is Secrets Manager and STS. The process's own identity is "operator".
type cloud struct {
	gate storetest.Gate
	sts  *awsfake.STS
	storetest.SecretsManager
}

func newCloud(t *testing.T) *cloud {
	c := &cloud{sts: awsfake.NewSTS(t)}
	c.sts.Keys.Add(awsfake.Key{ID: "AKIAOPERATOR", Secret: "operator-secret", Owner: "operator"})
	c.sts.Keys.Add(awsfake.Key{ID: "AKIAKEY", Secret: "key-secret", Token: "key-token", Owner: "key"})
	c.SecretsManager = storetest.SecretsManager{
		Keys: &c.sts.Keys,
		Secrets: map[string]string{
			"redis":             `{"username": "reader", "password": "hunter2", "port": 6379}`,
			"redis@v1":          `{"password": "hunter1"}`,
			"redis@AWSPREVIOUS": `{"password": "hunter0"}`,
			"kafka":             "plain",
		},
		Binary: map[string][]byte{"certificate": []byte("PEM")},
	}
	c.gate.Store = &c.SecretsManager
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_STS":        "https://sts",
		"AWS_ACCESS_KEY_ID":           "AKIAOPERATOR",
		"AWS_SECRET_ACCESS_KEY":       "operator-secret",
		"AWS_EC2_METADATA_DISABLED":   "true",
		"AWS_CONFIG_FILE":             filepath.Join(t.TempDir(), "none"),
		"AWS_SHARED_CREDENTIALS_FILE": filepath.Join(t.TempDir(), "none"),
		"AWS_PROFILE":                 "",
		"AWS_WEB_IDENTITY_TOKEN_FILE": "",
	} {
		t.Setenv(name, value)
	}
	return c
}

// config has an access key.
func (c *cloud) config(secrets ...v1alpha1.AwsSecretManagerSecret) awssecrets.Config {
	return awssecrets.Config{
		Region:          awsfake.Region,
		Secrets:         secrets,
		AccessKeyID:     scalerkit.NewSecret("AKIAKEY"),
		SecretAccessKey: scalerkit.NewSecret("key-secret"),
		SessionToken:    scalerkit.NewSecret("key-token"),
		Client: store.NewClient(storetest.Hosts{
			"secretsmanager." + awsfake.Region + ".amazonaws.com": &c.gate,
			"localhost:4566": &c.gate,
			"sts":            c.sts,
		}),
	}
}

type secret = v1alpha1.AwsSecretManagerSecret

func TestSecrets(t *testing.T) {
	c := newCloud(t)
	answer, err := awssecrets.New(c.config(
		secret{Parameter: "username", Name: "redis", SecretKey: "username"},
		secret{Parameter: "password", Name: "redis", SecretKey: "password"},
		secret{Parameter: "port", Name: "redis", SecretKey: "port"},
		secret{Parameter: "current", Name: "redis", SecretKey: "password", VersionStage: "AWSCURRENT"},
		secret{Parameter: "old", Name: "redis", SecretKey: "password", VersionID: "v1"},
		secret{Parameter: "previous", Name: "redis", SecretKey: "password", VersionStage: "AWSPREVIOUS"},
		secret{Parameter: "plain", Name: "kafka"},
		secret{Parameter: "binary", Name: "certificate"},
	)).Read(t.Context())
	require.NoError(t, err)
	require.Equal(t, store.Answer{Values: map[string]string{
		"username": "reader", "password": "hunter2", "port": "6379", "current": "hunter2", "old": "hunter1", "previous": "hunter0",
		"plain": "plain", "binary": "PEM",
	}}, answer)
	require.Len(t, c.gate.Seen(), 6, "one request for each secret and version")
}

func TestWhoAsks(t *testing.T) {
	c := newCloud(t)
	c.sts.Trust(workloadRole, "operator")
	c.sts.Trust(workloadRole, "operator external-id")
	for name, who := range map[string]struct {
		identity scalerkit.Identity
		reader   string
	}{
		"the access key":       {scalerkit.Identity{}, "key"},
		"the operator":         {scalerkit.Identity{Provider: "aws"}, "operator"},
		"a role":               {scalerkit.Identity{Provider: "aws", RoleARN: workloadRole, ExternalID: "external-id"}, workloadRole + " as scalerkit"},
		"a role of a workload": {scalerkit.Identity{Provider: "aws-eks", RoleARN: workloadRole}, workloadRole + " as scalerkit"},
	} {
		t.Run(name, func(t *testing.T) {
			c.Readers = []string{who.reader}
			config := c.config(secret{Parameter: "plain", Name: "kafka"})
			config.Identity = who.identity
			answer, err := awssecrets.New(config).Read(t.Context())
			require.NoError(t, err)
			require.Equal(t, map[string]string{"plain": "plain"}, answer.Values)
		})
	}
}

func TestEndpoint(t *testing.T) {
	config := newCloud(t).config(secret{Parameter: "plain", Name: "kafka"})
	config.Endpoint = "http://localhost:4566"
	answer, err := awssecrets.New(config).Read(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[string]string{"plain": "plain"}, answer.Values)
}

func TestErrorsNameWhatIsMissing(t *testing.T) {
	c := newCloud(t)
	_, err := awssecrets.New(c.config(
		secret{Parameter: "a", Name: "none"},
		secret{Parameter: "b", Name: "redis", SecretKey: "passwd"},
		secret{Parameter: "c", Name: "kafka", SecretKey: "password"},
		secret{Parameter: "d", Name: "redis", VersionID: "v9"},
		secret{Parameter: "good", Name: "redis"},
	)).Read(t.Context())
	require.EqualError(t, err, `a: secret none: not found: ResourceNotFoundException: Secrets Manager can't find the specified secret.
b: secret redis: it has no key "passwd": it has password, port, username
c: secret kafka: it is not a JSON object, so it has no key "password"
d: secret redis: not found: ResourceNotFoundException: Secrets Manager can't find the specified secret.`)
	require.ErrorIs(t, err, scalerkit.ErrNotFound)
}

func TestRefusals(t *testing.T) {
	c := newCloud(t)
	c.Readers = []string{"operator"}
	_, err := awssecrets.New(c.config(secret{Parameter: "a", Name: "redis"})).Read(t.Context())
	require.EqualError(t, err, "a: secret redis: access denied: AccessDeniedException: User: key is not authorized to perform: secretsmanager:GetSecretValue on resource: redis")
	require.ErrorIs(t, err, scalerkit.ErrDenied)

	config := c.config(secret{Parameter: "a", Name: "redis"})
	config.SessionToken = scalerkit.Secret{}
	_, err = awssecrets.New(config).Read(t.Context())
	require.EqualError(t, err, "a: secret redis: access denied: UnrecognizedClientException: The security token included in the request is invalid.")

	c.gate.Shut(true)
	_, err = awssecrets.New(c.config(secret{Parameter: "a", Name: "redis"})).Read(t.Context())
	require.EqualError(t, err, "a: secret redis: 503 Service Unavailable")
}
