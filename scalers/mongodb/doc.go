// Package mongodb scales by the number of documents of a collection that match a
// query in MongoDB (KEDA's trigger type mongodb), or in what speaks its protocol.
//
// The query is a filter in extended JSON, such as {"state":"waiting"} or
// {"due":{"$lt":{"$date":"2026-01-01T00:00:00Z"}}}. The server counts the
// documents with each reading; without an index for the query, it looks at every one.
// A collection that does not exist has no documents, and counts 0.
//
// # Connections
//
// Triggers that are given the same scalerkit.Pool, and have the same server and
// credentials, share up to 8 connections to each server, and one more by which the
// client follows the state of each. Their queries are asked side by side, and equal ones
// once.
//
// The server is that of a connectionString, or of scheme, host, port, username and
// password; then the user is one of the database in dbName. Of what a
// connectionString can say, a program does not do for a trigger what would show the
// trigger's server who the program is, or read its files: the certificates come as
// parameters, and authMechanism is MONGODB-X509, PLAIN, or one of SCRAM.
//
// With the scheme mongodb+srv the servers are looked up by DNS, when the first reading
// is taken.
//
// # Dependencies
//
// The client is MongoDB's own, go.mongodb.org/mongo-driver/v2: it follows failovers
// and knows every way to authenticate.
//
// # Differences from KEDA
//
//   - A query that is wrong is told at once, and not with each reading. It may be
//     relaxed extended JSON, as well as canonical, and {} counts all documents.
//   - tls: enable needs no certificate. Without it, the connectionString says
//     whether there is TLS.
package mongodb
