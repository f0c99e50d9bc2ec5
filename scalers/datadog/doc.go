// Package datadog reads the result of a query of metrics from Datadog, or a metric
// that a Datadog Cluster Agent has.
//
// # A query
//
// The query is one for a window that ends timeWindowOffset seconds ago and is age
// seconds long. Of each series in the result, the last point that has a value
// counts, or the one lastAvailablePointOffset before it; the reading's Time is that
// of the point. Several series need a queryAggregator. What is not there, no series
// or no such point, is an error, or the metricUnavailableValue with a Note.
//
// The keys go to datadogSite, of which the API has "api." before its name. It may be
// the URL of a proxy, too, or of a private link.
//
// # A metric of a Cluster Agent
//
// With useClusterAgentProxy, the object DatadogMetric that the trigger names is read
// from the agent, where it is a metric of Kubernetes' external metrics API. An agent
// that answers 422 does not have it for now, which is an error or the
// metricUnavailableValue.
//
// A value below zero counts as 0, with a Note, and is compared with the activation as
// it is. These are plain requests, since Datadog's client library has all of its API
// in it.
//
// # Differences from KEDA
//
//   - Every datadogSite will do.
//   - metricUnavailableValue counts for a series without points, and for one with too
//     few of them, too.
//   - activationQueryValue and activationTargetValue are one parameter, whichever way
//     is asked.
//   - type, which has no effect there either, may stand beside a metricType.
package datadog
