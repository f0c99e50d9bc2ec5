package auth

import (
	"cmp"
	"context"
	"errors"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/awssecrets"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/azurekeyvault"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/gcpsecrets"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/policy"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/vault"
	"github.com/scalerkit/scalerkit/keda"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// stores are what [keda.References] asks the operator for.
type stores struct{ *Resolver }

// Read implements [keda.Stores].
func (r stores) Read(ctx context.Context, a *keda.Authentication) {
	s, spec := reading{r.Resolver, a}, a.Spec
	if spec.FilePath != "" {
		s.file(spec.FilePath)
		return
	}
	s.vault(ctx, spec.HashiCorpVault)
	s.azure(ctx, spec.AzureKeyVault)
	s.gcp(ctx, spec.GCPSecretManager)
	s.aws(ctx, spec.AwsSecretManager)
	s.tokens(ctx, spec.BoundServiceAccountToken)
}

// A reading is that of one authentication.
type reading struct {
	*Resolver
	*keda.Authentication
}

// ask takes the parameters that a secret store has. The answer depends on the
// authentication, and on the credential or identity with which it is asked.
func (s reading) ask(ctx context.Context, section string, credential scalerkit.Secret, identity scalerkit.Identity, open func() (source, error)) {
	about := section + ": "
	result := s.cache.get(ctx, key{section, s.Ref, generation{s.UID, s.Generation}, credential, identity}, keep, open)
	s.take(about, result)
	if result.err != nil {
		s.Fail(about, result.err)
		return
	}
	for parameter, value := range result.values {
		s.Set(about, parameter, value, nil)
	}
}

// take takes from a result what is not its values.
func (s reading) take(about string, r result) {
	s.Expire(r.expires)
	if r.stale != nil {
		s.Stale(about, r.stale)
	}
}

func (s reading) vault(ctx context.Context, v *v1alpha1.HashiCorpVault) {
	if v == nil {
		return
	}
	switch err := s.VaultEndpoints.Check(v.Address); {
	case errors.Is(err, policy.ErrUnlisted):
		s.Logger.WarnContext(ctx, "a Vault is asked that no list of endpoints has", "authentication", s.Ref.String(), "problem", err)
	case err != nil:
		s.Fail("hashiCorpVault: ", err)
		return
	}
	file, account := s.VaultTokenFile, ""
	if c := v.Credential; c != nil {
		file, account = c.ServiceAccount, c.ServiceAccountName
	}
	r := s.Resolver
	jwt := func(ctx context.Context) (string, error) { return r.tokenFile(ctx, file) }
	var whose scalerkit.Secret
	if account != "" && v.Authentication == v1alpha1.VaultAuthenticationKubernetes {
		// It is the workload that logs in, whoever wrote the authentication.
		token, err := s.account(ctx, s.Owner.Namespace, account)
		if err != nil {
			s.Fail("hashiCorpVault: credential: ", err)
			return
		}
		whose = scalerkit.NewSecret(string(token.key.generation.uid))
		jwt = func(ctx context.Context) (string, error) {
			result := token.get(ctx)
			return result.values[tokenValue], result.err
		}
	}
	s.ask(ctx, "hashiCorpVault", whose, scalerkit.Identity{}, func() (source, error) {
		return vault.New(vault.Config{HashiCorpVault: *v, JWT: jwt, Client: s.client, Now: s.Now}), nil
	})
}

func (s reading) azure(ctx context.Context, a *v1alpha1.AzureKeyVault) {
	if a == nil {
		return
	}
	var secret *v1alpha1.SecretValue
	if a.Credentials != nil {
		secret = a.Credentials.ClientSecret
	}
	who, ok := s.asker(ctx, "azureKeyVault", a.PodIdentity, secret)
	if !ok {
		return
	}
	s.ask(ctx, "azureKeyVault", who.secret, who.identity, func() (source, error) {
		return azurekeyvault.New(azurekeyvault.Config{
			AzureKeyVault: *a, ClientSecret: who.secret, Identity: who.identity, Client: s.client, IdentityEndpoints: s.IdentityEndpoints,
		})
	})
}

func (s reading) gcp(ctx context.Context, g *v1alpha1.GCPSecretManager) {
	if g == nil {
		return
	}
	var secret *v1alpha1.SecretValue
	if g.Credentials != nil {
		secret = &g.Credentials.ClientSecret
	}
	who, ok := s.asker(ctx, "gcpSecretManager", g.PodIdentity, secret)
	if !ok {
		return
	}
	s.ask(ctx, "gcpSecretManager", who.secret, who.identity, func() (source, error) {
		return gcpsecrets.New(gcpsecrets.Config{
			Secrets: g.Secrets,
			Key:     who.secret,
			Project: s.operatorEnv("CLOUDSDK_CORE_PROJECT"),
			Client:  s.client,
		}), nil
	})
}

func (s reading) aws(ctx context.Context, a *v1alpha1.AwsSecretManager) {
	if a == nil {
		return
	}
	who, ok := s.asker(ctx, "awsSecretManager", a.PodIdentity, nil)
	if !ok {
		return
	}
	config := awssecrets.Config{
		Region:   cmp.Or(a.Region, s.operatorEnv("AWS_REGION"), s.operatorEnv("AWS_DEFAULT_REGION")),
		Endpoint: cmp.Or(s.operatorEnv("AWS_ENDPOINT_URL_SECRETS_MANAGER"), s.operatorEnv("AWS_ENDPOINT_URL")),
		Secrets:  a.Secrets,
		Identity: who.identity,
		Client:   s.client,
	}
	if config.Region == "" {
		s.Fail("awsSecretManager: ", errors.New("region is missing, and AWS_REGION is not set in the operator's environment"))
		return
	}
	if !who.identity.IsSet() {
		c := a.Credentials
		var key, secret bool
		session := true
		config.AccessKeyID, key = s.Credential(ctx, "awsSecretManager: credentials: accessKey: ", c.AccessKey)
		config.SecretAccessKey, secret = s.Credential(ctx, "awsSecretManager: credentials: accessSecretKey: ", c.AccessSecretKey)
		if c.AccessToken != nil {
			config.SessionToken, session = s.Credential(ctx, "awsSecretManager: credentials: accessToken: ", *c.AccessToken)
		}
		if !key || !secret || !session {
			return
		}
	}
	all := scalerkit.NewSecret(config.AccessKeyID.Reveal() + "\n" + config.SecretAccessKey.Reveal() + "\n" + config.SessionToken.Reveal())
	s.ask(ctx, "awsSecretManager", all, who.identity, func() (source, error) { return awssecrets.New(config), nil })
}

// An asker is who asks a store: an identity if it is set, and otherwise whoever
// has the secret.
type asker struct {
	identity scalerkit.Identity
	secret   scalerkit.Secret
}

// asker returns who asks a store. There is no secret to be read if it is nil.
func (s reading) asker(ctx context.Context, section string, asked *v1alpha1.AuthPodIdentity, secret *v1alpha1.SecretValue) (who asker, ok bool) {
	identity, err := s.Identity(ctx, asked)
	if err != nil {
		s.Fail(section+": podIdentity: ", err)
		return asker{}, false
	}
	if identity.IsSet() || secret == nil {
		return asker{identity: identity}, true
	}
	read, ok := s.Credential(ctx, section+": credentials: clientSecret: ", *secret)
	return asker{secret: read}, ok
}

// operatorEnv returns a variable of the operator's own environment.
func (r *Resolver) operatorEnv(name string) string {
	if value, ok := r.LookupEnv(name); ok {
		return value
	}
	return ""
}
