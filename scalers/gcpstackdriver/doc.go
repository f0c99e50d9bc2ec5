// Package gcpstackdriver scales by a time series of Google's Cloud Monitoring,
// which was called Stackdriver (KEDA's trigger type gcp-stackdriver).
//
// # What is read
//
// The newest point of the time series that a filter finds, of the last
// filterDuration minutes, which may be whole or not; its time is that of the
// reading. Most metrics of Google's services are there after some minutes only, so
// that the two minutes which are the default may be too few. With
// alignmentPeriodSeconds the service makes points of others, by alignmentAligner
// within a time series and by alignmentReducer across all of them. Of several time
// series the largest counts, where KEDA takes the one that the service lists first:
// give a reducer, or a filter that leaves one. Where there is no point, valueIfNull
// counts, and without it, that is an error, also where KEDA makes a zero of it. A
// value below 0 counts as 0. The permission needed is monitoring.timeSeries.list.
//
// As by KEDA, what the metrics scope of the project shows of other projects does
// not count. A filter that names projects itself, or has an OR in it, to which
// nothing can be added safely, is sent as it is.
//
// # Connections
//
// Google's API is asked by plain requests over HTTP, which is a fraction of what
// its client library weighs. All triggers with equal Accesses, those of types
// gcp-pubsub and gcp-cloudtasks among them, share a client, if they are given the
// same scalerkit.Pool. Filters are asked about side by side, up to 16 at a time,
// and equal ones once.
//
// # Who asks
//
// An identity of provider "gcp" asks with the default credentials of the process.
// Without it, it is the service account whose key the authentication delivers in
// GoogleApplicationCredentials or an environment variable has that credentialsFromEnv
// names. See docs/identities.md.
package gcpstackdriver
