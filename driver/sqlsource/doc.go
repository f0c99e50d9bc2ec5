// Package sqlsource is for sources that are databases: a trigger has one query,
// and what that returns is the level.
//
// What databases differ in is a [Dialect]; a driver package is that, a Config,
// and a [Plan] for each trigger; see the example.
//
// # Connections
//
// Triggers that reach the same database as the same user share at most
// [MaxConns] connections, and equal queries among them are put once in a round.
// A connection that is not needed for five minutes is closed, and each is
// replaced after half an hour, so that names, passwords and certificates may
// change. Nothing is prepared, and nothing is set for longer than a transaction,
// so that a pooler such as PgBouncer may stand in between.
//
// # Queries
//
// Queries run in a transaction, which is read-only where the database has that,
// and which is always rolled back. One that takes longer than half a minute, or
// than anybody waits for its answer, is ended, by the database itself if that
// can.
//
// # Numbers
//
// A query has to return one column. Of its first row, that is the level; further
// rows do not count. Whole numbers, floating-point numbers, and text that is one
// of these will do. NULL, a boolean, a date, any other text, and a number that is
// negative or not finite are errors. So is no row, unless the Dialect takes that
// for zero, which the reading's Note then says.
package sqlsource
