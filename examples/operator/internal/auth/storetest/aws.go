package storetest

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"

	"github.com/scalerkit/scalerkit/internal/aws/awsfake"
)

// A SecretsManager is a fake of AWS Secrets Manager in the region
// [awsfake.Region]. What is set has to be set before it is used.
type SecretsManager struct {
	// Keys are those that are valid: the service's own, or those of an STS.
	Keys *awsfake.Keys

	// Secrets are values by their name, with "@" and a version id or stage
	// behind it for those that are not current.
	Secrets map[string]string

	// Binary are values that are no text, by name.
	Binary map[string][]byte

	// Readers are the owners of keys that may read, all if it is nil.
	Readers []string
}

// ServeHTTP implements http.Handler.
func (s *SecretsManager) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body) // a broken one has no secret's name
	refuse := func(code, message string) {
		reply(w, http.StatusBadRequest, map[string]any{"__type": code, "message": message})
	}
	key, refusal := s.Keys.Check(r, body, "secretsmanager")
	if refusal != nil {
		refuse(refusal.Code, refusal.Message)
		return
	}
	var ask struct {
		Name    string `json:"SecretId"`
		Version string `json:"VersionId"`
		Stage   string `json:"VersionStage"`
	}
	_ = json.Unmarshal(body, &ask)
	name := ask.Name
	if version := ask.Version + ask.Stage; version != "" && version != "AWSCURRENT" {
		name += "@" + version
	}
	text, isText := s.Secrets[name]
	binary, isBinary := s.Binary[name]
	switch {
	case r.Header.Get("X-Amz-Target") != "secretsmanager.GetSecretValue":
		refuse("UnknownOperationException", "")
	case s.Readers != nil && !slices.Contains(s.Readers, key.Owner):
		refuse("AccessDeniedException", "User: "+key.Owner+" is not authorized to perform: secretsmanager:GetSecretValue on resource: "+ask.Name)
	case isText:
		reply(w, http.StatusOK, map[string]any{"Name": ask.Name, "SecretString": text})
	case isBinary:
		reply(w, http.StatusOK, map[string]any{"Name": ask.Name, "SecretBinary": binary})
	default:
		refuse("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
	}
}
