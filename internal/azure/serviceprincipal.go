package azure

import (
	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/cloudhosts"
)

// ServicePrincipal is the part of a trigger's parameters that says which application
// asks, with a secret or a certificate, as the azureServicePrincipal of a
// TriggerAuthentication delivers it.
type ServicePrincipal struct {
	Use                 bool             `scaler:"azureServicePrincipal" from:"auth" doc:"whether an application asks; the azureServicePrincipal of a TriggerAuthentication says so, and what follows"`
	TenantID            string           `scaler:"azureServicePrincipalTenantId" from:"auth" doc:"tenant of the application"`
	ClientID            string           `scaler:"azureServicePrincipalClientId" from:"auth" doc:"the application"`
	ClientSecret        scalerkit.Secret `scaler:"azureServicePrincipalClientSecret" from:"auth" doc:"its secret"`
	Certificate         scalerkit.Secret `scaler:"azureServicePrincipalClientCertificate" from:"auth" doc:"in place of the secret, its certificate and private key, in PEM or PKCS#12"`
	CertificatePassword scalerkit.Secret `scaler:"azureServicePrincipalClientCertificatePassword" from:"auth" doc:"password of the certificate"`
	Cloud               string           `scaler:"azureServicePrincipalCloud" from:"auth" doc:"cloud of the application, as cloud"`
	Authority           string           `scaler:"azureServicePrincipalActiveDirectoryEndpoint" from:"auth" doc:"URL of Entra in the cloud Private"`
}

// IsSet reports whether an application asks.
func (s *ServicePrincipal) IsSet() bool { return s.Use || s.ClientID != "" }

// Principal returns who asks, and finds fault with it.
func (s *ServicePrincipal) Principal(p *driver.Problems) Principal {
	p.Require(&s.TenantID, "the application needs it")
	p.Require(&s.ClientID, "the application needs it")
	p.Exclude(&s.ClientSecret, &s.Certificate)
	if !s.ClientSecret.IsSet() {
		p.Require(&s.Certificate, "give it, or %s", p.Name(&s.ClientSecret))
	}
	switch cloud, ok := cloudhosts.Azure(s.Cloud); {
	case !ok:
		p.Add(&s.Cloud, "%q is not one of Azure's clouds", s.Cloud)
	case cloud.Name != cloudhosts.Private && s.Authority != "":
		p.Add(&s.Authority, "goes with the cloud %s only", cloudhosts.Private)
	default:
		ParseAuthority(p, &s.Authority, cloud)
	}
	a := Application{
		TenantID: s.TenantID, ClientID: s.ClientID, Secret: s.ClientSecret, Authority: s.Authority,
		Certificate: s.Certificate, Password: s.CertificatePassword,
	}
	if err := a.Check(); err != nil {
		p.Add(&s.Certificate, "%v", err)
	}
	return Principal{Application: a, Cloud: s.Cloud}
}
