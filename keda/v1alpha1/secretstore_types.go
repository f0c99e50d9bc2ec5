package v1alpha1

// VaultAuthentication is a way to log in to HashiCorp Vault.
//
// +kubebuilder:validation:Enum=token;kubernetes
type VaultAuthentication string

// The values of [VaultAuthentication].
const (
	VaultAuthenticationToken      VaultAuthentication = "token"
	VaultAuthenticationKubernetes VaultAuthentication = "kubernetes"
)

// HashiCorpVault makes secrets of HashiCorp Vault parameters of triggers.
type HashiCorpVault struct {
	// URL of the server.
	Address        string              `json:"address"`
	Authentication VaultAuthentication `json:"authentication"`
	// +kubebuilder:validation:MinItems=1
	Secrets []VaultSecret `json:"secrets"`
	// Of Vault Enterprise.
	// +optional
	Namespace string `json:"namespace,omitempty"`
	// +optional
	Credential *Credential `json:"credential,omitempty"`
	// The role to log in with; for authentication kubernetes.
	// +optional
	Role string `json:"role,omitempty"`
	// Path of the auth method; for authentication kubernetes.
	// +optional
	Mount string `json:"mount,omitempty"`
}

// Credential is what to log in to HashiCorp Vault with.
type Credential struct {
	// For authentication token.
	// +optional
	Token string `json:"token,omitempty"`
	// For authentication kubernetes: path of a file with the token of a
	// service account.
	// +optional
	ServiceAccount string `json:"serviceAccount,omitempty"`
	// For authentication kubernetes: a service account to request a token for.
	// +optional
	ServiceAccountName string `json:"serviceAccountName,omitempty"`
}

// VaultSecretType is a kind of secret in HashiCorp Vault.
//
// +kubebuilder:validation:Enum="";secretV2;secret;pki
type VaultSecretType string

// The values of [VaultSecretType].
const (
	VaultSecretTypeGeneric  VaultSecretType = ""
	VaultSecretTypeSecretV2 VaultSecretType = "secretV2"
	VaultSecretTypeSecret   VaultSecretType = "secret"
	VaultSecretTypePki      VaultSecretType = "pki"
)

// VaultSecret makes a secret of HashiCorp Vault a parameter of triggers.
type VaultSecret struct {
	// The parameter of the trigger type.
	Parameter string `json:"parameter"`
	// Path of the secret.
	Path string `json:"path"`
	// Field of the secret.
	Key string `json:"key"`
	// +optional
	Type VaultSecretType `json:"type,omitempty"`
	// The certificate to ask for; for type pki.
	// +optional
	PkiData VaultPkiData `json:"pkiData,omitempty"`
}

// VaultPkiData describes a certificate to be issued.
type VaultPkiData struct {
	// +optional
	CommonName string `json:"commonName,omitempty"`
	// +optional
	AltNames string `json:"altNames,omitempty"`
	// +optional
	IPSans string `json:"ipSans,omitempty"`
	// +optional
	URISans string `json:"uriSans,omitempty"`
	// +optional
	OtherSans string `json:"otherSans,omitempty"`
	// +optional
	TTL string `json:"ttl,omitempty"`
	// +optional
	Format string `json:"format,omitempty"`
}

// AzureKeyVault makes secrets of Azure Key Vault parameters of triggers.
type AzureKeyVault struct {
	// URL of the vault.
	VaultURI string `json:"vaultUri"`
	// +kubebuilder:validation:MinItems=1
	Secrets []AzureKeyVaultSecret `json:"secrets"`
	// +optional
	Credentials *AzureKeyVaultCredentials `json:"credentials,omitempty"`
	// +optional
	PodIdentity *AuthPodIdentity `json:"podIdentity,omitempty"`
	// +optional
	Cloud *AzureKeyVaultCloudInfo `json:"cloud,omitempty"`
}

// AzureKeyVaultCredentials is a service principal.
type AzureKeyVaultCredentials struct {
	ClientID     string       `json:"clientId"`
	TenantID     string       `json:"tenantId"`
	ClientSecret *SecretValue `json:"clientSecret"`
}

// AzureKeyVaultCloudInfo is an Azure cloud other than the public one.
type AzureKeyVaultCloudInfo struct {
	Type string `json:"type"`
	// For type Private.
	// +optional
	KeyVaultResourceURL string `json:"keyVaultResourceURL,omitempty"`
	// For type Private.
	// +optional
	ActiveDirectoryEndpoint string `json:"activeDirectoryEndpoint,omitempty"`
}

// AzureKeyVaultSecret makes a secret of Azure Key Vault a parameter of
// triggers.
type AzureKeyVaultSecret struct {
	// The parameter of the trigger type.
	Parameter string `json:"parameter"`
	// Name of the secret.
	Name string `json:"name"`
	// The latest one by default.
	// +optional
	Version string `json:"version,omitempty"`
}

// GCPSecretManager makes secrets of GCP Secret Manager parameters of triggers.
type GCPSecretManager struct {
	// +kubebuilder:validation:MinItems=1
	Secrets []GCPSecretManagerSecret `json:"secrets"`
	// +optional
	Credentials *GCPCredentials `json:"credentials,omitempty"`
	// +optional
	PodIdentity *AuthPodIdentity `json:"podIdentity,omitempty"`
}

// GCPCredentials is a key of a service account.
type GCPCredentials struct {
	ClientSecret SecretValue `json:"clientSecret"`
}

// GCPSecretManagerSecret makes a secret of GCP Secret Manager a parameter of
// triggers.
type GCPSecretManagerSecret struct {
	// The parameter of the trigger type.
	Parameter string `json:"parameter"`
	// Name of the secret.
	ID string `json:"id"`
	// latest by default.
	// +optional
	Version string `json:"version,omitempty"`
}

// AwsSecretManager makes secrets of AWS Secrets Manager parameters of
// triggers.
type AwsSecretManager struct {
	// +kubebuilder:validation:MinItems=1
	Secrets []AwsSecretManagerSecret `json:"secrets"`
	// +optional
	Credentials *AwsSecretManagerCredentials `json:"credentials,omitempty"`
	// +optional
	PodIdentity *AuthPodIdentity `json:"podIdentity,omitempty"`
	// +optional
	Region string `json:"region,omitempty"`
}

// AwsSecretManagerCredentials is an access key.
type AwsSecretManagerCredentials struct {
	AccessKey       SecretValue `json:"accessKey"`
	AccessSecretKey SecretValue `json:"accessSecretKey"`
	// Of temporary credentials.
	// +optional
	AccessToken *SecretValue `json:"accessToken,omitempty"`
}

// AwsSecretManagerSecret makes a secret of AWS Secrets Manager a parameter of
// triggers.
type AwsSecretManagerSecret struct {
	// The parameter of the trigger type.
	Parameter string `json:"parameter"`
	// Name of the secret.
	Name string `json:"name"`
	// +optional
	VersionID string `json:"versionId,omitempty"`
	// +optional
	VersionStage string `json:"versionStage,omitempty"`
	// Field of a secret that is a JSON object.
	// +optional
	SecretKey string `json:"secretKey,omitempty"`
}
