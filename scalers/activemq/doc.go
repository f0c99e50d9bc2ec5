// Package activemq reads how many messages a queue of Apache ActiveMQ has, of the
// classic broker or of Artemis. Both tell it by JMX, which their consoles pass on
// over HTTP with Jolokia.
//
// # What counts
//
// The number is QueueSize of the classic broker and MessageCount of Artemis: the
// messages that wait, and those that a consumer has and did not acknowledge, and
// with Artemis those that are to be delivered later.
//
// # The URL
//
// Without a template, the URL is the one by which the broker's console has
// Jolokia, without TLS. A template is a URL of the same kind: with https, say, or
// behind a proxy, or of a queue that is not anycast. The broker, the queue and the
// address may stand in it, or placeholders for what is given besides: for activemq
// {{.ManagementEndpoint}}, {{.BrokerName}} and {{.DestinationName}}, for
// artemis-queue <<managementEndpoint>>, <<brokerName>>, <<brokerAddress>> and
// <<queueName>>. Names are written as JMX and Jolokia want them.
//
// Consoles answer only pages of their own, which a request says to be of by
// Origin: that is the endpoint, or corsHeader.
//
// # What is not there
//
// A broker or queue that JMX does not know is scalerkit.ErrNotFound. The classic
// broker forgets a queue that nobody uses, if it is told to.
//
// # Differences from KEDA
//
//   - A template without a queue is told, where KEDA panics or reads nonsense;
//     that of artemis-queue need not be escaped.
//   - Names with special characters are escaped.
//   - ca counts without cert and key, and activemq has all TLS settings as well.
//   - activationQueueLength of artemis-queue is 10 if it is not given, which is
//     KEDA's code and not its documentation.
package activemq
