// Package awssqs scales by the length of a queue of Amazon SQS (KEDA's trigger
// type aws-sqs-queue).
//
// # What is read
//
// The messages that wait, with those in flight, which a consumer has received
// and not deleted yet, unless scaleOnInFlight is false, and with those that are
// delayed if scaleOnDelayed is true. With those in flight, a consumer that is
// at work keeps its replicas; without them, one that works long on a message may
// be scaled in meanwhile. The numbers are SQS' estimates, which take up to a minute
// to be right after the last change. The permission needed is
// sqs:GetQueueAttributes.
//
// queueURL is the URL of the queue, or its name. Either is sent to SQS as it is
// written, as by KEDA; not every stand-in for SQS takes a name. Where the request
// is sent is for awsRegion and awsEndpoint to say, whatever host the URL names.
//
// # Connections
//
// The client is Amazon's SDK, as in the other packages for AWS, with which it
// shares all but the operations of SQS. Triggers with equal Accounts share a
// client, if they are given the same scalerkit.Pool. SQS has no request for the
// attributes of several queues: a batch reads up to 32 queues side by side, over as
// many connections, so that a thousand queues take the time of 32 answers one
// after the other.
// Triggers on one queue are asked for once, whatever they count.
//
// # Who asks
//
// An identity of provider "aws" asks as the role that it names, or as the role
// in awsRoleArn, or as the process itself. Without it, identityOwner "operator"
// asks as the process itself; otherwise it is the role in awsRoleArn, or the
// access key. As the process itself means: with the credentials that the
// default chain of Amazon's SDK finds in the environment of the process.
package awssqs
