// Package redis scales by what waits in Redis and in servers that speak its
// protocol, such as Valkey: lists, sets, sorted sets and hashes by their size
// (KEDA's trigger types redis, redis-cluster and redis-sentinel), and streams
// by a consumer group's lag or pending entries, or by their length (the same
// names with -streams).
//
// # Connections
//
// Triggers with equal connection settings share a client, if they are given
// the same scalerkit.Pool. It holds at most two connections to each server,
// and reads any number of triggers in one pipeline for each.
//
// # What is read
//
// The size of a key takes one command, LLEN, SCARD, ZCARD or HLEN. The first
// reading of a key that is no list, and each after its type changed, takes two
// more. No script is run, so that the user needs no right to EVAL.
//
// The lag of a consumer group is what the server reports (Redis 7). Where the
// server does not know it, as after entries in the middle were deleted, the
// entries behind the last delivered one are counted, up to 10,000. A stream
// that does not exist has a lag of 0; to a group that does not exist, every
// entry of the stream is still to be delivered. Pending entries of a stream or
// group that does not exist are scalerkit.ErrNotFound.
//
// # Logging
//
// The client library logs on standard error, unless the program calls its
// SetLogger. Everything that concerns a reading is in the error of that
// reading, so a program loses nothing by silencing it.
package redis
