// Package awsfake is what in-process fakes of Amazon's services have in common:
// access keys and the check of signatures. Its own services are those that give
// credentials: STS and the EKS pod identity agent.
package awsfake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
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

// Retrieve makes a Key a credentials provider of the SDK's.
func (k Key) Retrieve(context.Context) (sdk.Credentials, error) { return k.credentials(), nil }

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

// CheckPresigned checks the signature in the address of a presigned GET request
// to a service, and returns the key that signed it. What the address has in
// unsigned, beside that, is no part of the request.
func (k *Keys) CheckPresigned(address *url.URL, service, unsigned string) (Key, *Refusal) {
	query := address.Query()
	query.Del(unsigned)
	id, scope, _ := strings.Cut(query.Get("X-Amz-Credential"), "/")
	k.mu.Lock()
	key, known := k.byID[id]
	k.mu.Unlock()
	at, err := time.Parse("20060102T150405Z", query.Get("X-Amz-Date"))
	seconds, _ := strconv.Atoi(query.Get("X-Amz-Expires"))
	switch {
	case !known || key.Token != query.Get("X-Amz-Security-Token"):
		return Key{}, &Refusal{"UnrecognizedClientException", "The security token included in the request is invalid."}
	case err != nil || scope != fmt.Sprintf("%s/%s/%s/aws4_request", at.Format("20060102"), Region, service):
		return Key{}, &Refusal{"InvalidSignatureException", "Credential should be scoped to a valid region and service, not " + scope}
	case time.Since(at) > time.Duration(seconds)*time.Second:
		return Key{}, &Refusal{"ExpiredTokenException", "The security token included in the request is expired"}
	}
	again := *address
	again.RawQuery = url.Values{"Action": query["Action"], "X-Amz-Expires": query["X-Amz-Expires"]}.Encode()
	request, err := http.NewRequest(http.MethodGet, again.String(), http.NoBody) //nolint:noctx // it is never sent
	if err != nil {
		return Key{}, &Refusal{"MalformedQueryString", err.Error()}
	}
	nothing := sha256.Sum256(nil)
	signed, _, err := v4.NewSigner().PresignHTTP(context.Background(), key.credentials(), request, hex.EncodeToString(nothing[:]), service, Region, at)
	if err != nil {
		return Key{}, &Refusal{"MalformedQueryString", err.Error()}
	}
	if want, err := url.Parse(signed); err != nil || !maps.EqualFunc(want.Query(), query, slices.Equal) {
		return Key{}, &Refusal{"InvalidSignatureException", "The request signature we calculated does not match the signature you provided."}
	}
	return key, nil
}

func (k Key) credentials() sdk.Credentials {
	return sdk.Credentials{AccessKeyID: k.ID, SecretAccessKey: k.Secret, SessionToken: k.Token}
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
	err = v4.NewSigner().SignHTTP(r.Context(), key.credentials(), again, hex.EncodeToString(hash[:]), service, Region, at)
	return err == nil && again.Header.Get("Authorization") == r.Header.Get("Authorization")
}
