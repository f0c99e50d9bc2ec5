// Package dynatrace reads a metric from Dynatrace, by a metric selector or by a query
// in DQL.
//
// # A metric selector
//
// It goes to the Metrics API v2, with an API token that may read metrics. The first
// point of the first series of the result counts, which is the oldest, and is the
// only one if the selector ends with :fold. Its time is the reading's, and the Note
// says so if there are more. A result without series or points is
// scalerkit.ErrNotFound, and so is a point without a value: a gap is no zero.
//
// # A query in DQL
//
// It goes to Grail, with a platform token. The field r of the first record counts,
// which is a number, or a text of one, as DQL gives integers. A result without
// records, or without r in the first, is scalerkit.ErrNotFound. A query that is not
// done at once is asked for queryPollingTries times, with queryPollingWait between;
// all queries of a round are under way side by side.
//
// A number below zero counts as 0, with a Note, and is compared with the activation as
// it is. These are plain requests: Dynatrace has no client library for Go.
//
// # Differences from KEDA
//
//   - A null is an error and not 0.
//   - A query that is done when it begins is read.
//   - A host without https:// before it is taken to have that.
//   - A threshold of 0 is refused.
package dynatrace
