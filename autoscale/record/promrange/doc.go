// Package promrange reads what clusters already have on record: what KEDA told to
// Prometheus, or to what has its API, and kube-state-metrics of replicas. It makes
// rounds of package record of that, so that last week can be played again without
// having installed anything before.
//
//	series, err := server.Query(ctx, workload.Query(), window)
//	…
//	rounds, notes, err := workload.Rounds(series)
//
// An answer that was saved, by curl and /api/v1/query_range, serves as well: see
// [Parse].
//
// # What it is and what not
//
// A round is made for each step of the query, with the value that KEDA told last, and
// the replicas. There is no decision in it, nor a State. Where KEDA counted an error
// the sample has an error, and so it has where the value is no number: KEDA goes on
// telling the last value while a source fails. Where there is nothing, because nothing
// was scraped, there is no round.
package promrange
