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
// more. No script is run for it, so that the user needs no right to EVAL.
//
// The lag of a consumer group is the number of entries that the stream holds
// behind the last one that was delivered. A stream that does not exist has a
// lag of 0; to a group that does not exist, every entry of the stream is still
// to be delivered. Pending entries of a stream or group that does not exist are
// scalerkit.ErrNotFound.
//
// # How the lag is found
//
// XINFO GROUPS reports a lag (since Redis 7) that counts entries which were
// trimmed or deleted before anybody read them, and reports none where it cannot
// tell. So only a reported lag of 0 is taken as it is. For any other, XINFO
// STREAM tells whether the group has read everything, has read nothing that is
// left, or reads a stream that nothing was ever removed from. Otherwise the
// entries are counted, up to 10,000; where there are more, the lag is what the
// server reported, but no more than the length of the stream, or 10,000 if it
// reported nothing.
//
// A script counts the entries on the server, 8 MB of them in a run, and no
// entry is sent. If the user may not run scripts (EVAL), XRANGE sends the
// entries in pages of 1 MB, none of which is kept. Either way the user needs
// the right to XRANGE, besides that to XINFO and XLEN.
//
// # Azure workload identity
//
// With a podIdentity of provider azure-workload and no password, the token of that
// takes its place, and the user is whose it is, unless username says another. It goes
// over TLS to hosts of Azure's Redis services, or to those that the program lists, and
// so to no other node that a cluster names. Sentinels do without. Connections are
// renewed every four minutes, before their token expires.
//
// # Logging
//
// The client library logs on standard error, unless the program calls its
// SetLogger. Everything that concerns a reading is in the error of that
// reading, so a program loses nothing by silencing it.
package redis
