package azure

import (
	"cmp"
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver/httpsource"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
)

// A Principal is as whom to ask, of those that Entra knows: the first of its
// fields that is set. It is comparable.
type Principal struct {
	Credential  azcore.TokenCredential // the program's
	Identity    scalerkit.Identity     // of the workload
	Application Application
	Cloud       string // of the Identity or Application; its name is known to be right
}

// An Application is one that is registered with Entra, and has a secret or a
// certificate.
type Application struct {
	TenantID, ClientID    string
	Secret                scalerkit.Secret
	Certificate, Password scalerkit.Secret // in PEM or PKCS#12, with its private key
	Authority             string           // URL of Entra, in place of the cloud's
}

// Check returns an error if there is a Certificate and it is none. It completes a
// sentence that begins with the parameter.
func (a Application) Check() error {
	if !a.Certificate.IsSet() {
		return nil
	}
	if _, _, err := a.certificate(); err != nil {
		return errors.New("is no certificate with its private key, in PEM or, with its password, in PKCS#12")
	}
	return nil
}

func (a Application) certificate() ([]*x509.Certificate, crypto.PrivateKey, error) {
	return azidentity.ParseCertificates([]byte(a.Certificate.Reveal()), []byte(a.Password.Reveal()))
}

// credential returns that of a, with the client's options and the authority of its
// cloud, if that is known.
func (a Application) credential(options azcore.ClientOptions, authority string) (azcore.TokenCredential, error) {
	options.Cloud.ActiveDirectoryAuthorityHost = cmp.Or(a.Authority, authority)
	private := a.Authority != "" // so nobody at Microsoft's knows it
	if !a.Certificate.IsSet() {
		return azidentity.NewClientSecretCredential(a.TenantID, a.ClientID, a.Secret.Reveal(), &azidentity.ClientSecretCredentialOptions{
			ClientOptions: options, DisableInstanceDiscovery: private,
		})
	}
	certificates, key, err := a.certificate()
	if err != nil {
		return nil, err
	}
	return azidentity.NewClientCertificateCredential(a.TenantID, a.ClientID, certificates, key, &azidentity.ClientCertificateCredentialOptions{
		ClientOptions: options, DisableInstanceDiscovery: private,
	})
}

// IsSet reports whether there is anybody to ask as.
func (p Principal) IsSet() bool {
	return p.Credential != nil || p.Identity.IsSet() || p.Application.ClientID != ""
}

// TokenCredential returns the credential of p for Azure's SDK.
func (p Principal) TokenCredential(h HTTP) (azcore.TokenCredential, error) {
	switch {
	case p.Credential != nil:
		return p.Credential, nil
	case p.Identity.IsSet():
		credential, err := NewCredential(p.Identity, p.Cloud, h)
		if err != nil {
			return nil, fmt.Errorf("this process has no Azure workload identity: %w", err)
		}
		return credential, nil
	}
	authority := ""
	if known, _ := cloudhosts.Azure(p.Cloud); len(known.Authority) > 0 {
		authority = "https://" + known.Authority[0] + "/"
	}
	return p.Application.credential(h.ClientOptions(), authority)
}

// Tokens returns the tokens of p for a scope. They are kept until they expire or
// are refused.
func (p Principal) Tokens(scope string, h HTTP) *httpsource.Bearer {
	return httpsource.NewBearer(func(ctx context.Context) (string, time.Time, error) {
		// A credential of its own each time: azidentity keeps tokens, also those
		// that were refused.
		credential, err := p.TokenCredential(h)
		if err != nil {
			return "", time.Time{}, err
		}
		token, err := credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{scope}})
		if err != nil {
			return "", time.Time{}, explainCredential(err)
		}
		return token.Token, token.ExpiresOn, nil
	})
}

// explainCredential is Explain for the error of a credential.
func explainCredential(err error) error {
	if noToken := new(azidentity.AuthenticationFailedError); errors.As(err, &noToken) {
		return Explain(err)
	}
	return fmt.Errorf("get a token: %w", Explain(err))
}

// An Authenticator adds tokens to the requests of an [httpsource.Client].
type Authenticator struct {
	*httpsource.Bearer
	client HTTP
}

// Authenticator returns one with tokens of p for a scope.
func (p Principal) Authenticator(scope string, options scalerkit.Options) Authenticator {
	h := NewHTTP(options, 1)
	return Authenticator{p.Tokens(scope, h), h}
}

// Close ends the fetching of tokens.
func (a Authenticator) Close() error { return errors.Join(a.Bearer.Close(), a.client.Close()) }

const provider = "azure-workload"

// NewCredential returns the credential for workload identity in a cloud, whose
// name is known to be right. What the identity leaves out comes from the
// environment; see the package's documentation.
func NewCredential(identity scalerkit.Identity, cloudName string, h HTTP) (azcore.TokenCredential, error) {
	options := azidentity.WorkloadIdentityCredentialOptions{
		ClientOptions: h.ClientOptions(),
		ClientID:      identity.ID,
		TenantID:      identity.TenantID,
		// An authority of the trigger's own may be in a cloud that Microsoft's
		// public list of authorities does not have.
		DisableInstanceDiscovery: identity.AuthorityHost != "",
	}
	options.Cloud = cloud.Configuration{ActiveDirectoryAuthorityHost: identity.AuthorityHost}
	// Without an authority, azidentity takes that of the environment.
	if known, _ := cloudhosts.Azure(cloudName); identity.AuthorityHost == "" && known.Name != cloudhosts.Public && known.Name != cloudhosts.Private {
		options.Cloud.ActiveDirectoryAuthorityHost = "https://" + known.Authority[0] + "/"
	}
	return azidentity.NewWorkloadIdentityCredential(&options)
}
