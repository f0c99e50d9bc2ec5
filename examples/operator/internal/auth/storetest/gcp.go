package storetest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"strings"
)

// What a [SecretManager] accepts: a token of the machine, or one for the scope
// that is signed by a service account.
const (
	GoogleScope = "https://www.googleapis.com/auth/cloud-platform"
	GoogleToken = "ya29.token-of-the-machine"
)

// A SecretManager is a fake of GCP Secret Manager. What is set has to be set
// before it is used.
type SecretManager struct {
	// Readers are service accounts that may read, by their addresses.
	Readers map[string]*rsa.PublicKey

	// Secrets are values by "project/secret/version".
	Secrets map[string]string
}

// NewServiceAccount makes a key for a service account, and returns it as JSON.
func (s *SecretManager) NewServiceAccount(project, address string) string {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // there is no randomness
	}
	if s.Readers == nil {
		s.Readers = make(map[string]*rsa.PublicKey)
	}
	s.Readers[address] = &key.PublicKey
	text, _ := json.Marshal(map[string]string{ // it is all text
		"type": "service_account", "project_id": project, "client_email": address, "private_key_id": "1",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})),
	})
	return string(text)
}

// accepts reports whether a token is the machine's, or signed by a reader.
func (s *SecretManager) accepts(token string) bool {
	if token == GoogleToken {
		return true
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return false
	}
	claims, err := base64.RawURLEncoding.DecodeString(parts[1])
	signature, err2 := base64.RawURLEncoding.DecodeString(parts[2])
	var who struct{ Iss, Scope string }
	if errors.Join(err, err2) != nil || json.Unmarshal(claims, &who) != nil || who.Scope != GoogleScope {
		return false
	}
	key := s.Readers[who.Iss]
	hash := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	return key != nil && rsa.VerifyPKCS1v15(key, crypto.SHA256, hash[:], signature) == nil
}

// ServeHTTP implements http.Handler.
func (s *SecretManager) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	refuse := func(status int, code, message string) {
		reply(w, status, map[string]any{"error": map[string]any{"code": status, "status": code, "message": message}})
	}
	path := strings.Split(strings.TrimSuffix(r.URL.Path, ":access"), "/") // /v1/projects/P/secrets/S/versions/V
	if len(path) != 8 || path[1] != "v1" || !strings.HasSuffix(r.URL.Path, ":access") {
		refuse(http.StatusNotFound, "NOT_FOUND", "")
		return
	}
	if !s.accepts(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")) {
		refuse(http.StatusUnauthorized, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
		return
	}
	name := path[3] + "/" + path[5] + "/" + path[7]
	value, ok := s.Secrets[name]
	if !ok {
		refuse(http.StatusNotFound, "NOT_FOUND", "Secret ["+name+"] not found or has no versions.")
		return
	}
	reply(w, http.StatusOK, map[string]any{"name": name, "payload": map[string]any{"data": []byte(value)}})
}
