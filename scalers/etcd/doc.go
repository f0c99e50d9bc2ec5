// Package etcd scales by the number that is under a key of etcd (KEDA's trigger type
// etcd).
//
// The key has to be there, and what is under it has to be a number, which may have
// white space around it; anything else is an error. A number below zero is one, too.
//
// # Pushes
//
// The Scaler is a Watcher: it watches the key, and tells of each change of it. If the
// server, or who is left of a cluster, falls silent, the watch ends with an error, and
// whoever runs it begins it again: after twice watchProgressNotifyInterval, which is how
// often the server tells that there is nothing to tell
// (--watch-progress-notify-interval).
//
// # Connections
//
// Triggers with the same endpoints and credentials share one connection, if they are
// given the same scalerkit.Pool: their keys are read over it, 32 at a time, and equal
// ones once. It is replaced at the next reading when it cannot get through, or has
// fallen silent.
//
// # Dependencies
//
// The client is etcd's own, go.etcd.io/etcd/client/v3, for its watches, and for the
// tokens of users, which it renews.
//
// # Differences from KEDA
//
//   - ScaledJobs are pushed as well, and so is a change below the activation.
//   - A watch goes on after a reading has failed.
//   - tls: enable needs no certificate, and an endpoint with https:// turns it on.
package etcd
