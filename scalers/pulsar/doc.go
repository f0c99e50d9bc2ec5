// Package pulsar reads the backlog of a subscription of Apache Pulsar from the
// brokers' admin API (KEDA's trigger type pulsar).
//
// # What is read
//
// The value is msgBacklog of the subscription in the statistics of the topic, those
// of all partitions together where isPartitionedTopic says that it has such. Pulsar
// counts entries: a batch of messages is one, and messages that are delayed count
// before their time. A topic and a subscription that are not there are
// scalerkit.ErrNotFound. Triggers on one topic share its statistics.
//
// A broker sends to the one that owns the topic, and that is followed, without
// credentials if its host is another: where brokers ask for them, adminURL has to be
// that of a proxy, or of any broker for a topic with partitions, which it asks the
// others about by itself.
//
// The API is plain JSON, for which no client library is needed.
//
// # Authentication
//
// All authModes count. Brokers that know several kinds of credentials are told
// which these are: token with mode bearer, basic with mode basic, and tls with a
// client certificate alone. tls: enable stands for the mode tls where there is a
// client certificate.
//
// # Differences from KEDA
//
//   - metricType counts; KEDA's target is always an average.
//   - custom and apiKey authenticate, and ca counts without a mode.
//   - A token of OAuth2 is kept until it expires. Without clientSecret, none is sent.
//   - A topic that is not persistent, or does not name tenant and namespace, is
//     refused at once, and so is a threshold of 0.
package pulsar
