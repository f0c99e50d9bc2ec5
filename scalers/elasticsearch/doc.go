// Package elasticsearch reads a number from what a search in Elasticsearch or in
// OpenSearch answers: KEDA's trigger types elasticsearch and opensearch.
//
// # The search
//
// It is given by a query, which is the body of a request to _search, or by the
// name of a search template that is stored in the cluster, with the parameters
// that go in, name:value;name:value, all of them text. valueLocation says by a
// path of GJSON where the number is in the answer, such as hits.total.value or
// aggregations.waiting.value. The number may be a text that Kubernetes reads as a
// quantity. A value below zero counts as 0, with a Note, and is compared with the
// activation as it is.
//
// What is not there and null are an error, or, with ignoreNullValues, 0 with a
// Note. An answer that is no success, or none of a search, is an error all the
// same, and so is one that says of itself that it is partial, by timed_out or by
// shards that failed: half an answer is no answer. Where the number of hits is
// only the least that there are, since a server counts no further than 10,000
// unless track_total_hits says so, a Note tells it.
//
// Triggers with the same search share its answer, whatever they look for in it.
//
// # The cluster
//
// Of several addresses the one that answered last is asked, and when it no longer
// answers, the next. A cloudID stands for the address of a deployment of Elastic
// Cloud. Both products' clients are large, and what is needed of them is one
// request, so this package has neither.
//
// # Differences from KEDA
//
//   - Every status that is no success is an error; with ignoreNullValues, KEDA
//     reads 0 from an answer of Elasticsearch with 404 or 500. Partial answers are
//     errors.
//   - A parameter without ":" is refused, and one with several keeps them all. So
//     is a query that is no JSON.
//   - Without a username nobody authenticates, and an apiKey goes with addresses,
//     too. For elasticsearch, ca, cert and key are new.
//   - A targetValue of 0 is refused, which no HorizontalPodAutoscaler takes.
//   - Nothing is asked when a trigger is opened. metricName, which KEDA ignores,
//     is unknown.
package elasticsearch
