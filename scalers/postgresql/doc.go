// Package postgresql scales by what a query to PostgreSQL returns, or to a
// database that speaks its protocol (KEDA's trigger type postgresql). How
// connections and queries are dealt with, and which values count as a number,
// package sqlsource says.
//
// # Connections
//
// The trigger has a connection string or its parts, and nothing else counts: no
// variable PGPASSWORD, no password file and no certificate in the home directory
// of the process. A connection string may not name files or services either,
// which would be the program's and not the trigger's; ca, cert and key take their
// place. If there is a ca, sslmode require checks the server's certificate
// against it, as verify-ca does.
//
// PgBouncer may stand in between, in session and transaction mode. In statement
// mode it allows no transactions.
//
// # Identities
//
// With an identity of provider "azure-workload", whose tokens a program has to
// provide for (see sqlsource.Login), the parts say where the database is, and a
// token is the password. It goes only to Azure Database for PostgreSQL, and only
// after the server has proved by TLS that it is the host, whatever sslmode says;
// or to those hosts that scalerkit.Options.IdentityEndpoints lists, as sslmode
// says.
//
// # Queries
//
// Queries run in a read-only transaction, so that one which writes, or locks rows
// for that, is an error. statement_timeout is set for that transaction.
package postgresql
