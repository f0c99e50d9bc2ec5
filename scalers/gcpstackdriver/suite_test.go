package gcpstackdriver_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/scalerkit/scalerkit/internal/gcp/gcptest"
	"github.com/scalerkit/scalerkit/scalers/gcpstackdriver"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// requests is a time series of requests to a backend.
func requests(backend string, value float64) gcptest.Series {
	return gcptest.Series{
		Project: gcptest.Project, Metric: "example.com/requests", Resource: "backend", Labels: values{"backend": backend},
		Points: []gcptest.Point{{Ago: 10 * time.Second, Value: gcptest.Whole(value)}, {Ago: 70 * time.Second, Value: gcptest.Whole(value + 1)}},
	}
}

func filter(backend string) string {
	return fmt.Sprintf(`metric.type="example.com/requests" AND resource.label.backend=%q`, backend)
}

func TestSuiteOnFake(t *testing.T) {
	gcptest.MonitoringKit{
		Driver: driver, New: scalertest.Typed(gcpstackdriver.New),
		Metadata: func(project, backend string) map[string]string {
			return values{"projectId": project, "filter": filter(backend), "targetValue": "5"}
		},
		Series:    requests,
		TargetKey: "targetValue", ActivationKey: "activationTargetValue",
	}.Run(t)
}
