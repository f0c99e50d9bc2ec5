package auth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scalerkit/scalerkit/examples/operator/api/v1alpha1"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/store"
)

const defaultTokenExpiry = time.Hour

// tokens takes tokens of service accounts.
func (s *resolution) tokens(ctx context.Context, list []v1alpha1.BoundServiceAccountToken) {
	for _, from := range list {
		about := "boundServiceAccountToken: " + from.Parameter + ": "
		token, err := s.account(ctx, from.ServiceAccountName)
		if err != nil {
			s.fail(about, err)
			continue
		}
		result := token.get(ctx)
		s.take(about, result)
		s.set(about, from.Parameter, result.values[tokenValue], result.err)
	}
}

// account returns what requests tokens of a service account that exists.
func (s *resolution) account(ctx context.Context, name string) (accountToken, error) {
	ref := Ref{"ServiceAccount", s.namespace, name}
	var account corev1.ServiceAccount
	if err := s.reader.get(ctx, ref, &account); err != nil {
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
	expiry := t.TokenExpiry
	if expiry <= 0 {
		expiry = defaultTokenExpiry
	}
	seconds := int64(expiry.Seconds())
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds}}
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: t.key.ref.Namespace, Name: t.key.ref.Name}}
	now := t.Now()
	if err := t.Tokens.SubResource("token").Create(ctx, account, request); err != nil {
		return store.Answer{}, fmt.Errorf("request a token of %s: %w", t.key.ref, err)
	}
	return store.Answer{
		Values: map[string]string{tokenValue: request.Status.Token},
		Life:   store.Lasting(now, request.Status.ExpirationTimestamp.Sub(now)),
	}, nil
}

// tokenFile returns what is in a file, which has to be the token of a service
// account: no other file of the operator's may be sent anywhere.
func tokenFile(path string) (string, error) {
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
	if !isAccountToken(token) {
		return "", errors.New(path + " is not the token of a service account")
	}
	return token, nil
}

func isAccountToken(token string) bool {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return false
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct {
		Subject string `json:"sub"`
	}
	return err == nil && json.Unmarshal(payload, &claims) == nil && strings.HasPrefix(claims.Subject, "system:serviceaccount:")
}
