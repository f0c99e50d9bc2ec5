// Package azureeventhubs scales by the events of an Azure event hub that a
// consumer group has not processed yet (KEDA's trigger type azure-eventhub).
//
// # What is counted
//
// For each partition, the events after the checkpoint that the consumer group
// wrote to a storage account; without a checkpoint, all events that are there.
// The sum is the value, and the number of partitions the limit, since no more
// replicas than these find work.
//
// Events that retention has removed do not count, as nobody can process them
// any more: a hub whose last events have expired has none, even if the
// checkpoint is behind. For the same reason, a checkpoint of a former hub of
// the same name that is far ahead of its partition counts the events that are
// there. One that is ahead by less than stalePartitionInfoThreshold is newer
// than what the hub says of the partition, and all is processed.
//
// # Checkpoints
//
// There are as many formats as libraries. checkpointStrategy says which:
//
//   - blobMetadata: metadata of the blob <host>/<hub>/<group>/checkpoint/<partition>,
//     by today's SDKs, Dapr and version 5 of the Azure Functions extension
//   - azureFunction: the blob <host>/<hub>/<group>/<partition>, always in the
//     container azure-webjobs-eventhub
//   - goSdk: the blob <partition>, by the Go SDK of old
//   - dapr: the blob dapr-<hub>-<group>-<partition>
//   - none: the blob <group>/<partition>, by the event processor hosts of .NET,
//     Java and Python; or azureFunction if there is no blobContainer
//
// With blobMetadata, names are looked for in lower case, as most SDKs write them,
// and as the trigger has them, as that for Go does. If a partition has both, the
// one that was written last counts.
//
// blobMetadata takes one listing of each spelling for all partitions; the others
// one request for each partition with events in it, side by side. A blob or
// container that does not exist is no checkpoint. Neither is one that so far only
// says who reads the partition. If there is no checkpoint at all, all events
// count, as is right before the first consumer runs, and the reading's note says
// so, as the container may be misspelt. A checkpoint that cannot be understood is
// an error.
//
// # Authentication
//
// By connection string, of the hub or of its namespace, or by the identity
// azure-workload with eventHubNamespace and eventHubName. An EntityPath in the
// connection string has precedence over eventHubName. The storage account has
// a connection string of its own, which goes with an identity too, or is read
// by the identity if storageAccountName is given. If there is a connection string
// besides an identity, it only says under which host and hub checkpoints are kept.
// The program's own credential takes the place of an identity: see
// docs/identities.md.
//
// # Connections
//
// Triggers on one namespace with one credential share one AMQP connection, if
// they are given the same scalerkit.Pool, and triggers on one storage account
// share at most eight connections to it. A batch reads each hub once, however
// many consumer groups are asked about. At most 16 requests to a namespace are
// under way at a time.
//
// The connection is made with go-amqp, the client library that Azure's SDK for
// Event Hubs is made of, and the requests are those of the SDK. Its own client
// has a connection to each hub, does not stop waiting for the properties of a
// partition when the caller does, and leaves a goroutine behind when it is
// closed.
package azureeventhubs
