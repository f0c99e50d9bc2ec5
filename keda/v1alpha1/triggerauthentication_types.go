package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// TriggerAuthentication says where the secrets of triggers in its namespace
// are.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=triggerauthentications,scope=Namespaced,shortName=ta;triggerauth
// +kubebuilder:printcolumn:name="PodIdentity",type="string",JSONPath=".spec.podIdentity.provider"
// +kubebuilder:printcolumn:name="Secret",type="string",JSONPath=".spec.secretTargetRef[*].name"
// +kubebuilder:printcolumn:name="Env",type="string",JSONPath=".spec.env[*].name"
// +kubebuilder:printcolumn:name="VaultAddress",type="string",JSONPath=".spec.hashiCorpVault.address"
// +kubebuilder:printcolumn:name="ScaledObjects",type="string",priority=1,JSONPath=".status.scaledobjects"
// +kubebuilder:printcolumn:name="ScaledJobs",type="string",priority=1,JSONPath=".status.scaledjobs"
type TriggerAuthentication struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec TriggerAuthenticationSpec `json:"spec"`
	// +optional
	Status TriggerAuthenticationStatus `json:"status,omitempty"`
}

// TriggerAuthenticationList is a list of TriggerAuthentications.
//
// +kubebuilder:object:root=true
type TriggerAuthenticationList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata"`
	Items           []TriggerAuthentication `json:"items"`
}

// ClusterTriggerAuthentication says where secrets of triggers in any namespace
// are. Its references are to objects in the operator's namespace.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=clustertriggerauthentications,scope=Cluster,shortName=cta;clustertriggerauth
// +kubebuilder:printcolumn:name="PodIdentity",type="string",JSONPath=".spec.podIdentity.provider"
// +kubebuilder:printcolumn:name="Secret",type="string",JSONPath=".spec.secretTargetRef[*].name"
// +kubebuilder:printcolumn:name="Env",type="string",JSONPath=".spec.env[*].name"
// +kubebuilder:printcolumn:name="FilePath",type="string",JSONPath=".spec.filePath"
// +kubebuilder:printcolumn:name="VaultAddress",type="string",JSONPath=".spec.hashiCorpVault.address"
// +kubebuilder:printcolumn:name="ScaledObjects",type="string",priority=1,JSONPath=".status.scaledobjects"
// +kubebuilder:printcolumn:name="ScaledJobs",type="string",priority=1,JSONPath=".status.scaledjobs"
type ClusterTriggerAuthentication struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec TriggerAuthenticationSpec `json:"spec"`
	// +optional
	Status TriggerAuthenticationStatus `json:"status,omitempty"`
}

// ClusterTriggerAuthenticationList is a list of ClusterTriggerAuthentications.
//
// +kubebuilder:object:root=true
type ClusterTriggerAuthenticationList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata"`
	Items           []ClusterTriggerAuthentication `json:"items"`
}

// TriggerAuthenticationSpec lists sources of secrets. Where several give the
// same parameter, the last one of this order wins: env, filePath,
// configMapTargetRef, secretTargetRef, hashiCorpVault, azureKeyVault,
// gcpSecretManager, awsSecretManager, boundServiceAccountToken, oauth2,
// azureServicePrincipal.
type TriggerAuthenticationSpec struct {
	// The platform identity to authenticate with.
	// +optional
	PodIdentity *AuthPodIdentity `json:"podIdentity,omitempty"`
	// Entries of Secrets.
	// +optional
	SecretTargetRef []AuthSecretTargetRef `json:"secretTargetRef,omitempty"`
	// Entries of ConfigMaps.
	// +optional
	ConfigMapTargetRef []AuthConfigMapTargetRef `json:"configMapTargetRef,omitempty"`
	// Environment variables of the workload.
	// +optional
	Env []AuthEnvironment `json:"env,omitempty"`
	// A JSON file of parameters in the operator's container, below its
	// --filepath-auth-root-path. For a ClusterTriggerAuthentication only; it
	// takes the place of all other sources.
	// +optional
	FilePath string `json:"filePath,omitempty"`
	// +optional
	HashiCorpVault *HashiCorpVault `json:"hashiCorpVault,omitempty"`
	// +optional
	AzureKeyVault *AzureKeyVault `json:"azureKeyVault,omitempty"`
	// +optional
	GCPSecretManager *GCPSecretManager `json:"gcpSecretManager,omitempty"`
	// +optional
	AwsSecretManager *AwsSecretManager `json:"awsSecretManager,omitempty"`
	// Tokens of service accounts, requested from the API server.
	// +optional
	BoundServiceAccountToken []BoundServiceAccountToken `json:"boundServiceAccountToken,omitempty"`
	// +optional
	OAuth2 *OAuth2 `json:"oauth2,omitempty"`
	// +optional
	AzureServicePrincipal *AzureServicePrincipal `json:"azureServicePrincipal,omitempty"`
}

// TriggerAuthenticationStatus says who uses the object.
type TriggerAuthenticationStatus struct {
	// Names, separated by commas.
	// +optional
	ScaledObjectNamesStr string `json:"scaledobjects,omitempty"`
	// Names, separated by commas.
	// +optional
	ScaledJobNamesStr string `json:"scaledjobs,omitempty"`
}

// PodIdentityProvider is a platform that gives pods an identity.
//
// +kubebuilder:validation:Enum=azure-workload;gcp;aws;aws-eks;none
type PodIdentityProvider string

// The values of [PodIdentityProvider].
const (
	PodIdentityProviderNone          PodIdentityProvider = "none"
	PodIdentityProviderAzureWorkload PodIdentityProvider = "azure-workload"
	PodIdentityProviderGCP           PodIdentityProvider = "gcp"
	PodIdentityProviderAws           PodIdentityProvider = "aws"
	PodIdentityProviderAwsEKS        PodIdentityProvider = "aws-eks"
)

// The owners of an AWS identity.
const (
	IdentityOwnerKeda     = "keda"
	IdentityOwnerWorkload = "workload"
)

// AuthPodIdentity asks for authentication by the platform.
type AuthPodIdentity struct {
	Provider PodIdentityProvider `json:"provider"`
	// Azure: the client id, if not that of the operator's service account.
	// +optional
	IdentityID *string `json:"identityId,omitempty"`
	// Azure.
	// +optional
	IdentityTenantID *string `json:"identityTenantId,omitempty"`
	// Azure; needs identityTenantId.
	// +optional
	IdentityAuthorityHost *string `json:"identityAuthorityHost,omitempty"`
	// AWS: the role to assume. Not with identityOwner workload.
	// +optional
	RoleArn *string `json:"roleArn,omitempty"`
	// AWS; needs roleArn.
	// +optional
	ExternalID *string `json:"externalID,omitempty"`
	// AWS: whose role it is, the operator's or the workload's.
	// +optional
	// +kubebuilder:validation:Enum=keda;workload
	IdentityOwner *string `json:"identityOwner,omitempty"`
}

// AuthTargetRef makes an entry of an object a parameter of triggers.
type AuthTargetRef struct {
	// The parameter of the trigger type.
	Parameter string `json:"parameter"`
	// Name of the object.
	Name string `json:"name"`
	// The entry.
	Key string `json:"key"`
}

// AuthSecretTargetRef refers to an entry of a Secret.
type AuthSecretTargetRef AuthTargetRef

// AuthConfigMapTargetRef refers to an entry of a ConfigMap.
type AuthConfigMapTargetRef AuthTargetRef

// AuthEnvironment makes an environment variable of the workload a parameter of
// triggers.
type AuthEnvironment struct {
	// The parameter of the trigger type.
	Parameter string `json:"parameter"`
	// Name of the variable.
	Name string `json:"name"`
	// The container; by default that of envSourceContainerName.
	// +optional
	ContainerName string `json:"containerName,omitempty"`
}

// BoundServiceAccountToken makes a token of a service account a parameter of
// triggers.
type BoundServiceAccountToken struct {
	// The parameter of the trigger type.
	Parameter string `json:"parameter"`
	// Name of the service account.
	ServiceAccountName string `json:"serviceAccountName"`
}

// OAuth2Type is a way to get a token.
//
// +kubebuilder:validation:Enum=clientCredentials
type OAuth2Type string

// OAuth2ClientCredentials is the client credentials grant.
const OAuth2ClientCredentials OAuth2Type = "clientCredentials"

// OAuth2 gets a token for triggers that make HTTP requests.
type OAuth2 struct {
	// clientCredentials, which is the default.
	// +optional
	// +kubebuilder:default=clientCredentials
	Type OAuth2Type `json:"type,omitempty"`
	// Where tokens are to be had.
	TokenURL string `json:"tokenUrl"`
	ClientID string `json:"clientId"`
	// +optional
	ClientSecret *SecretValue `json:"clientSecret,omitempty"`
	// +optional
	Scopes []string `json:"scopes,omitempty"`
	// More parameters of the request for a token.
	// +optional
	TokenURLParams map[string]string `json:"tokenUrlParams,omitempty"`
}

// AzureServicePrincipal is an application that asks Azure for triggers.
type AzureServicePrincipal struct {
	TenantID string `json:"tenantId"`
	ClientID string `json:"clientId"`
	// Either this or clientCertificate.
	// +optional
	ClientSecret *SecretValue `json:"clientSecret,omitempty"`
	// A certificate with its key: PEM without encryption, or PKCS#12.
	// +optional
	ClientCertificate *SecretValue `json:"clientCertificate,omitempty"`
	// Of a PKCS#12 certificate.
	// +optional
	ClientCertificatePassword *SecretValue `json:"clientCertificatePassword,omitempty"`
	// AzurePublicCloud by default, or AzureUSGovernmentCloud,
	// AzureChinaCloud, AzureGermanCloud, Private.
	// +optional
	Cloud string `json:"cloud,omitempty"`
	// URL of the authority of the cloud Private.
	// +optional
	ActiveDirectoryEndpoint string `json:"activeDirectoryEndpoint,omitempty"`
}

// SecretValue is a value that stands in a Secret.
type SecretValue struct {
	ValueFrom ValueFromSecret `json:"valueFrom"`
}

// ValueFromSecret refers to a value in a Secret.
type ValueFromSecret struct {
	SecretKeyRef SecretKeyRef `json:"secretKeyRef"`
}

// SecretKeyRef is an entry of a Secret.
type SecretKeyRef struct {
	// Name of the Secret.
	Name string `json:"name"`
	// The entry.
	Key string `json:"key"`
}
