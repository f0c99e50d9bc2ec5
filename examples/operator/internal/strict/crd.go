package strict

import (
	"context"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/json"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"

	"github.com/scalerkit/scalerkit/examples/operator/chart"
)

// A definition checks objects of one kind.
type definition struct {
	schema    *structural.Structural
	validator validation.SchemaValidator
	rules     *cel.Validator
}

// definitions are those of the chart, by kind.
var definitions = sync.OnceValues(func() (map[string]definition, error) {
	byKind := map[string]definition{}
	paths, err := fs.Glob(chart.CRDs, "files/crds/*.yaml")
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		text, err := fs.ReadFile(chart.CRDs, path)
		if err != nil {
			return nil, err
		}
		object, _, err := decoder.Decode(text, nil, nil)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		crd := object.(*apiextensionsv1.CustomResourceDefinition)
		if byKind[crd.Spec.Names.Kind], err = define(crd.Spec.Versions[0].Schema.OpenAPIV3Schema); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return byKind, nil
})

func define(schema *apiextensionsv1.JSONSchemaProps) (definition, error) {
	var props apiextensions.JSONSchemaProps
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(schema, &props, nil); err != nil {
		return definition{}, err
	}
	s, err := structural.NewStructural(&props)
	if err != nil {
		return definition{}, err
	}
	validator, _, err := validation.NewSchemaValidator(&props)
	return definition{s, validator, cel.NewValidator(s, true, celconfig.PerCallLimit)}, err
}

// admit does with a document what the API server does on the way to its
// storage, and returns it as into.
func admit(kind string, into runtime.Object, document []byte) (runtime.Object, error) {
	byKind, err := definitions()
	if err != nil {
		return nil, err
	}
	def, ok := byKind[kind]
	if !ok {
		return nil, fmt.Errorf("there is no CustomResourceDefinition")
	}
	text, err := yaml.YAMLToJSON(document)
	if err != nil {
		return nil, err
	}
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil {
		return nil, err
	}

	unknown := pruning.PruneWithOptions(object, def.schema, true, structural.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
	if len(unknown) > 0 {
		return nil, fmt.Errorf("the schema has no field %s", strings.Join(unknown, ", "))
	}
	defaulting.Default(object, def.schema)
	errs := validation.ValidateCustomResource(nil, object, def.validator)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, def.schema, object)...)
	if len(errs) == 0 { // rules take the schema for granted
		violations, _ := def.rules.Validate(context.Background(), nil, def.schema, object, nil, celconfig.RuntimeCELCostBudget)
		errs = append(errs, violations...)
	}
	if err := errs.ToAggregate(); err != nil {
		return nil, err
	}
	return into, runtime.DefaultUnstructuredConverter.FromUnstructured(object, into)
}
