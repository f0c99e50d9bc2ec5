// Package newrelic reads the result of an NRQL query from New Relic.
//
// # The result
//
// The query goes to NerdGraph, New Relic's GraphQL API. The first row of its result
// counts, which has to have one number in it: SELECT count(*), say, or
// percentile(duration, 95), whose number is within a value of its own. Several
// numbers, as those of two functions or of a TIMESERIES, are an error that names
// them. If there are more rows, as those of a FACET, the Note says so. A number below
// zero counts as 0, with a Note, and is compared with the activation as it is.
//
// No row, or one in which there is nothing but null, counts as 0, with a Note, or
// with noDataError is an error: agents that report nothing look like that.
//
// An answer with errors is an error, whatever else is in it. The query should say
// for what time it is (SINCE 5 minutes ago): New Relic takes an hour otherwise.
//
// The region may be the URL of a proxy for NerdGraph, too. These are plain requests,
// since New Relic's client library has all of its API in it.
//
// # Differences from KEDA
//
//   - Which of several numbers counts is not left to chance.
//   - The number within a value is read, and a text is an error and not 0.
//   - A request has the time limit of other sources and not 30 seconds, and is not
//     retried before the next reading.
//   - A threshold of 0 is refused.
package newrelic
