package gcpstackdriver

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/gcp"
	"github.com/scalerkit/scalerkit/internal/gcp/monitoring"
)

// Access is the part of the parameters that says who asks. Triggers with equal
// Accesses share connections and are read together.
type Access = gcp.Access

// Config describes a trigger on a time series.
type Config struct {
	Access
	ProjectID string `scaler:"projectId,required" doc:"project that has the time series"`
	Filter    string `scaler:"filter,required" doc:"filter of Cloud Monitoring that finds the time series"`

	TargetValue           float64  `scaler:"targetValue,target" default:"5" above:"0" doc:"target: value per replica"`
	ActivationTargetValue float64  `scaler:"activationTargetValue,activation" doc:"the trigger is active above this value"`
	ValueIfNull           *float64 `scaler:"valueIfNull" doc:"value to take where Cloud Monitoring has none; that is an error otherwise"`

	FilterDuration         int64  `scaler:"filterDuration" max:"1000000" doc:"how old a value may be, in minutes; 2 if it is not greater than 0"`
	AlignmentPeriodSeconds int64  `scaler:"alignmentPeriodSeconds" min:"0" max:"1000000" doc:"seconds in a point that the service makes of others, at least 60; 0 takes points as they are"`
	AlignmentAligner       string `scaler:"alignmentAligner" default:"none" doc:"what makes one point of those in a period: mean, max, delta, rate, percentile_95 and others"`
	AlignmentReducer       string `scaler:"alignmentReducer" default:"none" doc:"what makes one time series of several: sum, mean, max, percentile_95 and others"`
	MetricType             scalerkit.TargetKind
}

var (
	both     = []string{"none", "mean", "min", "max", "sum", "stddev", "count", "count_true", "count_false", "fraction_true", "percentile_99", "percentile_95", "percentile_50", "percentile_05"}
	aligners = slices.Concat(both, []string{"delta", "rate", "interpolate", "next_older", "percent_change"})
)

// Parse implements [driver.Parser].
func (c *Config) Parse(p *driver.Problems) {
	check := func(field *string, known []string) {
		switch name := strings.ToLower(*field); {
		case !slices.Contains(known, name):
			p.Add(field, "%q is not one of %s", *field, strings.Join(known, ", "))
		case name != "none" && c.AlignmentPeriodSeconds == 0:
			p.Warn(field, "has no effect without %s", p.Name(&c.AlignmentPeriodSeconds))
		}
	}
	check(&c.AlignmentAligner, aligners)
	check(&c.AlignmentReducer, both)
	if c.AlignmentPeriodSeconds > 0 && c.AlignmentPeriodSeconds < 60 {
		p.Add(&c.AlignmentPeriodSeconds, "%d is less than 60", c.AlignmentPeriodSeconds)
	}
}

// New returns a Scaler that reads a time series. It does no I/O.
func New(config Config, options scalerkit.Options) (scalerkit.Scaler, error) {
	return trigger.New(config, options)
}

// Driver returns the driver for trigger type gcp-stackdriver.
func Driver() scalerkit.Driver { return trigger.Driver() }

var trigger = driver.Type[Config]{Name: "gcp-stackdriver", KEDAName: "stackdriverScaler", Open: open}

func open(c *Config, o scalerkit.Options) (scalerkit.Scaler, error) {
	return monitoring.New(c.Access, o, monitoring.Plan{
		Metric:      driver.MetricOf(c, "gcp-stackdriver", c.ProjectID),
		Question:    monitoring.Question{Name: fmt.Sprintf("filter %q", c.Filter), List: c.list()},
		ValueIfNull: c.ValueIfNull,
	}), nil
}

func (c *Config) list() monitoring.List {
	l := monitoring.List{Project: c.ProjectID, Filter: scoped(c.Filter, c.ProjectID), Window: monitoring.Minutes(c.FilterDuration)}
	if c.AlignmentPeriodSeconds > 0 {
		l.Period = time.Duration(c.AlignmentPeriodSeconds) * time.Second
		l.Aligner = "ALIGN_" + strings.ToUpper(c.AlignmentAligner)
		l.Reducer = "REDUCE_" + strings.ToUpper(c.AlignmentReducer)
	}
	return l
}

var (
	quoted = regexp.MustCompile(`"(\\.|[^"\\])*"|'(\\.|[^'\\])*'`)
	own    = regexp.MustCompile(`(?i)\bOR\b|\bproject(_id)?\b`)
)

// scoped adds to a filter that only the project counts, unless that would tear an
// OR apart, or the filter says itself which projects do.
func scoped(filter, project string) string {
	if own.MatchString(quoted.ReplaceAllString(filter, "")) {
		return filter
	}
	return monitoring.InProject(filter, project)
}
