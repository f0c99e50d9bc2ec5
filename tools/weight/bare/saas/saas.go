// Package saas is what the bare programs have in common that ask services.
package saas

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"

	"github.com/youmark/pkcs8"
)

// Do returns the answer to a request, over TLS with any certificate. Given an
// encrypted key, and its certificate behind it, the client shows that.
func Do(request *http.Request, key, passphrase string) ([]byte, error) {
	config := &tls.Config{InsecureSkipVerify: true}
	if key != "" {
		block, rest := pem.Decode([]byte(key))
		private, err := pkcs8.ParsePKCS8PrivateKey(block.Bytes, []byte(passphrase))
		if err != nil {
			return nil, err
		}
		der, err := x509.MarshalPKCS8PrivateKey(private)
		if err != nil {
			return nil, err
		}
		certificate, err := tls.X509KeyPair(rest, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{certificate}
	}
	client := &http.Client{Transport: &http.Transport{
		Proxy:             http.ProxyFromEnvironment,
		TLSClientConfig:   config,
		ForceAttemptHTTP2: true,
	}}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the answer is %s", response.Status)
	}
	return io.ReadAll(response.Body)
}
