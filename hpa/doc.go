// Package hpa lets the HorizontalPodAutoscaler of Kubernetes scale by readings
// that have been taken already.
//
// # The API
//
// [Provider] serves external.metrics.k8s.io/v1beta1 from memory. Whoever reads
// the sources publishes what came of it, a value or an error, under the object
// that it is for:
//
//	metrics.Publish(hpa.Owner{Namespace: "shop", Name: "packer"}, values)
//
// A value is served with the time at which its source was read, for as long as
// it is good for. What is unknown or too old has no value, and the HPA then
// scales up by its other metrics at most. No request reads a source, and
// discovery, OpenAPI and health do not even depend on what is published: an
// outage of all sources is none of the API, on which namespace deletion and
// kubectl depend.
//
// # Who may ask
//
// kube-apiserver authenticates and authorizes the users of the API, and then
// asks as the front proxy. [FrontProxy] admits it, by the certificate that the
// ConfigMap kube-system/extension-apiserver-authentication describes, and
// refuses everyone else. The server's own certificate is a [Certificate] or
// [CertificateFiles]. All three are replaced without losing a request.
//
// # The HPA
//
// [Object] makes the HPA that agrees with an [autoscale.Policy], and [Metrics]
// both what it asks for and what is answered.
//
// The package has the types of Kubernetes, and no client: the program that it
// is part of has one, of whatever version. How to put it together, with the
// manifests, is in docs/hpa.md.
package hpa
