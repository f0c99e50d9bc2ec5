// Package liiklus reads the lag of a consumer group of Liiklus, a gateway to Kafka
// and Pulsar (KEDA's trigger type liiklus, which KEDA 2.21 deprecates).
//
// # What is read
//
// The value is the sum of what the end offset of each partition is above the offset
// that the group has committed, or above 0 where it has not committed any. The number
// of partitions is the Limit. A round asks for the offsets of each group once, and
// then for the ends of each topic.
//
// Its protocol has two calls that matter, whose messages are written by hand: the
// client library is grpc alone. There is no TLS and no authentication.
//
// # Differences from KEDA
//
//   - A committed offset beyond the end counts as no lag, with a Note; in KEDA it is a
//     huge one.
//   - The limit is the number of partitions, and not one more, and a trigger is
//     active by all of the lag, whatever the limit.
//   - A threshold of 0, by which KEDA divides, is refused.
package liiklus
