package certs

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatIsWrongWithASecret(t *testing.T) {
	now := time.Now()
	good, _, err := keys{}.advance(now, []string{"a"}, true)
	require.NoError(t, err)
	data, err := good.data()
	require.NoError(t, err)
	other, _, err := keys{}.advance(now, []string{"a"}, true)
	require.NoError(t, err)
	foreign, err := other.data()
	require.NoError(t, err)

	for name, c := range map[string]struct {
		change map[string][]byte
		want   string
	}{
		"no authority":        {map[string][]byte{"ca.crt": nil}, "ca.crt has no certificate"},
		"no key":              {map[string][]byte{"ca.key": []byte("oops")}, "ca.crt has 1 certificates and ca.key has 0 keys"},
		"two certificates":    {map[string][]byte{"tls.crt": append(data["tls.crt"], data["ca.crt"]...), "tls.key": append(data["tls.key"], data["ca.key"]...)}, "tls.crt has 2 certificates and not one"},
		"a broken key":        {map[string][]byte{"tls.key": encode("PRIVATE KEY", []byte("secret"))}, "tls.key, key 1: is not a private key in PKCS #8, PKCS #1 or SEC 1 form"},
		"another's key":       {map[string][]byte{"tls.key": foreign["tls.key"]}, "tls.key, key 1: is not the key of the certificate in tls.crt"},
		"another's authority": {map[string][]byte{"ca.crt": foreign["ca.crt"], "ca.key": foreign["ca.key"]}, "tls.crt is not signed by an authority of ca.crt"},
		"no authority at all": {map[string][]byte{"ca.crt": data["tls.crt"], "ca.key": data["tls.key"]}, "ca.crt has a certificate that is not that of an authority"},
	} {
		t.Run(name, func(t *testing.T) {
			changed := maps.Clone(data)
			maps.Copy(changed, c.change)
			_, err := parse(changed)
			assert.EqualError(t, err, c.want)
		})
	}
}

func TestASecretIsReadAsItWasWritten(t *testing.T) {
	k, _, err := keys{}.advance(time.Now(), []string{"a"}, true)
	require.NoError(t, err)
	k, _, err = k.advance(time.Now().Add(authorityLife*3/4), []string{"a"}, true)
	require.NoError(t, err)
	require.Len(t, k.authorities, 2)
	data, err := k.data()
	require.NoError(t, err)
	again, err := parse(data)
	require.NoError(t, err)
	assert.Equal(t, k, again)
}

// KEDA's keys are RSA keys in PKCS #1.
func TestKEDAsSecretIsTakenOver(t *testing.T) {
	k, _, err := keys{}.advance(time.Now(), []string{"a"}, true)
	require.NoError(t, err)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	template := *k.authorities[0].cert
	template.SignatureAlgorithm, template.PublicKey = x509.SHA256WithRSA, nil
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	authority := pair{cert: cert, key: key}
	serving, err := authority.serving(time.Now(), []string{"a"})
	require.NoError(t, err)

	data, err := keys{authorities: []pair{authority}, serving: serving}.data()
	require.NoError(t, err)
	data["ca.key"] = encode("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key))
	found, err := parse(data)
	require.NoError(t, err)
	next, changed, err := found.advance(time.Now(), []string{"a"}, true)
	require.NoError(t, err)
	assert.False(t, changed)
	assert.Equal(t, authority.cert, next.authorities[0].cert)
}
