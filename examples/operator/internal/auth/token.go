package auth

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/store"
	"github.com/scalerkit/scalerkit/keda"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

const defaultTokenExpiry = time.Hour

// tokens takes tokens of service accounts.
func (s reading) tokens(ctx context.Context, list []v1alpha1.BoundServiceAccountToken) {
	for _, from := range list {
		about := "boundServiceAccountToken: " + from.Parameter + ": "
		token, err := s.account(ctx, s.Namespace, from.ServiceAccountName)
		if err != nil {
			s.Fail(about, err)
			continue
		}
		result := token.get(ctx)
		s.take(about, result)
		s.Set(about, from.Parameter, result.values[tokenValue], result.err)
	}
}

// account returns what requests tokens of a service account that exists, and
// for which the administrator has set an audience.
func (s reading) account(ctx context.Context, namespace, name string) (accountToken, error) {
	ref := keda.Ref{Kind: "ServiceAccount", Namespace: namespace, Name: name}
	if _, err := s.TokenPolicy.Audiences(namespace, name); err != nil {
		return accountToken{}, err
	}
	var account corev1.ServiceAccount
	if err := s.Get(ctx, ref, &account); err != nil {
		return accountToken{}, err
	}
	// A token is for one service account, and not for another with its name.
	return accountToken{s.Resolver, key{source: "token", ref: ref, generation: generation{uid: account.UID}}}, nil
}

// An accountToken requests tokens of one service account.
type accountToken struct {
	*Resolver
	key key
}

const tokenValue = "token"

// get returns a token that is good for a while.
func (t accountToken) get(ctx context.Context) result {
	const untilRenewed = 24 * time.Hour // tokens do not live that long
	return t.cache.get(ctx, t.key, untilRenewed, func() (source, error) { return t, nil })
}

// Read implements source.
func (t accountToken) Read(ctx context.Context) (store.Answer, error) {
	ref := t.key.ref
	audiences, err := t.TokenPolicy.Audiences(ref.Namespace, ref.Name)
	if err != nil {
		return store.Answer{}, err
	}
	expiry := t.TokenExpiry
	if expiry <= 0 {
		expiry = defaultTokenExpiry
	}
	seconds := int64(expiry.Seconds())
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds, Audiences: audiences}}
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: ref.Namespace, Name: ref.Name}}
	if t.TokenPolicy.Legacy {
		t.Logger.WarnContext(ctx, "requesting a token that the API server takes, for wherever a tenant says", "account", ref.String())
	}
	now := t.Now()
	if err := t.Tokens.SubResource("token").Create(ctx, account, request); err != nil {
		return store.Answer{}, fmt.Errorf("request a token of %s: %w", ref, err)
	}
	// An API server that does not know the request's audiences leaves them out.
	if err := t.TokenPolicy.CheckMade(request.Status.Token, ref.Namespace, ref.Name, now); err != nil {
		return store.Answer{}, fmt.Errorf("the token of %s that was requested: %w", ref, err)
	}
	return store.Answer{
		Values: map[string]string{tokenValue: request.Status.Token},
		Life:   store.Lasting(now, request.Status.ExpirationTimestamp.Sub(now)),
	}, nil
}

// tokenFile returns what is in a file, which has to be a token that the
// administrator lets go: no other file of the operator's may be sent anywhere.
func (r *Resolver) tokenFile(ctx context.Context, path string) (string, error) {
	if path == "" {
		return "", errors.New("the operator has no token for Vault: name one with credential.serviceAccountName, or start it with --vault-kubernetes-auth-token-file")
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	var content []byte
	if info.Mode().IsRegular() { // others may keep us waiting
		content, err = readAll(os.Open(path))
	}
	if err != nil {
		return "", err
	}
	token := strings.TrimSpace(string(content))
	if err := r.TokenPolicy.CheckFile(token, r.Now()); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	if r.TokenPolicy.Legacy {
		r.Logger.WarnContext(ctx, "logging in to a Vault with a token that the API server may take", "file", path)
	}
	return token, nil
}
