// Package awskinesis scales by a stream of Amazon Kinesis Data Streams (KEDA's
// trigger type aws-kinesis-stream).
//
// # What is read
//
// Mode openShards, the default, reads the number of open shards, as KEDA does.
// That is the number of workers that can share a stream, and says nothing of
// how much waits in it. A stream always has an open shard, so the workload goes
// to zero only with an activationShardCount. The permission needed is
// kinesis:DescribeStreamSummary. Kinesis answers 20 such requests per second,
// account and region; who has more streams should permit kinesis:ListShards as
// well, which takes their place where they are refused.
//
// Mode iteratorAge reads how far a consumer is behind: for how many seconds
// the oldest record has been in the stream that the consumer has not got past,
// 0 if there is none. The consumer is an application of the Kinesis Client
// Library, and leaseTable the DynamoDB table with its checkpoints, so that the
// age is known also while no replica runs. To a consumer that has no lease yet,
// all records of the stream are still to be read. One that began at the tip of
// a shard and has not set a checkpoint (LATEST) is not behind, as it begins at the
// tip again. So that it does, a record which arrived there in the last 10 minutes
// makes the trigger active, whatever activationIteratorAge says; if nothing else
// is behind, one replica is the limit, and the reading has a note. The age
// includes the time between two checkpoints of the consumer, so its target
// should be well above that.
//
// The permissions needed for it are kinesis:ListShards,
// kinesis:GetShardIterator, kinesis:GetRecords and dynamodb:Scan. Each reading
// takes two requests for each shard, of which Kinesis answers five per second
// and shard, to the consumer and this package together, and reads one record of
// it. For consumers without a lease table, there is the metric
// GetRecords.IteratorAgeMilliseconds of CloudWatch, see package awscloudwatch;
// it has data only while somebody reads the stream.
//
// # Connections
//
// Triggers with equal Accounts share a client, if they are given the same
// scalerkit.Pool. It holds at most two connections to Kinesis, and two to
// DynamoDB. Triggers that read the same are asked for once.
// There is no request for several streams: a batch reads them side by side.
//
// # Who asks
//
// A role, the process itself, an access key or the program's own credential: see
// docs/identities.md.
package awskinesis
