// Package v1alpha1 is the API keda.sh/v1alpha1: the objects that KEDA's users
// have already, with the same fields, defaults and meaning. What is our own
// goes by the prefix scalerkit.dev/ in annotations, and by the status fields
// policyState and decision.
//
// The package imports k8s.io/api and k8s.io/apimachinery only, so that a client
// of these objects needs no more than that.
//
// +kubebuilder:object:generate=true
// +groupName=keda.sh
package v1alpha1
