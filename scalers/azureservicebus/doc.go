// Package azureservicebus scales by the messages in queues and topic
// subscriptions of Azure Service Bus (KEDA's trigger type azure-servicebus).
//
// # What is counted
//
// The active messages, as KEDA does: those that wait and those that a receiver
// has locked. messageStates chooses others, or several, which are added up:
// active, scheduled, deadLetter, transfer and transferDeadLetter. Sessions are
// not counted, as the service does not tell how many there are.
//
// Where the status of a queue or subscription is Disabled or ReceiveDisabled,
// nobody may receive, and no replica could do anything about the messages: they
// count as none, and the reading's note says how many they are. What is
// SendDisabled counts.
//
// With useRegex, queueName or subscriptionName is a regular expression for
// whole names, and operation says what to make of the counts that it finds:
// their sum, the greatest or the average. Where nothing matches, the reading is
// 0. The average is exact, where KEDA's loses its fraction, so that it is not 0
// while messages wait.
//
// # Requests
//
// Counts come from the management API of the namespace. Triggers that are read
// together cost no more than it takes to list the namespace's queues, a
// hundred in an answer, or to read the wanted ones one by one, whichever is
// less. The same goes for the subscriptions of each topic. A trigger with
// useRegex needs the whole list, and then the other triggers find theirs in it.
// Those with useRegex that are read at once, but not together, share it too.
//
// The service throttles this API, at times by leaving out the counts in an
// answer that is fine otherwise. Both are scalerkit.ErrThrottled and never 0.
//
// # Authentication
//
// By a connection string, of a policy with the Manage right (with a key or a
// ready-made shared access signature), by the identity azure-workload or by the
// program's own credential: see docs/identities.md. An access token that the service
// does not accept any more is replaced at the next reading.
//
// A connection string with UseDevelopmentEmulator=true leads to an emulator,
// without TLS; its Endpoint has to have the port of the emulator's management
// API.
//
// # Connections
//
// Triggers with equal namespaces and credentials share a client, if they are
// given the same scalerkit.Pool. It holds at most two connections.
//
// # Why not the client of Azure's SDK
//
// The requests are those of the SDK's client for the management API, and are
// sent without it. Where an answer leaves a count out, that client reads 0 for
// a queue and panics for a subscription. It takes a topic that does not exist
// for one without subscriptions, and fails a page of a hundred queues because
// of one whose counts were throttled. The tests show it, and that the two agree
// on everything else.
package azureservicebus
