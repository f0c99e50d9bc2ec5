// Package keda is KEDA's API as a library, without a cluster: from a ScaledObject
// or ScaledJob to what the rest of this module takes. The types are in
// [github.com/scalerkit/scalerkit/keda/v1alpha1].
//
//	Parse                    files of YAML          → objects
//	CheckScaledObject, …     an object              → what can never work in it
//	CheckTriggers            its triggers           → and in their parameters
//	Specs, References        its triggers           → scalerkit.Spec, with secrets and environment
//	Policy, JobPolicy        its bounds, behavior … → autoscale.Policy, autoscale.JobPolicy
//	HPA, Metrics, Resources  its HPA                → what package hpa serves
//	Opener                   all of it              → a control.Loop
//
// The example goes from a file to a running Loop. An operator uses the parts: it has
// a [Reader] of its cluster, and [Stores] for what no object has. With or without a
// cluster the same object comes to the same policy, the same Specs and the same words
// for what is wrong with it.
//
// All functions without a ctx are pure: they change none of their arguments, read no
// clock and no environment, and may be called concurrently. Errors have everything that is
// wrong, one problem a line, each with the field and what would be right, and no
// secret. Defaults are KEDA's.
package keda
