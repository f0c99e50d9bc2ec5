// Package awscloudwatch scales by Amazon CloudWatch: by the newest data point
// of a metric or of an expression (KEDA's trigger type aws-cloudwatch).
//
// # Connections and calls
//
// Triggers with equal Accounts share a client, if they are given the same
// scalerkit.Pool. It holds at most two connections. One call of GetMetricData
// reads up to 500 metrics; triggers on the same metric with the same statistic and
// times are asked for once, as CloudWatch charges by the metric.
//
// A call has one start and end time for all its queries, and these times follow
// from metricStatPeriod, metricCollectionTime and metricEndTimeOffset. Triggers
// that differ in these are read in calls of their own, so leaving them alike
// saves calls. An expression is always read in a call of its own: it could
// refer to the metrics of its neighbours, and CloudWatch takes only one Metrics
// Insights query in a call. A metric that CloudWatch finds fault with fails
// alone, and is read in a call of its own until it is accepted.
//
// The permission needed is cloudwatch:GetMetricData.
//
// # What is read
//
// A metric is one with exactly the dimensions that are named, of which there may
// be none: CloudWatch does not add up those that have more.
//
// The window ends metricEndTimeOffset ago, at the last whole multiple of
// metricStatPeriod, and is metricCollectionTime long. The newest data point in
// it is the value, and the time of the reading is that of the data point, the
// beginning of its period. A negative value is read as 0.
//
// Where there is no data point, the value is minMetricValue; it is an error if
// ignoreNullValues is false. CloudWatch receives data late: to prevent that the
// newest period is missing or half full, set a metricEndTimeOffset, or a
// metricCollectionTime of several periods.
//
// An answer that CloudWatch calls partial, internal error or forbidden is an
// error. Of an expression that gives several time series, the first one counts;
// ORDER BY and LIMIT say which that is.
//
// # Who asks
//
// A role, the process itself, an access key or the program's own credential: see
// docs/identities.md.
package awscloudwatch
