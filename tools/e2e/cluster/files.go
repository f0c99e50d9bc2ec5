package cluster

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	_ "embed"
	"encoding/pem"
	"errors"
	"os"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/scalerkit/scalerkit/tools/e2e/pki"
)

// Files in the directory of a cluster.
const (
	clusterCA      = "ca.pem" // signs the API server's certificate and those of its clients
	serverCert     = "apiserver.pem"
	serverKey      = "apiserver-key.pem"
	tokenKey       = "tokens-key.pem" // signs the tokens of ServiceAccounts
	frontProxyCA   = "front-proxy-ca.pem"
	frontProxyCert = "front-proxy.pem"
	frontProxyKey  = "front-proxy-key.pem"
	stagesFile     = "stages.yaml"
)

// FrontProxyName is the name under which the API server calls the servers
// that it aggregates.
const FrontProxyName = "front-proxy-client"

// stages tell kwok what becomes of nodes and pods.
//
//go:embed stages.yaml
var stages []byte

func (c *Cluster) writeFiles() error {
	ca, err := pki.NewAuthority("cluster CA")
	if err != nil {
		return err
	}
	server, serverErr := ca.Server("127.0.0.1", "10.0.0.1", "localhost", "kubernetes.default.svc")
	admin, adminErr := ca.Client("admin", "system:masters")
	frontCA, frontErr := pki.NewAuthority("front proxy CA")
	if err := errors.Join(serverErr, adminErr, frontErr); err != nil {
		return err
	}
	key, err := privateKey()
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(c.path(clusterCA), ca.PEM, 0o600),
		c.TrustFrontProxy(frontCA),
		c.SignFrontProxy(frontCA),
		server.Write(c.path(serverCert), c.path(serverKey)),
		os.WriteFile(c.path(tokenKey), key, 0o600),
		os.WriteFile(c.path(stagesFile), stages, 0o600),
		clientcmd.WriteToFile(c.kubeconfig(ca.PEM, &api.AuthInfo{ClientCertificateData: admin.Cert, ClientKeyData: admin.Key}), c.Kubeconfig()),
	)
}

// FrontProxy returns the authority that signed the certificate with which the
// API server calls the servers that it aggregates.
func (c *Cluster) FrontProxy() *pki.Authority { return c.frontProxy }

// TrustFrontProxy changes the authorities that the API server names to the
// servers that it aggregates, as those who sign its own certificate. It notices
// by itself, and does not forget those that it named before.
func (c *Cluster) TrustFrontProxy(authorities ...*pki.Authority) error {
	var bundle []byte
	for _, authority := range authorities {
		bundle = append(bundle, authority.PEM...)
	}
	return pki.Replace(c.path(frontProxyCA), bundle)
}

// SignFrontProxy changes the certificate with which the API server calls the
// servers that it aggregates. It notices by itself.
func (c *Cluster) SignFrontProxy(authority *pki.Authority) error {
	pair, err := authority.Client(FrontProxyName)
	if err != nil {
		return err
	}
	c.frontProxy = authority
	return pair.Write(c.path(frontProxyCert), c.path(frontProxyKey))
}

func privateKey() ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalECPrivateKey(key)
	return pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), err
}
