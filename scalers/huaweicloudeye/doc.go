// Package huaweicloudeye scales by a metric of Huawei's Cloud Eye (KEDA's trigger
// type huawei-cloudeye).
//
// # What is read
//
// The newest data point of the last metricCollectionTime seconds, up to the last
// full minute; its time is that of the reading. KEDA takes the first one of the
// answer, which is the oldest. metricFilter says what Cloud Eye makes of the values
// within a metricPeriod. That there is no data point is an error, and a value below
// 0 counts as 0.
//
// # Connections
//
// Cloud Eye is asked by plain requests over HTTP, which are signed here: Huawei's
// client library would do no more, and KEDA's logs in anew for each reading.
// Triggers with equal Accounts share a client, if they are given the same
// scalerkit.Pool. A request asks about up to 500 metrics, as far as they have period,
// filter and time in common. What of it Cloud Eye takes for a mistake is asked about
// one by one, so that it is nobody else's.
//
// # Who asks
//
// Whoever has AccessKey and SecretKey, which the authentication delivers with Region
// and ProjectID. KEDA's IdentityEndpoint, DomainID and Domain may be there, and are
// not needed. Cloud Eye is at ces.REGION.CLOUD, or where cloudeyeEndpoint says.
package huaweicloudeye
