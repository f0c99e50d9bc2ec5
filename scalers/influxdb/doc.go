// Package influxdb reads a number by a query to InfluxDB, of its version 2 in
// Flux, and of version 3 in InfluxQL or SQL.
//
// # The number
//
// Of version 2, it is the _value of the first record of the result, and if there
// are more records, a Note says so. No record is an error. Of version 3, it is what
// the last row has in the column metricKey, and no row counts as 0, with a Note:
// both as in KEDA. A null, a text and what is not finite are errors. A value below
// zero counts as 0, with a Note, and is compared with the activation as it is.
//
// An answer that has an error in it, or says that it is partial, is an error,
// whatever its HTTP status.
//
// # The request
//
// Flux goes to /api/v2/query and is answered with annotated CSV. InfluxQL goes to
// /query, which all products of version 3 have, and version 1, too. SQL (queryType
// FlightSQL) goes to /api/v3/query_sql, which InfluxDB 3 Core and Enterprise have,
// but not Cloud Dedicated and Clustered, where InfluxQL has to do. KEDA asks
// version 3 by Arrow Flight, whose client would weigh more than the whole rest of
// a program, for one number. The token is sent as Token to version 2 and as Bearer
// to version 3.
//
// # Differences from KEDA
//
//   - ca, a client certificate and unsafeSsl count for version 3, too.
//   - Unsigned integers are read; NaN and infinity are errors and not 0.
//   - A query that fails is an error in each case.
//   - A thresholdValue of 0 is refused.
package influxdb
