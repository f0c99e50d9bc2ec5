package kafka_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/aws/awsfake"
	"github.com/scalerkit/scalerkit/scalers/kafka/mskiam"
)

// refusal is what is said of a broker that may not be sent a token.
func refusal(broker string) string {
	return `"` + broker + `" may not be sent the token of an identity: use *.kafka.eu-west-1.amazonaws.com, *.kafka-serverless.eu-west-1.amazonaws.com, or let the administrator list it as an identity endpoint`
}

// TestTheTokenOfAnIdentityGoesToNoStranger plays somebody who writes a trigger
// to get hold of a token of the program's identity.
func TestTheTokenOfAnIdentityGoesToNoStranger(t *testing.T) {
	sts := newSTS(t)
	sts.Trust(workloadRole, awsfake.Operator)
	f := newMSK(t, sts, kfake.NumBrokers(1))
	f.create(t, "a", 1)
	stranger := f.ListenAddrs()[0]
	for name, c := range map[string]struct {
		who    scalerkit.Spec
		listed []string
	}{
		"the pod identity":       {scalerkit.Spec{Identity: scalerkit.Identity{Provider: "aws"}}, nil},
		"the older pod identity": {scalerkit.Spec{Identity: scalerkit.Identity{Provider: "aws-eks", RoleARN: workloadRole}}, nil},
		"the operator":           {scalerkit.Spec{Metadata: values{"identityOwner": "operator"}}, nil},
		"a role":                 {scalerkit.Spec{Auth: scalerkit.Secrets(values{"awsRoleArn": workloadRole})}, nil},
		"a role and a key":       {scalerkit.Spec{Auth: scalerkit.Secrets(triggerKey.with(values{"awsRoleArn": workloadRole}))}, nil},
		"others are listed":      {scalerkit.Spec{Identity: scalerkit.Identity{Provider: "aws"}}, []string{"127.0.0.1:1"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := mskiam.Driver().Open(f.spec(c.who), scalerkit.Options{IdentityEndpoints: c.listed})
			if err == nil {
				_, _ = s.Read(t.Context())
				require.NoError(t, s.Close())
			}
			require.Empty(t, f.admitted(), "the broker was shown a token")
			require.EqualError(t, err, `kafka trigger "t": bootstrapServers: `+refusal(stranger))
		})
	}
}

// TestABrokerThatTheOthersNameGetsNoToken has a cluster lead to a host that the
// trigger does not name.
func TestABrokerThatTheOthersNameGetsNoToken(t *testing.T) {
	f := newMSK(t, newSTS(t), kfake.NumBrokers(2))
	f.create(t, "a", 2) // each broker leads a partition
	friend, stranger := f.ListenAddrs()[0], f.ListenAddrs()[1]
	spec := f.spec(scalerkit.Spec{Identity: scalerkit.Identity{Provider: "aws"}, Metadata: values{"bootstrapServers": friend}})
	s := opened(t)(mskiam.Driver().Open(spec, scalerkit.Options{IdentityEndpoints: []string{friend}}))
	_, err := s.Read(t.Context())
	require.ErrorContains(t, err, "broker "+stranger+": "+refusal(stranger))
	require.Equal(t, []string{awsfake.Operator}, f.admitted(), "by the one broker")
	require.True(t, strings.HasPrefix(err.Error(), `read lag of group "workers" in topic "a": `))
}
