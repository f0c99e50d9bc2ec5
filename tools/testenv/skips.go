package main

import "strings"

// skips are the tests that may be skipped even in CI, each with the variable
// that it takes not to be: they need an account with a service of which there
// is no emulator to be had. A test of the same name that says anything else
// about why it is skipped has failed.
var skips = map[string]string{
	"github.com/scalerkit/scalerkit/scalers/azureeventhubs.TestSuiteOnServer":  "SCALERKIT_EVENTHUBS_CONNECTION",
	"github.com/scalerkit/scalerkit/scalers/azureservicebus.TestSuiteOnServer": "SCALERKIT_SERVICEBUS_CONNECTION",
}

// mayBeSkipped reports whether a test may be skipped for the reason that it
// gave.
func mayBeSkipped(test, reason string) bool {
	variable, ok := skips[test]
	return ok && strings.Contains(reason, ": "+variable+" is not set")
}
