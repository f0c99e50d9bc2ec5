package temporal_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/scalers/scalertest"
)

const (
	read    = `read backlog of task queue "orders" in namespace "default": `
	queue   = `DescribeTaskQueue {"namespace":"default","taskQueue":{"name":"orders"},"taskQueueType":`
	version = `DescribeWorkerDeploymentVersion {"namespace":"default","deploymentVersion":{"buildId":"v1","deploymentName":"shop"},"reportTaskQueueStats":true}`
	count   = `CountWorkflowExecutions {"namespace":"default","query":"TaskQueue = 'orders' AND ExecutionStatus = 'Running' AND TemporalWorkerDeploymentVersion `
)

func TestWithoutAVersion(t *testing.T) {
	for types, c := range map[string]struct {
		asked []string
		value float64
	}{
		"":                                 {[]string{"1", "2", "3"}, 111},
		"workflow":                         {[]string{"1"}, 1},
		"workflow, activity":               {[]string{"1", "2"}, 11},
		"nexus,nexus":                      {[]string{"3"}, 100},
		"nexus,workflow,activity,activity": {[]string{"1", "2", "3"}, 111},
	} {
		s := &said{answers: values{
			queue + `1,"reportStats":true}`: `{"stats":{"approximateBacklogCount":1}}`,
			queue + `2,"reportStats":true}`: `{"stats":{"approximateBacklogCount":10}}`,
			queue + `3,"reportStats":true}`: `{"stats":{"approximateBacklogCount":100}}`,
		}}
		scalertest.WantValue(t, open(t, values{"endpoint": serve(t, s.handler), "taskQueue": "orders", "queueTypes": types}, nil, scalerkit.Options{}), c.value)
		var asked []string
		for _, typ := range c.asked {
			asked = append(asked, queue+typ+`,"reportStats":true}`)
		}
		require.ElementsMatch(t, asked, s.asked)
	}
}

// TestNoStatistics has a server that does not know that it is asked for them.
func TestNoStatistics(t *testing.T) {
	s := &said{answers: values{queue + `1,"reportStats":true}`: `{}`, queue + `2,"reportStats":true}`: `{"stats":{}}`}}
	address := serve(t, s.handler)
	scalertest.WantError(t, open(t, values{"endpoint": address, "taskQueue": "orders", "queueTypes": "workflow"}, nil, scalerkit.Options{}), nil,
		read+"type workflow: DescribeTaskQueue: the server does not say what the backlog is")
	scalertest.WantValue(t, open(t, values{"endpoint": address, "taskQueue": "orders", "queueTypes": "activity"}, nil, scalerkit.Options{}), 0)
}

func TestAVersion(t *testing.T) {
	for answer, c := range map[string]struct {
		types string
		value float64
		note  string
		err   string
	}{
		`{"versionTaskQueues":[{"name":"orders","type":1,"stats":{"approximateBacklogCount":3}},{"name":"orders","type":2,"stats":{"approximateBacklogCount":4}},{"name":"mails","type":2,"stats":{"approximateBacklogCount":5}}]}`: {value: 7},
		`{"versionTaskQueues":[{"name":"orders","type":1,"stats":{"approximateBacklogCount":3}},{"name":"orders","type":2}]}`:                                                                                                       {types: "workflow", value: 3},
		`{"versionTaskQueues":[{"name":"orders","type":1}]}`:                   {err: "DescribeWorkerDeploymentVersion: the server does not say what the backlog is"},
		`{"versionTaskQueues":[{"name":"mails","type":1}]}`:                    {note: "version shop:v1 does not poll the task queue"},
		`{"versionTaskQueues":[{"name":"orders","type":1,"stats":{}}]}`:        {},
		`{"workerDeploymentVersionInfo":{"deploymentName":"shop","status":4}}`: {note: "version shop:v1 does not poll the task queue"},
	} {
		s := &said{answers: values{version: answer}}
		r, err := open(t, values{"endpoint": serve(t, s.handler), "taskQueue": "orders", "queueTypes": c.types, "workerDeploymentName": "shop", "workerDeploymentBuildId": "v1"},
			nil, scalerkit.Options{}).Read(t.Context())
		if c.err != "" {
			require.EqualError(t, err, read+c.err)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, c.value, r.Value, answer)
		require.Equal(t, c.note, r.Note)
		require.Empty(t, r.Activity)
	}
}

func TestAVersionThatIsNotThere(t *testing.T) {
	s := &said{errs: map[string]error{"DescribeWorkerDeploymentVersion": status.Error(codes.NotFound, "no such version")}}
	scalertest.WantError(t, open(t, values{"endpoint": serve(t, s.handler), "taskQueue": "orders", "workerDeploymentName": "shop", "workerDeploymentBuildId": "v1"}, nil, scalerkit.Options{}),
		scalerkit.ErrNotFound, read+"DescribeWorkerDeploymentVersion: not found: no such version")
}

// TestRunningWorkflows has triggers with a backlog of 2 that are active above 2.
func TestRunningWorkflows(t *testing.T) {
	deployment := values{"workerDeploymentName": "shop", "workerDeploymentBuildId": "v1"}
	describe := func(status string) values {
		return values{version: `{"workerDeploymentVersionInfo":{"status":` + status + `},"versionTaskQueues":[{"name":"orders","type":2,"stats":{"approximateBacklogCount":2}}]}`}
	}
	unversioned := values{queue + `2,"reportStats":true}`: `{"stats":{"approximateBacklogCount":2}}`}
	for name, c := range map[string]struct {
		more, answers values
		query, count  string
		activity      scalerkit.Activity
		note          string
	}{
		"without a version":               {nil, unversioned, count + `IS NULL"}`, `{"count":3}`, scalerkit.Active, "3 workflows run"},
		"without a version, none":         {nil, unversioned, count + `IS NULL"}`, `{}`, "", ""},
		"above the activation":            {values{"activationTargetQueueSize": "1"}, unversioned, "", "", "", ""},
		"of another task queue":           {values{"workflowTaskQueueForCount": "mails"}, unversioned, `CountWorkflowExecutions {"namespace":"default","query":"TaskQueue = 'mails' AND ExecutionStatus = 'Running' AND TemporalWorkerDeploymentVersion IS NULL"}`, `{"count":1}`, scalerkit.Active, "1 workflows run"},
		"the current version":             {deployment, describe("2"), count + `= 'shop:v1'"}`, `{"count":3}`, scalerkit.Active, "3 workflows run"},
		"the current version, none":       {deployment, describe("2"), count + `= 'shop:v1'"}`, `{}`, "", ""},
		"a version that ramps up":         {deployment, describe("3"), count + `= 'shop:v1'"}`, `{"count":1}`, scalerkit.Active, "1 workflows run"},
		"a version that drains":           {deployment, describe("4"), "", "", scalerkit.Active, "version shop:v1 drains"},
		"a version that is drained":       {deployment, describe("5"), "", "", "", ""},
		"a version that is inactive":      {deployment, describe("1"), "", "", "", ""},
		"a version of which nobody knows": {deployment, describe("0"), "", "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			metadata := values{"taskQueue": "orders", "queueTypes": "activity", "activationTargetQueueSize": "2", "includeRunningWorkflowCount": "true"}
			s := &said{answers: values{}}
			for k, v := range c.more {
				metadata[k] = v
			}
			for k, v := range c.answers {
				s.answers[k] = v
			}
			if c.query != "" {
				s.answers[c.query] = c.count
			}
			metadata["endpoint"] = serve(t, s.handler)
			scaler := open(t, metadata, nil, scalerkit.Options{})
			r, err := scaler.Read(t.Context())
			require.NoError(t, err)
			require.EqualValues(t, 2, r.Value)
			require.Equal(t, c.activity, r.Activity)
			require.Equal(t, c.note, r.Note)
			require.Len(t, s.asked, len(s.answers), "nothing is asked in vain")
		})
	}
}

// A count that fails is no zero, as it is for KEDA.
func TestACountThatFails(t *testing.T) {
	s := &said{
		answers: values{queue + `2,"reportStats":true}`: `{"stats":{}}`},
		errs:    map[string]error{"CountWorkflowExecutions": status.Error(codes.Unavailable, "no visibility")},
	}
	scalertest.WantError(t, open(t, values{"endpoint": serve(t, s.handler), "taskQueue": "orders", "queueTypes": "activity", "includeRunningWorkflowCount": "true"}, nil, scalerkit.Options{}),
		nil, read+"CountWorkflowExecutions: Unavailable: no visibility")
}

func TestTriggersThatAskTheSameShareTheAnswer(t *testing.T) {
	s := &said{answers: values{queue + `1,"reportStats":true}`: `{"stats":{"approximateBacklogCount":7}}`}}
	address, options := serve(t, s.handler), scalerkit.Options{Pool: new(scalerkit.Pool)}
	metadata := values{"endpoint": address, "taskQueue": "orders", "queueTypes": "workflow"}
	one := open(t, metadata, nil, options)
	metadata["targetQueueSize"] = "1"
	for _, r := range scalerkit.ReadAll(t.Context(), one, open(t, metadata, nil, options)) {
		require.NoError(t, r.Err)
		require.EqualValues(t, 7, r.Reading.Value)
	}
	require.Len(t, s.asked, 1)
}
