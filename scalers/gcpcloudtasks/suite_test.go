package gcpcloudtasks_test

import (
	"testing"
	"time"

	"github.com/scalerkit/scalerkit/internal/gcp/gcptest"
	"github.com/scalerkit/scalerkit/scalers/gcpcloudtasks"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

// queue is the time series of a queue's depth.
func queue(name, location string, points ...gcptest.Point) gcptest.Series {
	return gcptest.Series{
		Project: gcptest.Project, Metric: "cloudtasks.googleapis.com/queue/depth", Resource: "cloud_tasks_queue",
		Labels: values{"queue_id": name, "location": location}, Points: points,
	}
}

func at(ago time.Duration, n float64) gcptest.Point {
	return gcptest.Point{Ago: ago, Value: gcptest.Whole(n)}
}

func TestSuiteOnFake(t *testing.T) {
	gcptest.MonitoringKit{
		Driver: driver, New: scalertest.Typed(gcpcloudtasks.New),
		Metadata: func(project, name string) map[string]string {
			return values{"projectID": project, "queueName": name, "value": "5"}
		},
		Series: func(name string, level float64) gcptest.Series {
			return queue(name, "europe-west1", at(10*time.Second, level), at(70*time.Second, level+1))
		},
		TargetKey: "value", ActivationKey: "activationValue",
	}.Run(t)
}
