// Package mysql scales by what a query to MySQL or MariaDB returns (KEDA's trigger
// type mysql). How connections and queries are dealt with, and which values count
// as a number, package sqlsource says.
//
// The client library is go-sql-driver/mysql, as in KEDA: the connection strings of
// triggers are its own, and it has one small dependency.
//
// # Connections
//
// The trigger has a connection string or its parts. The metric is named after the
// database, and after nothing else of a connection string. TLS is on if the string
// says so, by tls=true, tls=skip-verify, or tls=preferred, which does without if the
// server has none, and believes any certificate; ca, cert and key then add to it. A
// string may not name what a program has registered with the client library, nor
// let the server ask for files. A server that does not let anybody in within the
// timeout of the string, 5 seconds if it has none, is down.
//
// # Queries
//
// Queries run in a read-only transaction, so that one which writes is an error, and
// one statement at a time, whatever multiStatements says. The server ends those that
// take too long: MariaDB by max_statement_time, MySQL since 5.7.8 by
// max_execution_time, of the session; a Client of the program's is left as it is.
//
// There is no boolean: it is 0 or 1.
//
// # Differences from KEDA
//
// A host is required, unless there is a connection string; the port is 3306 if it is
// left out; both may come from a variable, as KEDA's documentation has it. A target
// of 0 is refused.
package mysql
