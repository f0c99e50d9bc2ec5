// Package awsfake is what in-process fakes of Amazon's services have in common:
// access keys and the check of signatures. Its own service is STS.
package awsfake

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// Region is where all fakes are.
const Region = "eu-west-1"

// A Key is an access key. Its Owner is who asks.
type Key struct{ ID, Secret, Token, Owner string }

// Keys are those that are valid. The zero value is ready to use.
type Keys struct {
	mu   sync.Mutex
	byID map[string]Key
}

// Add makes a key valid.
func (k *Keys) Add(key Key) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.byID == nil {
		k.byID = make(map[string]Key)
	}
	k.byID[key.ID] = key
}

// Revoke makes a key invalid.
func (k *Keys) Revoke(id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.byID, id)
}

// A Refusal is why a request was not accepted.
type Refusal struct{ Code, Message string }

// Check checks the signature of a request to a service and returns the key
// that signed it.
func (k *Keys) Check(r *http.Request, body []byte, service string) (Key, *Refusal) {
	credential, signed, ok := parse(r.Header.Get("Authorization"))
	if !ok {
		return Key{}, &Refusal{"MissingAuthenticationTokenException", "Request is missing Authentication Token"}
	}
	id, scope, _ := strings.Cut(credential, "/")
	k.mu.Lock()
	key, known := k.byID[id]
	k.mu.Unlock()
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	switch {
	case !known || key.Token != r.Header.Get("X-Amz-Security-Token"):
		return Key{}, &Refusal{"UnrecognizedClientException", "The security token included in the request is invalid."}
	case err != nil || scope != fmt.Sprintf("%s/%s/%s/aws4_request", at.Format("20060102"), Region, service):
		return Key{}, &Refusal{"InvalidSignatureException", "Credential should be scoped to a valid region and service, not " + scope}
	case !hasSignature(r, body, key, service, at, signed):
		// The service repeats what should have been signed.
		return Key{}, &Refusal{"InvalidSignatureException", "The request signature we calculated does not match the signature you provided. " +
			"Check your AWS Secret Access Key and signing method.\n\nThe Canonical String for this request should have been\n'POST\n/\n\n" +
			"x-amz-security-token:" + r.Header.Get("X-Amz-Security-Token") + "\n'"}
	}
	return key, nil
}

// parse reads an Authorization header.
func parse(header string) (credential string, signed []string, ok bool) {
	fields, ok := strings.CutPrefix(header, "AWS4-HMAC-SHA256 ")
	for field := range strings.SplitSeq(fields, ", ") {
		switch name, value, _ := strings.Cut(field, "="); name {
		case "Credential":
			credential = value
		case "SignedHeaders":
			signed = strings.Split(value, ";")
		}
	}
	return credential, signed, ok && credential != "" && len(signed) > 0
}

// hasSignature signs a request again and compares.
func hasSignature(r *http.Request, body []byte, key Key, service string, at time.Time, signed []string) bool {
	again, err := http.NewRequest(r.Method, "http://"+r.Host+r.URL.RequestURI(), bytes.NewReader(body)) //nolint:noctx // it is never sent
	if err != nil {
		return false
	}
	for _, name := range signed {
		if values, ok := r.Header[http.CanonicalHeaderKey(name)]; ok {
			again.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	hash := sha256.Sum256(body)
	credentials := sdk.Credentials{AccessKeyID: key.ID, SecretAccessKey: key.Secret, SessionToken: key.Token}
	err = v4.NewSigner().SignHTTP(r.Context(), credentials, again, hex.EncodeToString(hash[:]), service, Region, at)
	return err == nil && again.Header.Get("Authorization") == r.Header.Get("Authorization")
}
