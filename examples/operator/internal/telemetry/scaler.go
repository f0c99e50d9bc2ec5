package telemetry

import "github.com/scalerkit/scalerkit/driver"

// scalerName is KEDA's label scaler: the name of the trigger, or what KEDA calls
// its scaler.
func (t *Telemetry) scalerName(of Trigger) string {
	if of.Name != "" {
		return of.Name
	}
	if t.Drivers != nil {
		if d, ok := t.Drivers.Driver(of.Type); ok {
			return driver.KEDAName(d)
		}
	}
	return of.Type
}
