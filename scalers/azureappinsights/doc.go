// Package azureappinsights scales by a metric of an application that Application
// Insights watches (KEDA's trigger type azure-app-insights).
//
// # What is read
//
// The metric's aggregation over the last metricAggregationTimespan. Events take a few
// minutes to arrive. If there were none, the aggregation is null: an error, or 0 with a
// Note where ignoreNullValues says so. Anything else that is no number is an error in
// any case. A value below zero counts as 0, with a Note, and is compared with the
// activation as it is.
//
// # Who asks
//
// The identity azure-workload, an application by tenantId, activeDirectoryClientId and
// activeDirectoryClientPassword, or the program's own credential: see
// docs/identities.md. An application asks for its tokens in its cloud, or at
// activeDirectoryEndpoint. The token of an identity goes to the cloud's API and to
// scalerkit.Options.IdentityEndpoints.
//
// # Requests
//
// The API answers for several metrics of one application at once, which is how triggers
// are asked for that share a scalerkit.Pool; should that be refused, each has a request
// of its own. Requests are plain: the API has no client library in Go.
//
// # Differences from KEDA
//
//   - An application asks for its tokens in its own cloud, and activeDirectoryEndpoint
//     takes effect.
//   - ignoreNullValues hides neither an aggregation that does not exist nor an answer
//     that cannot be understood.
//   - The parts of metricId are escaped. tenantId is not needed with an identity.
package azureappinsights
