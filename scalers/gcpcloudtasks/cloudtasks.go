package gcpcloudtasks

import (
	"fmt"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/gcp"
	"github.com/scalerkit/scalerkit/internal/gcp/monitoring"
)

// Access is the part of the parameters that says who asks. Triggers with equal
// Accesses share connections and are read together.
type Access = gcp.Access

// Config describes a trigger on the depth of a queue.
type Config struct {
	Access
	ProjectID       string  `scaler:"projectID,required" doc:"project that has the queue"`
	QueueName       string  `scaler:"queueName,required" doc:"name of the queue, without its location"`
	Value           float64 `scaler:"value,target" default:"100" above:"0" doc:"target: tasks per replica"`
	ActivationValue float64 `scaler:"activationValue,activation" doc:"the trigger is active above this number of tasks"`
	FilterDuration  int64   `scaler:"filterDuration" max:"1000000" doc:"how old a value may be, in minutes; 2 if it is not greater than 0"`
	MetricType      scalerkit.TargetKind
}

// New returns a Scaler that reads the depth of a queue. It does no I/O.
func New(config Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	return trigger.New(config, options)
}

// Driver returns the driver for trigger type gcp-cloudtasks.
func Driver() scalerkit.Driver { return trigger.Driver() }

var trigger = driver.Type[Config]{Name: "gcp-cloudtasks", KEDAName: "gcpCloudTasksScaler", Open: open}

func open(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
	metric := driver.MetricOf(c, "gcp-ct", c.QueueName)
	metric.InFlight = true // a task is in its queue until it succeeds
	return monitoring.New(c.Access, o, monitoring.Plan{Metric: metric, Question: monitoring.Question{
		Name: fmt.Sprintf("depth of queue %q", c.QueueName),
		ID:   c.QueueName,
		List: monitoring.List{
			Project: c.ProjectID,
			Filter:  `metric.type = "cloudtasks.googleapis.com/queue/depth"`,
			Window:  monitoring.Minutes(c.FilterDuration),
			Label:   "queue_id",
		},
	}}), nil
}
