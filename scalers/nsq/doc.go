// Package nsq reads how many messages of a topic in NSQ wait for a channel, on all
// nsqd that have the topic. They and nsqlookupd are asked by HTTP, which is where
// they tell of depths: NSQ's own protocol does not.
//
// The depth is the sum over all nsqd. One that does not have the channel yet adds
// the depth of its topic, which is what the channel will find there; one on which
// the channel is paused adds nothing, for its messages are not to be worked on, and
// the Note says so. Messages that are being worked on or deferred do not count. If
// no nsqd has the topic, the depth is 0, with a Note.
//
// All nsqlookupd have to answer, and all nsqd that they name for the topic, other
// than those for which it is tombstoned: half a sum is no sum. A round asks each of
// them once, however many triggers there are: one topic is asked for by its name,
// several as all that there are.
//
// # Differences from KEDA
//
//   - A nsqd is asked for all topics in one request, and named by /nodes in place
//     of /lookup.
//   - Certificates can be told by ca, besides being unverified by unsafeSsl.
//   - An answer without depths, such as that of another server, is an error.
package nsq
