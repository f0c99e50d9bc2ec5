// Package azuremonitor scales by a platform metric of a resource in Azure (KEDA's
// trigger type azure-monitor).
//
// # What is read
//
// The metric's data points of the last metricAggregationInterval, five minutes if it
// is not given, in the granularity that Azure Monitor chooses, which is a minute as a
// rule. The value is that of the latest point that has the aggregation; its time is
// that of the reading, since platform metrics are minutes late. No point with the
// aggregation is an error. Where metricFilter splits the metric, its first series
// counts, with a Note. A value below zero counts as 0, with a Note, and is compared
// with the activation as it is.
//
// # Who asks
//
// The identity azure-workload, an application by tenantId, activeDirectoryClientId and
// activeDirectoryClientPassword, or the program's own credential: see
// docs/identities.md. An application asks for its tokens in its cloud, or at
// activeDirectoryEndpoint. The token of an identity goes to the cloud's Resource
// Manager and to scalerkit.Options.IdentityEndpoints.
//
// # Requests
//
// Resource Manager answers for one resource and up to 20 of its metrics. So triggers
// on one resource, with the same aggregation and interval and without a filter, are one
// request, if they share a scalerkit.Pool; should it be refused, each has its own.
// Azure Monitor's API for several resources would need to be told their region and
// another permission, so it is not used. Requests are plain: the SDK for metrics would
// weigh more than they do.
//
// # Differences from KEDA
//
//   - The last point with a value counts where KEDA takes the last and fails if that
//     is still empty.
//   - An answer without the metric is an error and not -1.
//   - azureResourceManagerEndpoint takes effect, for this trigger only, and
//     activeDirectoryEndpoint as well.
//   - The resource may be one of another, with more than three parts.
//   - The aggregation None, which has no value, and an interval that is none are
//     refused at once. tenantId is not needed with an identity.
package azuremonitor
