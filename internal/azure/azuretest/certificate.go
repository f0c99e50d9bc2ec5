package azuretest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"strings"
	"sync"
)

// application is the certificate of the application, which the Authority knows.
var application = sync.OnceValue(func() (c struct {
	key *rsa.PrivateKey
	pem string
}) {
	var err error
	if c.key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &c.key.PublicKey, c.key)
	if err != nil {
		panic(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(c.key)
	if err != nil {
		panic(err)
	}
	c.pem = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})) +
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	return c
})

// ApplicationCertificate returns the certificate of the application with its private
// key, in PEM.
func ApplicationCertificate() string { return application().pem }

// isOfApplication reports whether an assertion, a JWT, is signed with the
// application's key.
func isOfApplication(assertion string) bool {
	i := strings.LastIndexByte(assertion, '.')
	if i < 0 {
		return false
	}
	signature, err := base64.RawURLEncoding.DecodeString(assertion[i+1:])
	sum := sha256.Sum256([]byte(assertion[:i]))
	return err == nil && rsa.VerifyPSS(&application().key.PublicKey, crypto.SHA256, sum[:], signature, nil) == nil
}
