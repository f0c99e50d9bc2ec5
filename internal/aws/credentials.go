package aws

import (
	"context"
	"fmt"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// sessionName is how a role's trail names who assumed it.
const sessionName = "scalerkit"

// credentials returns the provider for w.
func (s *Session) credentials(w who) sdk.CredentialsProvider {
	switch {
	case w.credential != nil:
		return s.cached(programs{w.credential})
	case w.role == "" && w.accessKeyID != "":
		return credentials.NewStaticCredentialsProvider(w.accessKeyID, w.secretAccessKey.Reveal(), w.sessionToken.Reveal())
	}
	own := s.cached(s.chain)
	if w.role == "" {
		return own
	}
	return s.cached(role{who: w, process: s.chain, own: own, client: s.Config.HTTPClient})
}

// cached returns a provider that keeps credentials until they expire or are
// forgotten.
func (s *Session) cached(p sdk.CredentialsProvider) sdk.CredentialsProvider {
	cache := sdk.NewCredentialsCache(sdk.CredentialsProviderFunc(func(ctx context.Context) (sdk.Credentials, error) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(s.life, cancel)() //nolint:contextcheck // the life is the Session's
		return p.Retrieve(ctx)
	}))
	s.caches = append(s.caches, cache)
	return cache
}

// The credentials of the program.
type programs struct{ sdk.CredentialsProvider }

// Retrieve implements sdk.CredentialsProvider.
func (p programs) Retrieve(ctx context.Context) (sdk.Credentials, error) {
	found, err := p.CredentialsProvider.Retrieve(ctx)
	if err != nil {
		return sdk.Credentials{}, noCredentials(err)
	}
	return found, nil
}

// A role is assumed by the process.
type role struct {
	who
	process chain
	own     sdk.CredentialsProvider // the process's own identity
	client  sdk.HTTPClient
}

// Retrieve implements sdk.CredentialsProvider.
func (r role) Retrieve(ctx context.Context) (sdk.Credentials, error) {
	// STS is where the environment says, which may be in a private network.
	process, err := r.process.load(ctx)
	if err != nil {
		return sdk.Credentials{}, noCredentials(err)
	}
	process.Credentials, process.HTTPClient = r.own, r.client
	client := sts.NewFromConfig(process)

	byToken, tokenErr := r.byToken(ctx, client)
	if byToken.HasKeys() {
		return byToken, nil
	}
	assumed, err := stscreds.NewAssumeRoleProvider(client, r.role, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = sessionName
		if r.externalID != "" {
			o.ExternalID = &r.externalID
		}
	}).Retrieve(ctx)
	switch {
	case err == nil:
		return assumed, nil
	case tokenErr == nil:
		return sdk.Credentials{}, noCredentials(err)
	}
	return sdk.Credentials{}, &credentialsError{fmt.Errorf("%w; and then: %w", explainCall(tokenErr), explainCall(err))}
}

// byToken assumes the role with the process's web identity token. It returns
// no credentials and no error if there is no token.
func (r role) byToken(ctx context.Context, client *sts.Client) (sdk.Credentials, error) {
	if !r.webIdentity {
		return sdk.Credentials{}, nil
	}
	environment, err := config.NewEnvConfig()
	if err != nil || environment.WebIdentityTokenFilePath == "" {
		return sdk.Credentials{}, err
	}
	token := stscreds.IdentityTokenFile(environment.WebIdentityTokenFilePath)
	return stscreds.NewWebIdentityRoleProvider(client, r.role, token, func(o *stscreds.WebIdentityRoleOptions) {
		o.RoleSessionName = sessionName
	}).Retrieve(ctx)
}
