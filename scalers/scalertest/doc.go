// Package scalertest checks that a driver keeps every promise that the doc
// comments of package scalerkit make.
//
// A driver's test says how to start the source and how to set its level, and
// runs a [Suite]:
//
//	func TestFake(t *testing.T) {
//		scalertest.Suite{Driver: beanstalkd.Driver(), Start: startFake}.Run(t)
//	}
//
// Drivers are held to the suite twice: against an in-process fake that speaks
// the wire protocol, so that go test needs nothing installed, and against the
// real server. As both run the same checks, the fake is held to them too.
//
// # Faults
//
// The suite owns the network between driver and source: it opens Scalers with
// an [scalerkit.Options] whose Dial it controls. It refuses, resets, stalls
// and cuts connections, and counts them. A driver that dials by other means
// than Options.Dial fails, because the suite sees no connection.
//
// # Extending the suite
//
// A new promise in a doc comment comes with a check here, and with a driver in
// broken_test.go that breaks it and must be caught.
package scalertest
