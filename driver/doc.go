// Package driver is what an author of an event source needs. Programs that only
// read sources do without it.
//
// A driver package has three parts, and exports Config, New and Driver:
//
//   - A Config, whose tags say what the parameters of the trigger are (see
//     [Decode]), and whose method Parse, if it has one, whether they go together
//     and what is derived from them (see [Parser]).
//   - A [Source], which says how questions are put to the event source. Of it,
//     whole Scalers are made: connections are shared, peers are read together,
//     equal questions are asked once, and the contract of [scalerkit.Scaler] is
//     kept. A source without a network, such as a timetable, has [Local] instead.
//   - A [Type], which joins the two under the name of a trigger type.
//
// The example below is one of them. Package driver/httpsource has the client of
// sources that speak HTTP, package driver/sqlsource that of databases, and
// scalers/scalertest the tests that every driver has to pass.
package driver
