// Package azureloganalytics scales by the result of a query to a Log Analytics
// workspace of Azure Monitor (KEDA's trigger type azure-log-analytics).
//
// # The result
//
// The query, in Kusto's language, has to bound its time by itself. Its result is one
// table with one row, whose first column is the number: of type real, int or long, and
// not below zero. Other columns do not count. No row, several, null, and any other type
// are errors, as is a result that the service calls partial: a query that may find
// nothing says what that means, by coalesce or count.
//
// # Who asks
//
// The identity azure-workload, an application by tenantId, clientId and clientSecret,
// or the program's own credential: see docs/identities.md. An application asks for its
// tokens in its cloud, or at activeDirectoryEndpoint. The token of an identity goes to
// the cloud's API and to scalerkit.Options.IdentityEndpoints.
//
// # Requests
//
// Each query is a request; equal ones are asked once, and those of triggers that share
// a scalerkit.Pool side by side. They are plain requests: the SDK for queries would
// weigh more than they do.
//
// # Differences from KEDA
//
//   - timeout is what it says, and not a million times that.
//   - What tells where the API is in the cloud Private counts for this trigger only.
//   - tenantId and clientId in the metadata come before those of an authentication.
package azureloganalytics
