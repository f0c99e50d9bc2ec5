package aws_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/internal/aws"
	"github.com/scalerkit/scalerkit/internal/aws/awsfake"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	workloadRole = "arn:aws:iam::123456789012:role/workload"
	sharedRole   = "arn:aws:iam::123456789012:role/shared"
)

// newSTS starts an STS at which the environment of the process points. The
// process's own identity is "operator".
func newSTS(t *testing.T) *awsfake.STS {
	s := awsfake.NewSTS(t)
	s.Process(t)
	s.Keys.Add(awsfake.Key{ID: "AKIATRIGGER", Secret: "trigger-secret", Token: "trigger-token", Owner: "trigger"})
	s.Keys.Add(awsfake.Key{ID: "AKIAPROGRAM", Secret: "program-secret", Owner: "program"})
	return s
}

func key() aws.Account {
	return aws.Account{AccessKeyID: "AKIATRIGGER", SecretAccessKey: scalerkit.NewSecret("trigger-secret"), SessionToken: scalerkit.NewSecret("trigger-token")}
}

func open(t *testing.T, s *awsfake.STS, account aws.Account) *aws.Session {
	account.Region, account.Endpoint = awsfake.Region, s.URL
	require.NoError(t, check(account))
	session := account.Key().Open(scalerkit.Options{})
	t.Cleanup(func() { require.NoError(t, session.Close()) })
	return session
}

// caller returns who asks, as STS sees it.
func caller(t *testing.T, session *aws.Session) (string, error) {
	out, err := sts.NewFromConfig(session.Config).GetCallerIdentity(t.Context(), nil)
	if err != nil {
		return "", session.Explain(err)
	}
	return *out.Arn, nil
}

func TestWhoAsks(t *testing.T) {
	with := func(change func(*aws.Account)) aws.Account {
		a := key()
		change(&a)
		return a
	}
	pod := scalerkit.Identity{Provider: "aws"}

	for name, c := range map[string]struct {
		account aws.Account
		trust   string // who may assume workloadRole
		token   string // web identity token of the process
		want    string
		calls   []string
	}{
		"an access key": {
			account: key(), want: "trigger",
		},
		"a role comes before an access key": {
			account: with(func(a *aws.Account) { a.RoleARN = workloadRole }),
			trust:   "operator", want: workloadRole + " as scalerkit", calls: []string{"AssumeRole"},
		},
		"the operator comes before a role and an access key": {
			account: with(func(a *aws.Account) { a.RoleARN, a.IdentityOwner = workloadRole, "operator" }),
			want:    "operator",
		},
		"the pod identity comes before all that": {
			account: with(func(a *aws.Account) { a.IdentityOwner, a.Identity = "pod", pod }),
			want:    "operator",
		},
		"the program's own credential comes before all that": {
			account: with(func(a *aws.Account) {
				a.Credential, a.IdentityOwner, a.Identity = awsfake.Key{ID: "AKIAPROGRAM", Secret: "program-secret"}, "pod", pod
			}),
			want: "program",
		},
		"the role of the pod identity": {
			account: aws.Account{RoleARN: sharedRole, Identity: scalerkit.Identity{Provider: "aws", RoleARN: workloadRole}},
			trust:   "operator", want: workloadRole + " as scalerkit", calls: []string{"AssumeRole"},
		},
		"the role of the pod identity, with its external ID": {
			account: aws.Account{Identity: scalerkit.Identity{Provider: "aws", RoleARN: workloadRole, ExternalID: "x1"}},
			trust:   "operator x1", want: workloadRole + " as scalerkit", calls: []string{"AssumeRole"},
		},
		"the role of the authentication, for the pod identity": {
			account: aws.Account{RoleARN: workloadRole, Identity: pod},
			trust:   "operator", want: workloadRole + " as scalerkit", calls: []string{"AssumeRole"},
		},
		"the role of the workload": {
			account: aws.Account{Identity: scalerkit.Identity{Provider: "aws", Owner: "workload", RoleARN: workloadRole}},
			trust:   "operator", want: workloadRole + " as scalerkit", calls: []string{"AssumeRole"},
		},
		"a role by web identity": {
			account: aws.Account{RoleARN: workloadRole, Identity: pod}, token: "jwt",
			trust: "token:jwt", want: workloadRole + " as scalerkit", calls: []string{"AssumeRoleWithWebIdentity"},
		},
		"a role that the web identity may not have": {
			account: aws.Account{RoleARN: workloadRole, Identity: pod}, token: "other",
			trust: "operator", want: workloadRole + " as scalerkit", calls: []string{"AssumeRoleWithWebIdentity", "AssumeRole"},
		},
		"a role of the authentication is not assumed by web identity": {
			account: aws.Account{RoleARN: workloadRole}, token: "other",
			trust: "operator", want: workloadRole + " as scalerkit", calls: []string{"AssumeRole"},
		},
		"the role of the older pod identity": {
			account: with(func(a *aws.Account) { a.Identity = scalerkit.Identity{Provider: "aws-eks", RoleARN: workloadRole} }),
			trust:   "operator", want: workloadRole + " as scalerkit", calls: []string{"AssumeRole"},
		},
		"the older pod identity without a role": {
			account: with(func(a *aws.Account) { a.Identity.Provider = "aws-eks" }), want: "trigger",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSTS(t)
			s.Trust(workloadRole, c.trust)
			if c.token != "" {
				awsfake.WebIdentity(t, "", c.token)
			}
			session := open(t, s, c.account)
			for range 2 {
				who, err := caller(t, session)
				require.NoError(t, err)
				require.Equal(t, c.want, who)
			}
			require.Equal(t, append(c.calls, "GetCallerIdentity", "GetCallerIdentity"), s.Calls())
		})
	}
}

// A broken provider has no credentials.
type broken struct{}

func (broken) Retrieve(context.Context) (sdk.Credentials, error) {
	return sdk.Credentials{}, errors.New("the vault is sealed")
}

func TestTheProgramsCredentialsFail(t *testing.T) {
	_, err := caller(t, open(t, newSTS(t), aws.Account{Credential: broken{}}))
	require.EqualError(t, err, "no credentials: the vault is sealed")
}

func TestErrorsAboutCredentials(t *testing.T) {
	for name, c := range map[string]struct {
		account aws.Account
		token   string
		want    string
	}{
		"an access key that does not exist": {
			account: aws.Account{AccessKeyID: "AKIANOBODY", SecretAccessKey: scalerkit.NewSecret("x")},
			want:    "access denied: UnrecognizedClientException: The security token included in the request is invalid.",
		},
		"a wrong secret, which gives neither token nor signature away": {
			account: aws.Account{AccessKeyID: "AKIATRIGGER", SecretAccessKey: scalerkit.NewSecret("wrong"), SessionToken: scalerkit.NewSecret("trigger-token")},
			want:    "access denied: InvalidSignatureException: The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.",
		},
		"a role that nobody may have": {
			account: aws.Account{RoleARN: sharedRole},
			want:    "no credentials: STS AssumeRole: access denied: AccessDenied: User: operator is not authorized to perform: sts:AssumeRole on resource: " + sharedRole,
		},
		"a role that nobody may have, by web identity": {
			account: aws.Account{RoleARN: sharedRole, Identity: scalerkit.Identity{Provider: "aws"}}, token: "jwt",
			want: "no credentials: STS AssumeRoleWithWebIdentity: access denied: AccessDenied: User: token:jwt is not authorized to perform: sts:AssumeRoleWithWebIdentity on resource: " + sharedRole +
				"; and then: STS AssumeRole: access denied: AccessDenied: User: operator is not authorized to perform: sts:AssumeRole on resource: " + sharedRole,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSTS(t)
			if c.token != "" {
				awsfake.WebIdentity(t, "", c.token)
			}
			_, err := caller(t, open(t, s, c.account))
			require.EqualError(t, err, c.want)
			require.ErrorIs(t, err, scalerkit.ErrDenied)
		})
	}
}

func TestAProcessWithoutAnIdentityIsNotDeniedButHasNone(t *testing.T) {
	s := newSTS(t)
	awsfake.SetKey(t, awsfake.Key{})
	_, err := caller(t, open(t, s, aws.Account{IdentityOwner: "operator"}))
	require.EqualError(t, err, `no credentials: the process has none in its environment, and from the machine: access disabled to EC2 IMDS via client option, or "AWS_EC2_METADATA_DISABLED" environment variable`)
	require.NotErrorIs(t, err, scalerkit.ErrDenied)
}

func TestTheProcessIsWhoThePlatformSays(t *testing.T) {
	const podRole = "arn:aws:iam::123456789012:role/pod"
	irsa := func(t *testing.T, s *awsfake.STS) {
		awsfake.WebIdentity(t, podRole, "jwt")
		s.Trust(podRole, "token:jwt")
	}
	eks := func(t *testing.T, s *awsfake.STS) {
		key := awsfake.Key{ID: "ASIAPOD", Secret: "pod-secret", Token: "pod-session", Owner: "pod"}
		s.Keys.Add(key)
		awsfake.PodIdentity(t, key)
	}
	for name, c := range map[string]struct {
		platform func(*testing.T, *awsfake.STS)
		account  aws.Account
		trust    string // who may assume workloadRole
		want     string
		calls    []string
	}{
		"by IRSA": {
			irsa, aws.Account{IdentityOwner: "operator"}, "", podRole + " as pod", []string{"AssumeRoleWithWebIdentity"},
		},
		"by IRSA, in a role that trusts its token": {
			irsa, aws.Account{Identity: scalerkit.Identity{Provider: "aws", RoleARN: workloadRole}}, "token:jwt",
			workloadRole + " as scalerkit", []string{"AssumeRoleWithWebIdentity"},
		},
		"by IRSA, in a role that trusts its role": {
			irsa, aws.Account{Identity: scalerkit.Identity{Provider: "aws", RoleARN: workloadRole}}, podRole + " as pod",
			workloadRole + " as scalerkit", []string{"AssumeRoleWithWebIdentity", "AssumeRoleWithWebIdentity", "AssumeRole"},
		},
		"by EKS pod identity": {
			eks, aws.Account{Identity: scalerkit.Identity{Provider: "aws"}}, "", "pod", nil,
		},
		"by EKS pod identity, in a role": {
			eks, aws.Account{RoleARN: workloadRole}, "pod", workloadRole + " as scalerkit", []string{"AssumeRole"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSTS(t)
			awsfake.SetKey(t, awsfake.Key{})
			s.Trust(workloadRole, c.trust)
			c.platform(t, s)
			who, err := caller(t, open(t, s, c.account))
			require.NoError(t, err)
			require.Equal(t, c.want, who)
			require.Equal(t, append(c.calls, "GetCallerIdentity"), s.Calls())
		})
	}
}

func TestCredentialsThatExpireAreRenewed(t *testing.T) {
	for name, c := range map[string]struct {
		lifetime time.Duration
		calls    []string
	}{
		"in time":  {time.Hour, []string{"AssumeRole", "GetCallerIdentity", "GetCallerIdentity"}},
		"too late": {-time.Minute, []string{"AssumeRole", "GetCallerIdentity", "AssumeRole", "GetCallerIdentity"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSTS(t)
			s.Trust(workloadRole, "operator")
			s.Lifetime = c.lifetime
			session := open(t, s, aws.Account{RoleARN: workloadRole})
			for range 2 {
				_, err := caller(t, session)
				require.NoError(t, err)
			}
			require.Equal(t, c.calls, s.Calls())
		})
	}
}

func TestCredentialsForThoseWhoSignByThemselves(t *testing.T) {
	s := newSTS(t)
	s.Trust(workloadRole, "operator")
	session := open(t, s, aws.Account{RoleARN: workloadRole})
	id := func() string {
		found, err := session.Credentials(t.Context())
		require.NoError(t, err)
		return found.AccessKeyID
	}
	require.Equal(t, "ASIA1", id())
	require.Equal(t, "ASIA1", id())
	session.Forget()
	require.Equal(t, "ASIA2", id())

	s.Keys.Revoke("AKIAOPERATOR")
	_, err := open(t, s, aws.Account{RoleARN: workloadRole}).Credentials(t.Context())
	require.ErrorIs(t, err, scalerkit.ErrDenied)
	require.EqualError(t, err, "no credentials: STS AssumeRole: access denied: UnrecognizedClientException: The security token included in the request is invalid.")
}

func TestCloseEndsTheFetchingOfCredentials(t *testing.T) {
	begun, ended := make(chan struct{}), make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // or it is not noticed that the client has gone
		close(begun)
		<-r.Context().Done()
		close(ended)
	}))
	defer silent.Close()
	newSTS(t)
	t.Setenv("AWS_ENDPOINT_URL_STS", silent.URL)
	account := aws.Account{Region: awsfake.Region, RoleARN: workloadRole}
	session := account.Key().Open(scalerkit.Options{HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}})
	ctx, giveUp := context.WithCancel(t.Context())
	result := make(chan error)
	go func() {
		_, err := session.Credentials(ctx)
		result <- err
	}()
	<-begun
	giveUp()
	require.ErrorIs(t, <-result, context.Canceled)
	require.NoError(t, session.Close())
	<-ended
}

func TestARoleWhoseCredentialsWereRevokedIsAssumedAnew(t *testing.T) {
	s := newSTS(t)
	s.Trust(workloadRole, "operator")
	session := open(t, s, aws.Account{RoleARN: workloadRole})
	_, err := caller(t, session)
	require.NoError(t, err)

	s.Keys.Revoke("ASIA1") // long before it expires
	_, err = caller(t, session)
	require.ErrorIs(t, err, scalerkit.ErrDenied)
	_, err = caller(t, session)
	require.NoError(t, err)

	s.Keys.Revoke("ASIA2") // again, within a second
	s.Calls()
	for range 10 {
		_, err = caller(t, session)
		require.ErrorIs(t, err, scalerkit.ErrDenied)
	}
	require.Empty(t, s.Calls(), "roles that were assumed")
}

func TestAProcessWhoseCredentialsWereRenewedUsesTheNewOnes(t *testing.T) {
	for name, account := range map[string]aws.Account{
		"as itself": {IdentityOwner: "operator"},
		"in a role": {RoleARN: workloadRole},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSTS(t)
			s.Trust(workloadRole, "operator")
			session := open(t, s, account)
			_, err := caller(t, session)
			require.NoError(t, err)

			for _, id := range []string{"AKIAOPERATOR", "ASIA1"} {
				s.Keys.Revoke(id)
			}
			renewed := awsfake.Key{ID: "AKIARENEWED", Secret: "renewed", Owner: "operator"}
			s.Keys.Add(renewed)
			awsfake.SetKey(t, renewed)
			_, err = caller(t, session)
			require.ErrorIs(t, err, scalerkit.ErrDenied)
			_, err = caller(t, session)
			require.NoError(t, err)
		})
	}
}

func TestOneConnectionCarriesRequestAfterRequest(t *testing.T) {
	dials := 0
	s := newSTS(t)
	account := key()
	account.Region, account.Endpoint = awsfake.Region, s.URL
	session := account.Key().Open(scalerkit.Options{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		dials++ // one after the other
		return new(net.Dialer).DialContext(ctx, network, address)
	}})
	defer session.Close()
	for range 500 {
		_, err := caller(t, session)
		require.NoError(t, err)
	}
	// On a machine that is busy, package net/http may wait in vain to hear that a
	// request was sent, and then gives a connection up.
	require.Less(t, dials, 10)
}
