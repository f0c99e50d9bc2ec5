package inplace

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit/autoscale"
)

// everything are changes of all kinds.
func everything() []Change {
	behavior := func(direction, key string) []any {
		return []any{"spec", "advanced", "horizontalPodAutoscalerConfig", "behavior", direction, key}
	}
	return []Change{
		{Key: "triggers[0].listLength", Path: []any{"spec", "triggers", 0, "metadata", "listLength"}, Value: "30"},
		{Key: "pollingInterval", Path: []any{"spec", "pollingInterval"}, Value: 5},
		{Key: "scaleUp.stabilizationWindowSeconds", Path: behavior("scaleUp", "stabilizationWindowSeconds"), Value: 15},
		{Key: "scaleUp.policies", Path: behavior("scaleUp", "policies"), Value: []autoscale.Limit{
			{Kind: autoscale.Pods, Value: 8, Period: 15 * time.Second}, {Kind: autoscale.Percent, Value: 100, Period: time.Minute}}},
		{Key: "scaleDown.stabilizationWindowSeconds", Path: behavior("scaleDown", "stabilizationWindowSeconds"), Value: 0},
	}
}

func TestEditing(t *testing.T) {
	for name, c := range map[string]struct{ from, to string }{
		"nothing is there": {
			from: `kind: ScaledObject
spec:
    # what is scaled
    scaleTargetRef:
        name: orders   # by this name

    # by what
    triggers:
        - type: redis
          metadata:
              # the list
              listName: orders
`,
			to: `kind: ScaledObject
spec:
    # what is scaled
    scaleTargetRef:
        name: orders   # by this name

    pollingInterval: 5
    advanced:
      horizontalPodAutoscalerConfig:
        behavior:
          scaleUp:
            stabilizationWindowSeconds: 15
            policies:
              - type: Pods
                value: 8
                periodSeconds: 15
              - type: Percent
                value: 100
                periodSeconds: 60
          scaleDown:
            stabilizationWindowSeconds: 0
    # by what
    triggers:
        - type: redis
          metadata:
              listLength: "30"
              # the list
              listName: orders
`,
		},
		"everything is there": {
			from: `spec:
  pollingInterval: 30 # seconds
  triggers:
  - type: redis
    metadata: {listLength: '10', listName: orders}
  advanced:
    horizontalPodAutoscalerConfig:
      behavior:
        scaleUp:
          policies:
          - type: Pods
            value: 4
            # often enough
            periodSeconds: 15
          # at once
          stabilizationWindowSeconds: 0
        scaleDown: {stabilizationWindowSeconds: 300}
`,
			to: `spec:
  pollingInterval: 5 # seconds
  triggers:
  - type: redis
    metadata: {listLength: "30", listName: orders}
  advanced:
    horizontalPodAutoscalerConfig:
      behavior:
        scaleUp:
          policies:
            - type: Pods
              value: 8
              periodSeconds: 15
            - type: Percent
              value: 100
              periodSeconds: 60
          # at once
          stabilizationWindowSeconds: 15
        scaleDown: {stabilizationWindowSeconds: 0}
`,
		},
		"JSON": {
			from: `{"spec": {"pollingInterval": 30, "advanced": {}, "triggers": [{"metadata": {"listName": "a\"}]b"}}]}}`,
			to: `{"spec": {"pollingInterval": 5, "advanced": {"horizontalPodAutoscalerConfig": {"behavior": {` +
				`"scaleUp": {"stabilizationWindowSeconds": 15, "policies": [{"type": "Pods", "value": 8, "periodSeconds": 15}, ` +
				`{"type": "Percent", "value": 100, "periodSeconds": 60}]}, "scaleDown": {"stabilizationWindowSeconds": 0}}}}, ` +
				`"triggers": [{"metadata": {"listLength": "30", "listName": "a\"}]b"}}]}}`,
		},
		"on one line": {
			from: "spec: {triggers: [{metadata: {listLength: \"7\"}}], advanced: {horizontalPodAutoscalerConfig: {behavior: {scaleUp: {policies: [{type: Pods, value: 1, periodSeconds: 15}]}}}}}\n",
			to: "spec: {pollingInterval: 5, triggers: [{metadata: {listLength: \"30\"}}], advanced: {horizontalPodAutoscalerConfig: {behavior: " +
				"{scaleDown: {stabilizationWindowSeconds: 0}, scaleUp: {stabilizationWindowSeconds: 15, policies: [{type: Pods, value: 8, periodSeconds: 15}, {type: Percent, value: 100, periodSeconds: 60}]}}}}}\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Edit([]byte(c.from), everything())
			require.NoError(t, err)
			require.Equal(t, c.to, string(got))
		})
	}
}

func TestWhatCannotBeChangedInPlace(t *testing.T) {
	for name, c := range map[string]struct{ document, want string }{
		"an alias":        {"x: &x {listLength: '1'}\nspec: {triggers: [{metadata: *x}]}\n", "triggers[0].listLength: it is written in a way that cannot be changed in place"},
		"an anchor":       {"spec: {triggers: [{metadata: {listLength: &n '1'}}]}\n", "triggers[0].listLength: it is written in a way that cannot be changed in place"},
		"lines of text":   {"spec:\n  triggers:\n  - metadata:\n      listLength: |\n        1\n", "triggers[0].listLength: it is written in a way that cannot be changed in place"},
		"no such trigger": {"spec: {triggers: []}\n", "triggers[0].listLength: it is written in a way that cannot be changed in place"},
		"nothing":         {"# nothing\n", "the document is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Edit([]byte(c.document), everything()[:1])
			require.EqualError(t, err, c.want)
		})
	}
}
