// Package strict reads manifests like an API server that is asked for strict
// validation: a field that no type has is an error, and objects of keda.sh pass
// the schema and the rules of their CustomResourceDefinition.
package strict

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	kubernetes "k8s.io/client-go/kubernetes/scheme"

	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

var (
	scheme  = newScheme()
	decoder = serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
)

func newScheme() *runtime.Scheme {
	s := runtime.NewScheme()
	utilruntime.Must(kubernetes.AddToScheme(s))
	utilruntime.Must(apiextensionsv1.AddToScheme(s))
	utilruntime.Must(v1alpha1.AddToScheme(s))
	return s
}

// separator is a line between two documents.
var separator = regexp.MustCompile(`(?m)^---[ \t]*$`)

// Split returns the documents of a manifest, without those that are empty.
func Split(manifest []byte) [][]byte {
	var documents [][]byte
	for _, text := range separator.Split(string(manifest), -1) {
		if document := []byte(text); !empty(document) {
			documents = append(documents, document)
		}
	}
	return documents
}

// empty reports whether a document has nothing but comments.
func empty(document []byte) bool {
	for line := range bytes.Lines(document) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] != '#' {
			return false
		}
	}
	return true
}

// Objects decodes all documents of a manifest. The error has what is wrong
// with any of them.
func Objects(manifest []byte) ([]runtime.Object, error) {
	var objects []runtime.Object
	var errs []error
	for i, document := range Split(manifest) {
		object, err := Decode(document)
		if err != nil {
			errs = append(errs, fmt.Errorf("document %d: %w", i+1, err))
			continue
		}
		objects = append(objects, object)
	}
	return objects, errors.Join(errs...)
}

// Decode decodes one document. An object of keda.sh is returned as the API
// server keeps it: with the defaults of its CustomResourceDefinition.
func Decode(document []byte) (runtime.Object, error) {
	object, kind, err := decoder.Decode(document, nil, nil)
	if err != nil || kind.GroupVersion() != v1alpha1.GroupVersion {
		return object, err
	}
	if object, err = admit(kind.Kind, object, document); err != nil {
		return nil, fmt.Errorf("%s: %w", kind.Kind, err)
	}
	return object, nil
}
