// Package awsdynamodb scales by the number of items that a query of Amazon
// DynamoDB finds (KEDA's trigger type aws-dynamodb), and by the number of shards in
// the stream of a table (aws-dynamodb-streams).
//
// # What is read
//
// The number of items that fulfil keyConditionExpression and filterExpression, on
// all pages of the answer. DynamoDB counts them and sends none. It reads, and
// charges for, all that fulfil the key condition, each time: that should be little.
// The reads are eventually consistent. The permission needed is dynamodb:Query.
//
// expressionAttributeValues is a JSON object in DynamoDB's form, such as
// {":state": {"S": "open"}}, with values of any of its types.
//
// KEDA differs: it counts the first page only, of 1 MB before the filter; it takes the
// text of a B as it is written, which here is base64, as DynamoDB has it; it has no
// sets (SS, NS, BS); and it wants expressionAttributeNames where the expressions
// have none.
//
// # Streams
//
// The number of shards in the latest stream of a table, as many as a consumer may
// read side by side. As by KEDA, closed shards count: for a day there may be records
// in them that nobody has read. So the number is never 0 while there is a stream, and
// says nothing of how much waits. A table without a stream is an error. The stream
// is looked up at each reading, by KEDA only once. The permissions needed are
// dynamodb:DescribeTable and dynamodb:DescribeStream, which an account may ask for
// ten times in a second.
//
// # Connections
//
// The client is Amazon's SDK, as in the other packages for AWS. Triggers with equal
// Accounts share a client, if they are given the same scalerkit.Pool. DynamoDB has no
// request for several queries: a batch reads up to 32 side by side, over as many
// connections. Equal queries are asked once. Streams are asked about two at a time.
//
// # Who asks
//
// An identity of provider "aws" asks as the role that it names, or as the role
// in awsRoleArn, or as the process itself. Without it, identityOwner "operator"
// asks as the process itself; otherwise it is the role in awsRoleArn, or the
// access key. As the process itself means: with the credentials that the
// default chain of Amazon's SDK finds in the environment of the process.
package awsdynamodb
