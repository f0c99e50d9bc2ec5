package certs

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

// The entries of the Secret. They are those of KEDA's, which can be taken over
// as it is.
const (
	keyAuthorities    = "ca.crt" // the authorities, the newest first
	keyAuthoritiesKey = "ca.key" // their keys in the same order
	keyServing        = "tls.crt"
	keyServingKey     = "tls.key"
)

// data returns the entries of the Secret.
func (k keys) data() (map[string][]byte, error) {
	var authoritiesKey []byte
	for _, a := range k.authorities {
		key, err := encodeKey(a.key)
		if err != nil {
			return nil, err
		}
		authoritiesKey = append(authoritiesKey, key...)
	}
	servingKey, err := encodeKey(k.serving.key)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{
		keyAuthorities:    k.bundle(),
		keyAuthoritiesKey: authoritiesKey,
		keyServing:        encode("CERTIFICATE", k.serving.cert.Raw),
		keyServingKey:     servingKey,
	}, nil
}

// bundle is what clients trust.
func (k keys) bundle() []byte {
	var bundle []byte
	for _, a := range k.authorities {
		bundle = append(bundle, encode("CERTIFICATE", a.cert.Raw)...)
	}
	return bundle
}

// parse reads the entries of the Secret. If there are none, it returns no keys.
// The error contains no key.
func parse(data map[string][]byte) (keys, error) {
	if len(data) == 0 {
		return keys{}, nil
	}
	authorities, err := parsePairs(data, keyAuthorities, keyAuthoritiesKey)
	if err != nil {
		return keys{}, err
	}
	serving, err := parsePairs(data, keyServing, keyServingKey)
	if err != nil {
		return keys{}, err
	}
	if len(serving) != 1 {
		return keys{}, fmt.Errorf("%s has %d certificates and not one", keyServing, len(serving))
	}
	k := keys{authorities: authorities, serving: serving[0]}
	return k, k.check()
}

// parsePairs reads certificates from one entry, and their keys from another.
func parsePairs(data map[string][]byte, certsEntry, keysEntry string) ([]pair, error) {
	certs, keys := blocks(data[certsEntry]), blocks(data[keysEntry])
	if len(certs) == 0 {
		return nil, errors.New(certsEntry + " has no certificate")
	}
	if len(certs) != len(keys) {
		return nil, fmt.Errorf("%s has %d certificates and %s has %d keys", certsEntry, len(certs), keysEntry, len(keys))
	}
	pairs := make([]pair, len(certs))
	for i := range certs {
		cert, err := x509.ParseCertificate(certs[i])
		if err != nil {
			return nil, fmt.Errorf("%s, certificate %d: %w", certsEntry, i+1, err)
		}
		key, err := parseKey(keys[i])
		if err != nil {
			return nil, fmt.Errorf("%s, key %d: %w", keysEntry, i+1, err)
		}
		if public, ok := cert.PublicKey.(interface{ Equal(crypto.PublicKey) bool }); !ok || !public.Equal(key.Public()) {
			return nil, fmt.Errorf("%s, key %d: is not the key of the certificate in %s", keysEntry, i+1, certsEntry)
		}
		pairs[i] = pair{cert: cert, key: key}
	}
	return pairs, nil
}

// blocks returns what is in the PEM blocks of text.
func blocks(text []byte) [][]byte {
	var all [][]byte
	for {
		var b *pem.Block
		if b, text = pem.Decode(text); b == nil {
			return all
		}
		all = append(all, bytes.Clone(b.Bytes))
	}
}

// parseKey reads a private key in one of the encodings that there are.
func parseKey(der []byte) (crypto.Signer, error) {
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		if signer, ok := key.(crypto.Signer); ok {
			return signer, nil
		}
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key, nil
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return key, nil
	}
	return nil, errors.New("is not a private key in PKCS #8, PKCS #1 or SEC 1 form")
}

func encodeKey(key crypto.Signer) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return encode("PRIVATE KEY", der), err
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
