package certs

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"slices"
	"time"
)

// overlap is how long clients have known a new authority before a certificate
// of it is served.
const overlap = day

// keys are all that the Secret holds. They are not changed.
type keys struct {
	authorities []pair // all that clients are to trust, the newest first
	serving     pair   // signed by one of them
}

// advance returns the keys to have at a time, and whether they are others.
// Published says that clients trust all authorities of k.
//
// A new authority signs nothing before clients have trusted it for a while, and
// an old one is trusted until it expires. So whichever of the keys a replica
// serves and whichever a client trusts, they fit.
func (k keys) advance(now time.Time, names []string, published bool) (_ keys, changed bool, err error) {
	next := keys{serving: k.serving}
	for _, a := range k.authorities {
		if !a.expired(now) {
			next.authorities = append(next.authorities, a)
		}
	}
	changed = len(next.authorities) != len(k.authorities)

	if len(next.authorities) == 0 || next.authorities[0].old(now) {
		a, err := newAuthority(now)
		if err != nil {
			return keys{}, false, err
		}
		next.authorities = slices.Insert(next.authorities, 0, a)
		changed = true
	}

	signer := next.signer(now, published)
	if s := next.serving; s.cert == nil || s.old(now) || !s.covers(names) || !s.signed(signer) {
		if next.serving, err = signer.serving(now, names); err != nil {
			return keys{}, false, err
		}
		changed = true
	}
	return next, changed, nil
}

// signer returns the newest authority that clients may be expected to trust.
func (k keys) signer(now time.Time, published bool) pair {
	for _, a := range k.authorities {
		known := published && !now.Before(a.cert.NotBefore.Add(skew+overlap))
		if known || k.serving.cert != nil && k.serving.signed(a) {
			return a
		}
	}
	return k.authorities[len(k.authorities)-1]
}

// certificate is what a server shows.
func (k keys) certificate() *tls.Certificate {
	return &tls.Certificate{
		Certificate: [][]byte{k.serving.cert.Raw},
		PrivateKey:  k.serving.key,
		Leaf:        k.serving.cert,
	}
}

// pool is what clients trust.
func (k keys) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	for _, a := range k.authorities {
		pool.AddCert(a.cert)
	}
	return pool
}

// check says what is wrong with keys that were read.
func (k keys) check() error {
	for _, a := range k.authorities {
		if !a.cert.IsCA {
			return errors.New(keyAuthorities + " has a certificate that is not that of an authority")
		}
	}
	if !slices.ContainsFunc(k.authorities, k.serving.signed) {
		return errors.New(keyServing + " is not signed by an authority of " + keyAuthorities)
	}
	return nil
}
