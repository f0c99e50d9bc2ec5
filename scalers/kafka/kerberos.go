package kafka

import (
	"github.com/segmentio/kafka-go/sasl"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// Kerberos is the part of the parameters that gssapi needs besides a user, and a
// password if there is one. A keytab and a cache are binary: those that do not
// survive as a text are given in base64.
type Kerberos struct {
	Realm           string           `scaler:"realm" from:"auth" doc:"realm of the user, for gssapi"`
	Config          string           `scaler:"kerberosConfig" from:"auth" doc:"content of a krb5.conf, which says where the KDC is, for gssapi"`
	Keytab          scalerkit.Secret `scaler:"keytab" from:"auth" doc:"content of a keytab with the user's key, as it is or in base64, for gssapi in place of a password"`
	CredentialCache scalerkit.Secret `scaler:"kerberosCredentialCache" from:"auth" doc:"content of a credential cache with a ticket, as it is or in base64, for gssapi in place of user, realm and password"`
	CacheName       string           `scaler:"ccacheName" from:"auth" doc:"name of a credential cache among those that the program has, for gssapi in place of kerberosCredentialCache"`
	ServiceName     string           `scaler:"kerberosServiceName" from:"auth" default:"kafka" doc:"service part of the brokers' principals, for gssapi"`
	DisableFAST     bool             `scaler:"kerberosDisableFAST" from:"auth" doc:"do not offer FAST to the KDC, which Active Directory may not understand, for gssapi"`

	// GSSAPI makes the mechanism. Without it, triggers with gssapi are refused.
	// Package gssapi has one.
	GSSAPI GSSAPI `scaler:"-"`
}

// GSSAPI makes the SASL mechanism of that name, which takes more than this package
// links. Its dynamic type is comparable.
type GSSAPI interface {
	// Check adds what is wrong with the parameters of a Cluster.
	Check(*Cluster, *driver.Problems)

	// Open returns the mechanism for a Cluster in which nothing is wrong. It does
	// no I/O. The context of the mechanism's Start has the host of the broker: see
	// [sasl.MetadataFromContext].
	Open(*Cluster) (sasl.Mechanism, error)
}

func (c *Cluster) usesGSSAPI() bool { return c.Credential == nil && c.SASL == "gssapi" }

func (c *Cluster) parseKerberos(p *driver.Problems) {
	k := &c.Kerberos
	if k.GSSAPI == nil {
		p.Add(&c.SASL, "gssapi takes a Kerberos library, which this program does not link: package scalers/kafka/gssapi has it")
		return
	}
	p.Exclude(&k.Keytab, &c.Password)
	p.Exclude(&k.CredentialCache, &c.Password)
	p.Exclude(&k.CredentialCache, &k.Keytab)
	for _, other := range []any{&c.Password, &k.Keytab, &k.CredentialCache} {
		p.Exclude(&k.CacheName, other)
	}
	if !k.CredentialCache.IsSet() && k.CacheName == "" {
		p.Require(&c.Username, "sasl gssapi needs it")
		p.Require(&k.Realm, "sasl gssapi needs it")
		if !k.Keytab.IsSet() {
			p.Require(&c.Password, "sasl gssapi needs it, or %s, or %s", p.Name(&k.Keytab), p.Name(&k.CredentialCache))
		}
	}
	p.Require(&k.Config, "sasl gssapi needs it")
	k.GSSAPI.Check(c, p)
}
