// Package mssql scales by what a query to Microsoft SQL Server or Azure SQL returns
// (KEDA's trigger type mssql). How connections and queries are dealt with, and which
// values count as a number, package sqlsource says.
//
// The client library is microsoft/go-mssqldb, as in KEDA: the connection strings of
// triggers are its own.
//
// # Connections
//
// The trigger has a connection string, of any form that the library knows, or its
// parts. Without encrypt in it the login is encrypted if the server can do that, and
// any certificate will do; with a ca, all is encrypted and the certificate is
// checked. A string may not name files, which would be the program's: ca takes their
// place. A server that does not let anybody in within 15 seconds is down.
//
// # Identities
//
// With an identity of provider "azure-workload", whose tokens a program has to
// provide for (see sqlsource.Login), user and password do not count. A token goes
// only to Azure SQL, and only after the server has proved by TLS that it is the
// host, whatever the connection string says; or to those hosts that
// scalerkit.Options.IdentityEndpoints lists, as the string says.
//
// # Queries
//
// There are no read-only transactions: what a query writes is rolled back. A query
// that takes too long is cancelled. No row counts as 0, which the reading's Note
// says. A bit is a boolean, and no number.
//
// # Differences from KEDA
//
// A host may be an IPv6 address with or without a port. A target of 0 is refused.
package mssql
