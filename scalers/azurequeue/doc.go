// Package azurequeue scales by the number of messages in an Azure Storage queue
// (KEDA's trigger type azure-queue).
//
// # What is counted
//
// With queueLengthStrategy all, the messages that the service says there are, which
// is an approximation: those that wait, those that somebody has received and not
// deleted yet, and those that expired a short while ago.
//
// With visibleonly, those that wait, by a look at the first 32, which is as many as
// the service shows. If it does show 32, there may be more, and the number is that
// of all, as in KEDA; the reading then has a Note that says so. Between 31 and 32
// waiting messages it thus jumps by the number of those being worked on.
//
// # Authentication
//
// By connection string (with an account key or a shared access signature; also
// UseDevelopmentStorage=true for an emulator), by accountName and accountKey,
// by the identity azure-workload or by the program's own credential: see
// docs/identities.md. With a pod identity, a connection string is not used.
//
// # Requests
//
// The service has no request for several queues: each takes one, or two from 32
// messages on. Triggers with equal accounts and credentials share connections, if
// they are given the same scalerkit.Pool, and are read side by side; triggers that
// count the same in a queue are one question. The two requests that it takes are
// made without Azure's SDK, which would weigh more than they do.
package azurequeue
