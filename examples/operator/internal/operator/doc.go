// Package operator is the frame of the program: flags, logs, the manager with
// its caches, and the servers.
//
// Every replica reads sources and serves the metrics API. The one that is
// elected writes to the cluster.
package operator
