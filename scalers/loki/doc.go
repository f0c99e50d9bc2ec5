// Package loki reads the result of a LogQL metric query from Grafana Loki.
//
// # The result
//
// The query is an instant one, at the server's own time, such as
// sum(rate({app="orders"} |= "error" [1m])). Its result has to be one series, or a
// scalar: more of them are an error, and so are log lines, which a query without
// a metric has. No series, a NaN and an infinite value are what KEDA calls a null
// value: 0 with a Note that says so, or an error if ignoreNullValues is false. A
// value below zero counts as 0, with a Note, and is compared with the activation
// as it is.
//
// An answer with status "error" is an error, whatever its HTTP status, and so is
// one with warnings, which Loki has of results that are not whole: half an answer
// is no answer.
//
// # The request
//
// Loki's API is that of Prometheus below another path, so this package has no
// client library but what package prometheus has. What is missing of the path
// /loki/api/v1/query is appended to serverAddress. A query that would make the
// URL longer than a server or a proxy is sure to take is sent by POST. tenantName
// is the header X-Scope-OrgID.
//
// # Differences from KEDA
//
//   - The modes apiKey, oauth and tls authenticate, and ca counts in every mode
//     and in none.
//   - NaN and infinity are null values; KEDA takes +Inf for activity. null is one,
//     too, also if ignoreNullValues is false.
//   - A scalar is read; status "error" and warnings are errors.
//   - Parameters in serverAddress are refused; KEDA drops them.
//   - A threshold of 0 is refused.
package loki
