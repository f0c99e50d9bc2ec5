package storetest

import (
	"encoding/base64"
	"encoding/json"
)

// Token returns a token with claims, as the API server and the authorities of
// clouds give out, but for the signature.
func Token(claims map[string]any) string {
	payload, err := json.Marshal(claims)
	if err != nil {
		panic(err) // a mistake in a test
	}
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"RS256"}`)) + "." + encode(payload) + "." + encode([]byte("signature"))
}
