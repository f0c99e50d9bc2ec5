// Package scalertest checks that a driver keeps every promise that the doc
// comments of package scalerkit make.
//
// A driver's test says how to start the source and how to set its level, and
// runs a [Suite]; see the example. Drivers are held to the suite twice: against
// an in-process fake that speaks the wire protocol, so that go test needs
// nothing installed, and against the real server. As both run the same checks,
// the fake is held to them too.
//
// # Faults
//
// The suite owns the network between driver and source: it opens Scalers with
// a [scalerkit.Options] whose Dial it controls. It refuses, resets, stalls,
// loses and cuts connections, and counts them. A driver that dials by other
// means than Options.Dial fails, because the suite sees no connection. A source
// without a network says so, and is spared.
//
// # Levels
//
// A check that makes trouble sets the source to a level other than zero first,
// and accepts that level or an error, never another level: a driver that makes
// up a number in an outage is worse than one that fails.
//
// # At the same time
//
// Checks run several at a time, since they mostly wait, so sources are to have
// nothing in common. A check tells its goroutines from those of others by a
// label of package runtime/pprof, which goroutines inherit. That is how it says
// what a driver has left behind, and who it was that used package log.
//
// # Extending the suite
//
// A new promise in a doc comment comes with a check here, and with a driver in
// one of the broken…_test.go that breaks it and must be caught, for the right
// reason: each says what the check has to say.
package scalertest
