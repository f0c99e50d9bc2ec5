// Package chart is the Helm chart that installs the operator.
package chart

import "embed"

// CRDs has the CustomResourceDefinitions of keda.sh, each a YAML file in
// files/crds.
//
//go:embed files/crds/*.yaml
var CRDs embed.FS
