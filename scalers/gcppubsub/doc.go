// Package gcppubsub scales by a metric of a subscription or of a topic of Google's
// Pub/Sub (KEDA's trigger type gcp-pubsub).
//
// # What is read
//
// Pub/Sub tells what is in a subscription through Cloud Monitoring only, one to
// four minutes later. The time of a reading is that of the newest point. Mode
// SubscriptionSize is the number of messages that were not acknowledged, those
// included that a subscriber is at work on. Any other mode is a metric of Pub/Sub's
// in camel case: OldestUnackedMessageAge is oldest_unacked_message_age. The age
// stays at its last value once a subscription is empty, so that it is no measure to
// scale to zero by. The permission needed is monitoring.timeSeries.list.
//
// The newest point within timeHorizon counts; of several time series, one for each
// region, say, the largest. Where there is no point, valueIfNull counts, and
// without it, that is an error, also where KEDA makes a zero of it. A value below 0
// counts as 0.
//
// An aggregation makes one value of the points of the three minutes up to the
// newest, of all time series: of the values in distributions, such as those of
// MessageSizes, whose count is how many messages were published, and of the numbers
// of several time series. The values between two bounds of a distribution are taken
// to be evenly spread.
//
// KEDA has this done by Cloud Monitoring in MQL, a language that Google retires. As
// there, a name without a project is in CLOUDSDK_CORE_PROJECT or the project of the
// machine with a pod identity, and otherwise in that of the key.
//
// # Connections
//
// Google's API is asked by plain requests over HTTP, which is a fraction of what
// its client library weighs. All triggers with equal Accesses, those of types
// gcp-stackdriver and gcp-cloudtasks among them, share a client, if they are given
// the same scalerkit.Pool. The subscriptions of a project whose triggers read the
// same metric are one request, whatever their number.
//
// # Who asks
//
// An identity of provider "gcp" asks with the default credentials of the process.
// Without it, it is the service account whose key the authentication delivers in
// GoogleApplicationCredentials or an environment variable has that credentialsFromEnv
// names. See docs/identities.md.
package gcppubsub
