// Package graphite reads the newest value of a series from Graphite, or a server
// with the same render API, such as carbonapi.
//
// # The value
//
// The query is a target of the render API, with functions or without, whose result
// has to be one series: more of them are an error. Of the points from queryTime
// until now, the newest that is not null is the value, and its time is that of the
// reading. No series, and one without points, count as 0, with a Note, as in KEDA;
// only nulls are an error. A value below zero counts as 0, with a Note, and is
// compared with the activation as it is.
//
// The API is one request, so this package has no client library. A query that
// would make the URL longer than a server or a proxy is sure to take is sent by
// POST.
//
// # Differences from KEDA
//
//   - A status that is no success is an error, whatever the body is.
//   - Without authMode nobody authenticates; there are more modes than basic, and
//     ca, a client certificate and unsafeSsl.
//   - queryTime is escaped. A point without value and time is an error.
//   - A threshold of 0 is refused.
package graphite
