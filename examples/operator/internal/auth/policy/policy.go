// Package policy is what the administrator lets the authentications of tenants
// do with credentials that are not theirs: which tokens of service accounts may
// leave the operator, and which HashiCorp Vaults it talks to.
//
// Whoever may write a TriggerAuthentication decides where a token goes. So a
// token has to be of no use there but for what the administrator meant: its
// audience is one that the administrator chose, and neither the API server nor a
// cloud takes it.
package policy

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// decode decodes one document of YAML or JSON in full: unknown and doubled
// fields are errors, and so is a second document. It leaves into alone if there
// is no text.
func decode(text string, into any) error {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	documents := utilyaml.NewYAMLReader(bufio.NewReader(strings.NewReader(text)))
	document, err := documents.Read()
	if err != nil {
		return err
	}
	switch _, err := documents.Read(); {
	case err == nil:
		return errors.New("it has more than one document")
	case !errors.Is(err, io.EOF):
		return err
	}
	err = yaml.UnmarshalStrict(document, into)
	if wrong := new(json.UnmarshalTypeError); errors.As(err, &wrong) {
		return fmt.Errorf("%s is of the wrong kind: %s", cmp.Or(wrong.Field, "the whole"), wrong.Value)
	}
	return err
}
