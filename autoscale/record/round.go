package record

import (
	"errors"
	"math"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/internal/line"
)

// Version is that of the schema of a line. It changes when an older reader would
// take a line for something else than it is; fields that are new do not change it.
const Version = 1

// A Round is a [control.Round] as it is recorded: what the decision was made of, and
// what it came to, in words.
type Round struct {
	Version   int       `json:"v"`
	Time      time.Time `json:"time"`
	Namespace string    `json:"namespace,omitempty"` // of the workload in its Runner
	Name      string    `json:"name,omitempty"`

	// Missing is how many rounds, of whatever workload, were not recorded since
	// the line before.
	Missing int64 `json:"missing,omitempty"`

	Samples []Sample `json:"samples"`

	Current int  `json:"current"`           // replicas, or unfinished jobs
	Ready   *int `json:"ready,omitempty"`   // replicas, if that is known
	Pending int  `json:"pending,omitempty"` // jobs

	// Before is the State that the decision went on from, and JobBefore that of a
	// decision about jobs.
	Before    autoscale.State    `json:"before,omitzero"`
	JobBefore autoscale.JobState `json:"jobBefore,omitzero"`

	// Decision is nil while the workload did not tell its replicas.
	Decision *Decision `json:"decision,omitempty"`

	// Error says why the decision was not made or not carried out.
	Error string `json:"error,omitempty"`
}

// A Sample is an [autoscale.Sample].
type Sample struct {
	Trigger    string               `json:"trigger"`
	Metric     string               `json:"metric,omitempty"`
	Kind       scalerkit.TargetKind `json:"kind,omitempty"`
	Target     float64              `json:"target,omitempty"`
	Activation float64              `json:"activation,omitempty"`
	InFlight   bool                 `json:"inFlight,omitempty"`

	Value    float64            `json:"value"`
	Activity scalerkit.Activity `json:"activity,omitempty"`
	Stated   float64            `json:"stated,omitempty"` // the source's word on its target
	Limit    int                `json:"limit,omitempty"`
	Even     bool               `json:"even,omitempty"`
	Note     string             `json:"note,omitempty"`
	Time     time.Time          `json:"time,omitzero"`

	Error string `json:"error,omitempty"` // why the trigger could not be read, or is of no use
}

// A Decision is an [autoscale.Decision], or an [autoscale.JobDecision].
type Decision struct {
	Replicas int    `json:"replicas"`          // or unfinished jobs
	Jobs     bool   `json:"jobs,omitempty"`    // it is about jobs
	Created  int    `json:"created,omitempty"` // jobs that were created by it
	Active   bool   `json:"active,omitempty"`
	Steps    []Step `json:"steps"`
}

// A Step is an [autoscale.Step], or an [autoscale.JobStep].
type Step struct {
	Rule    autoscale.Rule `json:"rule"`
	Trigger string         `json:"trigger,omitempty"`
	From    int            `json:"from"`
	To      int            `json:"to"`
	Detail  string         `json:"detail"`
}

// Of returns the round as it is recorded.
func Of(r control.Round) Round {
	rec := Round{
		Version: Version, Time: r.Time.UTC(), Namespace: r.Key.Namespace, Name: r.Key.Name,
		Samples: make([]Sample, len(r.Samples)),
		Current: r.Current, Ready: r.Ready, Pending: r.Pending, Before: r.Before, JobBefore: r.JobBefore,
	}
	for i, s := range r.Samples {
		rec.Samples[i] = sampleOf(s)
	}
	if r.Err != nil {
		rec.Error = text(r.Err)
	}
	switch {
	case !r.Decided:
	case len(r.Job.Steps) > 0:
		rec.Decision = &Decision{Replicas: r.Current + r.Job.Create, Jobs: true, Created: r.Created, Active: r.Job.Active}
		for _, s := range r.Job.Steps {
			rec.Decision.Steps = append(rec.Decision.Steps, Step{s.Rule, s.Trigger, s.From, s.To, s.Detail()})
		}
	default:
		rec.Decision = &Decision{Replicas: r.Decision.Replicas, Active: r.Decision.Active}
		for _, s := range r.Decision.Steps {
			rec.Decision.Steps = append(rec.Decision.Steps, Step{s.Rule, s.Trigger, s.From, s.To, s.Detail()})
		}
	}
	return rec
}

// sampleOf returns a sample as it is recorded. A number that JSON does not have is of
// no use for a decision either: it counts as an error.
func sampleOf(s autoscale.Sample) Sample {
	rec := Sample{
		Trigger: s.Trigger, Metric: s.Metric.Name, Kind: s.Metric.Target.Kind, Target: s.Metric.Target.Value,
		Activation: s.Metric.Activation, InFlight: s.Metric.InFlight,
		Value: s.Reading.Value, Activity: s.Reading.Activity, Stated: s.Reading.Target, Limit: s.Reading.Limit,
		Even: s.Reading.Even, Note: line.Of(s.Reading.Note), Time: s.Reading.Time,
	}
	if s.Err != nil {
		rec.Error = text(s.Err)
	}
	for _, n := range []*float64{&rec.Value, &rec.Target, &rec.Activation, &rec.Stated} {
		if math.IsNaN(*n) || math.IsInf(*n, 0) {
			if rec.Error == "" {
				rec.Error = "a value, target or activation that is not a finite number"
			}
			*n = 0
		}
	}
	return rec
}

// longest bounds what is kept of an error, in bytes.
const longest = 500

func text(err error) string { return line.Cut(line.Of(err.Error()), longest) }

// Key is that of the workload in its Runner.
func (r Round) Key() scalerkit.Key { return scalerkit.Key{Namespace: r.Namespace, Name: r.Name} }

// Input returns what the decision was made of: the same policy comes to the same,
// and another one to what it would have done in its place.
func (r Round) Input() autoscale.Input {
	return autoscale.Input{Now: r.Time, Current: r.Current, Ready: r.Ready, Samples: r.samples(), State: r.Before}
}

// JobInput is Input for a decision about jobs.
func (r Round) JobInput() autoscale.JobInput {
	return autoscale.JobInput{Now: r.Time, Running: r.Current, Pending: r.Pending, Samples: r.samples(), State: r.JobBefore}
}

func (r Round) samples() []autoscale.Sample {
	samples := make([]autoscale.Sample, len(r.Samples))
	for i, s := range r.Samples {
		samples[i] = autoscale.Sample{
			Trigger: s.Trigger,
			Metric: scalerkit.Metric{
				Name: s.Metric, Target: scalerkit.Target{Kind: s.Kind, Value: s.Target}, Activation: s.Activation, InFlight: s.InFlight,
			},
			Reading: scalerkit.Reading{
				Value: s.Value, Activity: s.Activity, Target: s.Stated, Limit: s.Limit, Even: s.Even, Note: s.Note, Time: s.Time,
			},
		}
		if s.Error != "" {
			samples[i].Err = errors.New(s.Error)
		}
	}
	return samples
}
