// Package nats reads what a consumer of a stream in NATS JetStream has still to do.
//
// That is the messages that wait for it, and those that it has and did not
// acknowledge. The numbers are those of the server's monitoring endpoint, which takes
// no credentials and is asked by plain HTTP: there is no need for a client.
//
// A request has the numbers of all streams and consumers of an account, and
// triggers on the same one share it.
//
// # Clusters
//
// Each node tells of the consumers that it has a copy of, and only the node that
// leads a consumer knows its numbers. So all nodes are asked, side by side: those
// that the endpoint names in connect_urls of /varz, each at the host there with the
// endpoint's port and scheme, or, where nodes do not advertise themselves, those
// in cluster.urls by the first part of their name before the host of the endpoint,
// nats-0.nats.default.svc, say, which is how nodes behind a headless Service are
// called. A consumer is read while its leader answers, whatever the other nodes do.
//
// # What is not there
//
// A consumer, a stream or an account that no node has is scalerkit.ErrNotFound if
// all nodes answered. Otherwise, or if no answer is by the consumer's leader, it
// is not known, which is an error too.
//
// # Differences from KEDA
//
//   - A status other than 200 is an error, as it says, and not an answer in which
//     the consumer is not found.
//   - No node is remembered, so that what was removed does not keep its last
//     numbers, and a node that is down does not matter to the consumers of others.
//   - Hosts in connect_urls may be addresses of IPv6; those in cluster.urls may
//     be addresses.
//   - The endpoint may have http:// or https:// before it; certificates of the
//     endpoint can be told by ca or be unverified by unsafeSsl.
//   - A lagThreshold below 1 is refused.
package nats
