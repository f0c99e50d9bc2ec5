package controller_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

func TestActivity(t *testing.T) {
	before := v1alpha1.TriggerActivityStatus{IsActive: true, Limit: 24, Note: "old"}
	tests := map[string]struct {
		reading scalerkit.Reading
		err     error
		want    v1alpha1.TriggerActivityStatus
	}{
		"as it is":              {reading: scalerkit.Reading{Value: 7, Limit: 12, Note: "a\n b"}, want: v1alpha1.TriggerActivityStatus{IsActive: true, Limit: 12, Note: "a b"}},
		"no limit any more":     {reading: scalerkit.Reading{Value: 7}, want: v1alpha1.TriggerActivityStatus{IsActive: true}},
		"no work to be limited": {reading: scalerkit.Reading{}, want: v1alpha1.TriggerActivityStatus{Limit: 24}},
		"unknown":               {err: errors.New("down"), want: v1alpha1.TriggerActivityStatus{Limit: 24}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.want, controller.Activity(autoscale.Sample{Reading: test.reading, Err: test.err}, before))
		})
	}
}

func TestNotesAreToldOncePerChange(t *testing.T) {
	status := map[string]v1alpha1.TriggerActivityStatus{"s0-a": {Note: "no container: 3 events count"}, "s1-b": {}}
	notes := controller.NotesOf(controller.TakeActivities(&status))
	at := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, step := range []struct {
		metric, note string
		after        time.Duration
		want         bool
	}{
		{"s0-a", "no container: 4 events count", 0, false}, // told by an earlier process
		{"s0-a", "no checkpoint: 4 events count", 0, true},
		{"s0-a", "no checkpoint: 50 events count", time.Hour, false},
		{"s1-b", "no checkpoint: 50 events count", 0, true},
		{"s1-b", "no container: 50 events count", time.Minute, false}, // too soon
		{"s1-b", "no checkpoint: 50 events count", time.Minute, false},
		{"s1-b", "no container: 50 events count", 8 * time.Minute, true},
		{"s1-b", "", time.Minute, false},
		{"s1-b", "no container: 50 events count", time.Minute, false}, // too soon
		{"s1-b", "no container: 51 events count", 8 * time.Minute, true},
	} {
		at = at.Add(step.after)
		assert.Equal(t, step.want, notes.News(step.metric, step.note, at), "%s: %s", step.metric, step.note)
	}
}
