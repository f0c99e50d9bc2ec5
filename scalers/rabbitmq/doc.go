// Package rabbitmq scales by what waits in the queues of RabbitMQ and of
// servers that speak its protocols (KEDA's trigger type rabbitmq).
//
// # Protocols
//
// Over AMQP 0-9-1 (a host that begins with amqp:// or amqps://) a trigger
// reads the number of ready messages in one queue, as of this moment. Query
// parameters of the URL are for applications and not looked at. A quorum queue
// that has lost its leader claims over AMQP to be empty, and nothing tells that
// from the truth; over HTTP it keeps the number that was last known.
//
// Over the HTTP API of the management plugin (http:// or https://) there is
// more to read: rates, several queues together, and messages that were
// delivered but not acknowledged. These are part of the number unless
// excludeUnacknowledged is set, so that a change of the protocol can change the
// reading. The server's statistics are 5 seconds old, 10 for quorum queues.
//
// # Connections
//
// Triggers with equal connection settings share a connection, if they are given
// the same scalerkit.Pool: one for each virtual host over AMQP, at most two for
// the whole server over HTTP. Read together, they ask four questions at a time
// over the former. Over the latter, the listing of a virtual host answers for
// many queues at once, where that is cheaper than asking for each.
//
// # Workload identity
//
// Over HTTP, workloadIdentityResource has tokens of Azure workload identity
// sent in place of user and password. They are the program's and not the
// trigger's, and for whatever resource the trigger names, so that they go only
// to hosts in scalerkit.Options.IdentityEndpoints: list servers that nobody
// runs who must not act as the identity. What the identity leaves out comes
// from the environment variables that Azure's webhook sets, AZURE_CLIENT_ID,
// AZURE_TENANT_ID, AZURE_FEDERATED_TOKEN_FILE and AZURE_AUTHORITY_HOST.
//
// # Modes
//
// With p messages published and d delivered a second, and m messages there:
//
//	QueueLength                   m
//	MessageRate                   p
//	DeliverGetRate                d
//	PublishedToDeliveredRatio     p / d
//	ExpectedQueueConsumptionTime  (p − d) / d + m / d, 0 if m is
//
// While d is 0, ratio and time have no finite value. They are then worked out
// for a d of one message in 5 seconds, which is the least that the server can
// tell from nothing, and the ratio is at least m. So consumers that stand still
// call for no fewer replicas than slow ones do.
//
// A trigger is active if its value is above activationValue. MessageRate also
// is if m is, and the modes after it also are if there are messages and none is
// delivered, since that is how it looks when there is no replica.
//
// # Several queues
//
// With useRegex, m, p and d are the sums (or averages, or maxima) over all
// queues that match, before the mode makes a value of them. If none matches,
// all are 0. A queue of which there are no statistics yet, because it was
// declared seconds ago, is an error by itself and passed over among others.
package rabbitmq
