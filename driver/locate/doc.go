// Package locate finds a number in a text, at a place that a trigger names in
// the words of the format: in JSON ([JSON]), in YAML or whatever else was decoded
// ([Value]), in XML ([XML]), and in Prometheus' text format ([Selector]).
//
// The number may be a text that Kubernetes reads as a quantity, such as 1500m or
// 2Ki: see [Quantity]. What is not there is scalerkit.ErrNotFound, and anything
// but a number is an error; it does not quote the text.
package locate
