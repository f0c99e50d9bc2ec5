package keda

import (
	"context"
	"strings"

	"github.com/scalerkit/scalerkit/internal/cloudhosts"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// principal makes parameters of a service principal of Azure.
func (s *resolution) principal(ctx context.Context, p *v1alpha1.AzureServicePrincipal) {
	if p == nil {
		return
	}
	const parameter = "azureServicePrincipal"
	s.params[parameter] = "true"
	s.params[parameter+"TenantId"] = p.TenantID
	s.params[parameter+"ClientId"] = p.ClientID
	for name, value := range map[string]string{"Cloud": p.Cloud, "ActiveDirectoryEndpoint": p.ActiveDirectoryEndpoint} {
		if value != "" {
			s.params[parameter+name] = value
		}
	}
	if p.ClientSecret != nil {
		if secret, ok := s.credential(ctx, parameter+": clientSecret: ", *p.ClientSecret); ok {
			s.params[parameter+"ClientSecret"] = secret.Reveal()
		}
	}
	// White space in these may be part of them.
	if p.ClientCertificate != nil {
		s.part(ctx, parameter, "ClientCertificate", *p.ClientCertificate)
	}
	if p.ClientCertificatePassword != nil {
		s.part(ctx, parameter, "ClientCertificatePassword", *p.ClientCertificatePassword)
	}
}

// part makes an entry of a Secret a parameter, as it is.
func (s *resolution) part(ctx context.Context, section, name string, from v1alpha1.SecretValue) {
	ref := from.ValueFrom.SecretKeyRef
	value, err := s.reader.secret(ctx, s.namespace, ref.Name).value(ref.Key)
	s.set(section+": "+strings.ToLower(name[:1])+name[1:]+": ", section+name, value, err)
}

func (v *validation) principal(p *v1alpha1.AzureServicePrincipal) {
	const of = "azureServicePrincipal"
	if p == nil {
		return
	}
	v.given(of, "tenantId", p.TenantID, "clientId", p.ClientID)
	if (p.ClientSecret == nil) == (p.ClientCertificate == nil) {
		v.add(of, "needs one of clientSecret and clientCertificate")
	}
	if p.ClientCertificatePassword != nil && p.ClientCertificate == nil {
		v.add(of, "clientCertificatePassword goes with clientCertificate")
	}
	for _, part := range []struct {
		name string
		from *v1alpha1.SecretValue
	}{{"clientSecret", p.ClientSecret}, {"clientCertificate", p.ClientCertificate}, {"clientCertificatePassword", p.ClientCertificatePassword}} {
		if part.from != nil {
			v.secret(of+"."+part.name, part.from)
		}
	}
	cloud, ok := cloudhosts.Azure(p.Cloud)
	switch private := cloud.Name == cloudhosts.Private; {
	case !ok:
		v.add(of, "cloud %q is not one of %s, %s, %s, %s, %s", p.Cloud,
			cloudhosts.Public, cloudhosts.USGovernment, cloudhosts.China, cloudhosts.Germany, cloudhosts.Private)
	case private && !isHTTPS(p.ActiveDirectoryEndpoint):
		v.add(of, "activeDirectoryEndpoint %q is not a URL such as https://login.example.com: the cloud %s needs one", p.ActiveDirectoryEndpoint, cloudhosts.Private)
	case !private && p.ActiveDirectoryEndpoint != "":
		v.add(of, "activeDirectoryEndpoint goes with the cloud %s", cloudhosts.Private)
	}
}
