package keda

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// ValidateAuthentication returns all that is wrong with the spec of a
// TriggerAuthentication or ClusterTriggerAuthentication in itself, whatever else
// there is in the cluster. Which hosts a store may have is not checked.
func ValidateAuthentication(kind string, spec v1alpha1.TriggerAuthenticationSpec) error {
	var v validation
	v.podIdentity("podIdentity", spec.PodIdentity, "")
	for i, ref := range spec.SecretTargetRef {
		v.given(fmt.Sprintf("secretTargetRef[%d]", i), "parameter", ref.Parameter, "name", ref.Name, "key", ref.Key)
	}
	for i, ref := range spec.ConfigMapTargetRef {
		v.given(fmt.Sprintf("configMapTargetRef[%d]", i), "parameter", ref.Parameter, "name", ref.Name, "key", ref.Key)
	}
	for i, env := range spec.Env {
		v.given(fmt.Sprintf("env[%d]", i), "parameter", env.Parameter, "name", env.Name)
	}
	for i, token := range spec.BoundServiceAccountToken {
		v.given(fmt.Sprintf("boundServiceAccountToken[%d]", i), "parameter", token.Parameter, "serviceAccountName", token.ServiceAccountName)
	}
	if spec.FilePath != "" && !filepath.IsLocal(spec.FilePath) {
		v.add("filePath", "%q is not a relative path without ..", spec.FilePath)
	}
	if spec.FilePath != "" && kind != v1alpha1.KindClusterTriggerAuthentication {
		v.add("filePath", "only a ClusterTriggerAuthentication may read files of the operator")
	}
	v.vault(spec.HashiCorpVault)
	v.azure(spec.AzureKeyVault)
	v.gcp(spec.GCPSecretManager)
	v.aws(spec.AwsSecretManager)
	v.oauth2(spec.OAuth2)
	v.principal(spec.AzureServicePrincipal)
	return errors.Join(v...)
}

// A validation is the problems found so far.
type validation []error

func (v *validation) add(field, format string, args ...any) {
	*v = append(*v, fmt.Errorf("%s: %s", field, fmt.Sprintf(format, args...)))
}

// given adds a problem for each field that is empty. They are named in pairs
// with their values.
func (v *validation) given(of string, fields ...string) {
	for i := 0; i < len(fields); i += 2 {
		if fields[i+1] == "" {
			v.add(of, "%s is missing", fields[i])
		}
	}
}

func (v *validation) secret(of string, from *v1alpha1.SecretValue) {
	if from == nil {
		v.add(of, "is missing")
		return
	}
	ref := from.ValueFrom.SecretKeyRef
	v.given(of+".valueFrom.secretKeyRef", "name", ref.Name, "key", ref.Key)
}

// podIdentity checks an identity, which is for a cloud, or for any if that is
// empty.
func (v *validation) podIdentity(of string, p *v1alpha1.AuthPodIdentity, cloud string) {
	if p == nil {
		return
	}
	belongsTo := ""
	switch p.Provider {
	case v1alpha1.PodIdentityProviderNone:
		return
	case v1alpha1.PodIdentityProviderAzureWorkload:
		belongsTo = "azure"
		if p.IdentityID != nil && *p.IdentityID == "" {
			v.add(of, "identityId is empty: leave it out, or give the client id of a managed identity")
		}
		if p.IdentityTenantID != nil && *p.IdentityTenantID == "" {
			v.add(of, "identityTenantId is empty: leave it out, or give the id of a tenant")
		}
		if text(p.IdentityAuthorityHost) != "" && text(p.IdentityTenantID) == "" {
			v.add(of, "identityAuthorityHost needs identityTenantId")
		}
	case v1alpha1.PodIdentityProviderAws, v1alpha1.PodIdentityProviderAwsEKS:
		belongsTo = "aws"
		if text(p.RoleArn) != "" && text(p.IdentityOwner) == v1alpha1.IdentityOwnerWorkload {
			v.add(of, "roleArn does not go with identityOwner workload, which has the role of the workload's service account")
		}
		if text(p.ExternalID) != "" && text(p.RoleArn) == "" {
			v.add(of, "externalID needs roleArn")
		}
	case v1alpha1.PodIdentityProviderGCP:
		belongsTo = "gcp"
	default:
		v.add(of, "provider %q is not one of azure-workload, aws, aws-eks, gcp, none", p.Provider)
		return
	}
	if cloud != "" && belongsTo != cloud {
		v.add(of, "provider %s has no identity for this store", p.Provider)
	}
}

// someone adds a problem if nobody asks a store for its secrets.
func (v *validation) someone(of string, credentials bool, p *v1alpha1.AuthPodIdentity) {
	if !credentials && !isSet(p) {
		v.add(of, "says neither credentials nor podIdentity")
	}
}

func (v *validation) vault(h *v1alpha1.HashiCorpVault) {
	const of = "hashiCorpVault"
	if h == nil {
		return
	}
	if !isURL(h.Address) {
		v.add(of, "address %q is not a URL such as https://vault.example.com:8200", h.Address)
	}
	switch h.Authentication {
	case v1alpha1.VaultAuthenticationToken:
		if h.Credential == nil || h.Credential.Token == "" {
			v.add(of, "credential.token is missing: the authentication token needs it")
		}
	case v1alpha1.VaultAuthenticationKubernetes:
		v.given(of, "role", h.Role, "mount", h.Mount)
		if c := h.Credential; c != nil && c.ServiceAccount == "" && c.ServiceAccountName == "" {
			v.add(of, "credential has neither serviceAccountName nor serviceAccount: name one, or leave credential out for the operator's token for Vault")
		}
	default:
		v.add(of, "authentication %q is not one of token, kubernetes", h.Authentication)
	}
	v.some(of, len(h.Secrets))
	for i, secret := range h.Secrets {
		of := fmt.Sprintf("%s.secrets[%d]", of, i)
		v.given(of, "parameter", secret.Parameter, "path", secret.Path, "key", secret.Key)
		switch secret.Type {
		case v1alpha1.VaultSecretTypeGeneric, v1alpha1.VaultSecretTypeSecret, v1alpha1.VaultSecretTypeSecretV2, v1alpha1.VaultSecretTypePki:
		default:
			v.add(of, "type %q is not one of secret, secretV2, pki", secret.Type)
		}
	}
}

func (v *validation) azure(a *v1alpha1.AzureKeyVault) {
	const of = "azureKeyVault"
	if a == nil {
		return
	}
	v.podIdentity(of+".podIdentity", a.PodIdentity, "azure")
	v.someone(of, a.Credentials != nil, a.PodIdentity)
	if c := a.Credentials; c != nil && !isSet(a.PodIdentity) {
		v.given(of+".credentials", "clientId", c.ClientID, "tenantId", c.TenantID)
		v.secret(of+".credentials.clientSecret", c.ClientSecret)
	}
	v.some(of, len(a.Secrets))
	for i, secret := range a.Secrets {
		v.given(fmt.Sprintf("%s.secrets[%d]", of, i), "parameter", secret.Parameter, "name", secret.Name)
	}
}

func (v *validation) gcp(g *v1alpha1.GCPSecretManager) {
	const of = "gcpSecretManager"
	if g == nil {
		return
	}
	v.podIdentity(of+".podIdentity", g.PodIdentity, "gcp")
	v.someone(of, g.Credentials != nil, g.PodIdentity)
	if c := g.Credentials; c != nil && !isSet(g.PodIdentity) {
		v.secret(of+".credentials.clientSecret", &c.ClientSecret)
	}
	v.some(of, len(g.Secrets))
	for i, secret := range g.Secrets {
		v.given(fmt.Sprintf("%s.secrets[%d]", of, i), "parameter", secret.Parameter, "id", secret.ID)
	}
}

func (v *validation) aws(a *v1alpha1.AwsSecretManager) {
	const of = "awsSecretManager"
	if a == nil {
		return
	}
	v.podIdentity(of+".podIdentity", a.PodIdentity, "aws")
	v.someone(of, a.Credentials != nil, a.PodIdentity)
	if c := a.Credentials; c != nil && !isSet(a.PodIdentity) {
		v.secret(of+".credentials.accessKey", &c.AccessKey)
		v.secret(of+".credentials.accessSecretKey", &c.AccessSecretKey)
		if c.AccessToken != nil {
			v.secret(of+".credentials.accessToken", c.AccessToken)
		}
	}
	v.some(of, len(a.Secrets))
	for i, secret := range a.Secrets {
		v.given(fmt.Sprintf("%s.secrets[%d]", of, i), "parameter", secret.Parameter, "name", secret.Name)
	}
}

// some adds a problem if there are no secrets.
func (v *validation) some(of string, secrets int) {
	if secrets == 0 {
		v.add(of, "secrets is empty: list at least one")
	}
}

func (v *validation) oauth2(o *v1alpha1.OAuth2) {
	const of = "oauth2"
	if o == nil {
		return
	}
	if o.Type != "" && o.Type != v1alpha1.OAuth2ClientCredentials {
		v.add(of, "type %q is not %s", o.Type, v1alpha1.OAuth2ClientCredentials)
	}
	v.given(of, "clientId", o.ClientID)
	if !isURL(o.TokenURL) {
		v.add(of, "tokenUrl %q is not a URL such as https://login.example.com/token", o.TokenURL)
	}
	if o.ClientSecret != nil {
		v.secret(of+".clientSecret", o.ClientSecret)
	}
}

func isURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}

func isHTTPS(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Hostname() != ""
}
