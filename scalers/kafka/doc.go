// Package kafka scales by the lag of consumer groups in Apache Kafka and in
// what speaks its protocol: KEDA's trigger types kafka and apache-kafka.
//
// # Lag
//
// The lag of a partition is what lies between the committed offset of the
// group and the end of the log. What was deleted meanwhile does not count: if
// the log begins behind the committed offset, the lag begins there as well. A
// committed offset beyond the end, as after a topic was deleted and made anew,
// is a lag of 0. Without a committed offset, offsetResetPolicy and
// scaleToZeroOnInvalidOffset say what counts.
//
// With isolationLevel read_committed, which KEDA does not have, the log ends
// at the last stable offset, where such consumers stop: messages of open
// transactions do not count. The markers that end transactions do, as they do
// for any tool that subtracts offsets. A consumer that commits the offset
// behind its last message, and not its position, is never seen to be done with
// them; activationLagThreshold is for that.
//
// # From lag to replicas
//
// The value is the whole lag. How many consumers find work is the Limit of the
// reading: one for each partition, or for each that has lag with
// limitToPartitionsWithLag, or any number with allowIdleConsumers.
// ensureEvenDistributionOfPartitions asks for a number of replicas that divides
// the partitions. KEDA cuts the value instead, which hides the lag.
// excludePersistentLag leaves out of the value, and not of activity, partitions
// whose committed offset has stood still for two readings that are five seconds
// apart or more.
//
// # Topics
//
// A trigger names one topic or several. If it names none, it reads all topics
// that the group has committed offsets of. A group that has none is
// scalerkit.ErrNotFound, as is a topic that does not exist; whether the group
// has members does not matter. No topic is ever made by reading it.
//
// With useRegex, topic is a regular expression, and the topics are those with a name
// that it matches as a whole, whether the group has committed offsets of them or not,
// as for consumers that subscribe to a pattern. A round asks for the names of all
// topics then, of which a broker tells those that the user may see.
//
// # Errors
//
// A partition that has no leader, or that the answer of a broker lacks, makes
// the whole reading an error, and so does any error code. Codes that say that
// something is not allowed are scalerkit.ErrDenied. A connection that is closed
// in the middle of authentication is not, although some servers, and Kafka
// before 1.0, refuse credentials like that: it may as well have broken. A
// reading after a leader or a coordinator has moved may fail, the next looks
// for it anew.
//
// # Connections
//
// Triggers with equal connection settings share a client, if they are given
// the same scalerkit.Pool. It has one connection to each broker that it needs,
// and reads any number of triggers in one request for the metadata of their
// topics, and then two for each broker that leads partitions (where they begin
// and end) and one for each thousand groups that a broker coordinates. Brokers
// before Kafka 3.0 are sent a request for each group, without waiting in
// between. No metadata of other topics is asked for, and nothing happens
// between readings.
//
// # Trigger types
//
// kafka and apache-kafka take the same parameters here, each those of both,
// except for version and fullMetadata, which only kafka has and which have no
// effect. Both accept several topics. They differ in this:
//
//   - kafka refuses ensureEvenDistributionOfPartitions without topic or with
//     limitToPartitionsWithLag. For apache-kafka, where both are given, the
//     partitions with lag are the limit, and no number is rounded up: those
//     that have lag are not distributed evenly anyway.
//   - Without topic, kafka ignores partitionLimitation, and apache-kafka
//     applies it to every topic.
//
// # Authentication
//
// There are SASL PLAIN, SCRAM-SHA-256 and -512, OAUTHBEARER with the client
// credentials grant, and MSK IAM with an access key, which links no AWS SDK.
// MSK IAM with roles and pod identities is package mskiam, whose drivers take
// the place of those here. A token that was refused is not used again: the next
// connection gets another. GSSAPI, as a user of Kerberos with a password, a keytab or
// a credential cache, takes a library that package gssapi links: a program hands its
// Mechanisms to the drivers here or to those of mskiam.
//
// With a podIdentity of provider azure-workload and no password, oauthbearer sends the
// identity's token to a namespace of Azure Event Hubs, over TLS, or to brokers that the
// program lists, and to no others that these name. It is for the namespace of the
// first of bootstrapServers, or for what scopes says. The program passes Tokens.
//
// sasl and tls have to be the same wherever they are given, even if
// scalerkit.Options.Warn is set, since by the wrong one of two values credentials
// could travel in clear. Certificates and unsafeSsl have no effect while tls is
// disable; Warn is told.
//
// # Why not kafka-go's own client
//
// What travels is encoded and decoded by the protocol package of kafka-go, and
// its Transport is left out: that sends one ListOffsets request for each
// partition, opens connections for requests that are under way at once, and
// looks up the coordinator for each group anew.
package kafka
