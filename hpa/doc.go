// Package hpa serves readings to the HorizontalPodAutoscaler of Kubernetes,
// through the API external.metrics.k8s.io.
package hpa
