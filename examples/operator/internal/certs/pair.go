package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"time"
)

const day = 24 * time.Hour

const (
	authorityLife = 2 * 365 * day
	servingLife   = 90 * day

	// skew is how far the clocks of a cluster may be apart.
	skew = time.Hour
)

// A pair is a certificate and its private key.
type pair struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// newAuthority makes a certificate authority.
func newAuthority(now time.Time) (pair, error) {
	template, err := template("scalerkit operator", now, now.Add(authorityLife))
	if err != nil {
		return pair{}, err
	}
	template.IsCA, template.BasicConstraintsValid = true, true
	template.MaxPathLenZero = true // it signs no other authority
	template.KeyUsage |= x509.KeyUsageCertSign
	return sign(template, pair{})
}

// serving makes a certificate for a server with these names, of which p is the
// authority.
func (p pair) serving(now time.Time, names []string) (pair, error) {
	end := now.Add(servingLife)
	if p.cert.NotAfter.Before(end) {
		end = p.cert.NotAfter
	}
	template, err := template(names[0], now, end)
	if err != nil {
		return pair{}, err
	}
	template.DNSNames = names
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	return sign(template, p)
}

func template(name string, now, end time.Time) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.Add(-skew),
		NotAfter:     end,
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}, nil
}

// sign makes a key and has its certificate signed: by the key itself if there
// is no authority.
func sign(template *x509.Certificate, authority pair) (pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return pair{}, err
	}
	if authority.cert == nil {
		authority = pair{cert: template, key: key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, authority.cert, &key.PublicKey, authority.key)
	if err != nil {
		return pair{}, err
	}
	cert, err := x509.ParseCertificate(der)
	return pair{cert: cert, key: key}, err
}

// expired says whether the certificate is of no use any more.
func (p pair) expired(now time.Time) bool { return !now.Before(p.cert.NotAfter) }

// old says whether the certificate is in the last third of its life.
func (p pair) old(now time.Time) bool {
	third := p.cert.NotAfter.Sub(p.cert.NotBefore) / 3
	return !now.Before(p.cert.NotAfter.Add(-third))
}

// signed says whether the certificate is signed by the authority.
func (p pair) signed(by pair) bool { return p.cert.CheckSignatureFrom(by.cert) == nil }

// covers says whether a server with these names can show the certificate.
func (p pair) covers(names []string) bool {
	for _, name := range names {
		if p.cert.VerifyHostname(name) != nil {
			return false
		}
	}
	return true
}
