package temporal

import (
	"github.com/scalerkit/scalerkit/internal/rpc"
)

// The service and those of its methods that are called. Requests and answers have
// the fields that this package needs.
const (
	service         = "temporal.api.workflowservice.v1.WorkflowService"
	describeQueue   = "DescribeTaskQueue"
	describeVersion = "DescribeWorkerDeploymentVersion"
	countWorkflows  = "CountWorkflowExecutions"
)

// The types of task queues, by number.
var queueTypes = map[string]uint64{"workflow": 1, "activity": 2, "nexus": 3}

// The states of a worker deployment's version.
const (
	current  = 2
	ramping  = 3
	draining = 4
)

// queueRequest returns a DescribeTaskQueueRequest.
func queueRequest(namespace, queue string, typ uint64) rpc.Encoded {
	b := rpc.AppendString(nil, 1, namespace)
	b = rpc.AppendBytes(b, 2, rpc.AppendString(nil, 1, queue))
	b = rpc.AppendVarint(b, 3, typ)
	return rpc.AppendVarint(b, 8, 1) // report_stats
}

// A queueAnswer is a DescribeTaskQueueResponse.
type queueAnswer struct{ stats }

// Parse implements rpc.Decoder.
func (a *queueAnswer) Parse(data []byte) error {
	*a = queueAnswer{}
	return rpc.Parse(data, func(f rpc.Field) error {
		if f.Tag == 5<<3|rpc.Bytes {
			return a.parse(f.Bytes)
		}
		return nil
	})
}

// stats are TaskQueueStats, if there are any.
type stats struct {
	known   bool
	backlog int64
}

func (s *stats) parse(data []byte) error {
	s.known = true
	return rpc.Parse(data, func(f rpc.Field) error {
		if f.Tag == 1<<3|rpc.Varint {
			s.backlog = int64(f.Bits)
		}
		return nil
	})
}

// versionRequest returns a DescribeWorkerDeploymentVersionRequest.
func versionRequest(namespace, deployment, build string) rpc.Encoded {
	b := rpc.AppendString(nil, 1, namespace)
	b = rpc.AppendBytes(b, 3, rpc.AppendString(rpc.AppendString(nil, 1, build), 2, deployment))
	return rpc.AppendVarint(b, 4, 1) // report_task_queue_stats
}

// A versionAnswer is a DescribeWorkerDeploymentVersionResponse.
type versionAnswer struct {
	status uint64
	queues []versionQueue
}

// A versionQueue is a VersionTaskQueue.
type versionQueue struct {
	name string
	typ  uint64
	stats
}

// Parse implements rpc.Decoder.
func (a *versionAnswer) Parse(data []byte) error {
	*a = versionAnswer{}
	return rpc.Parse(data, func(f rpc.Field) error {
		switch f.Tag {
		case 1<<3 | rpc.Bytes:
			return rpc.Parse(f.Bytes, func(f rpc.Field) error {
				if f.Tag == 14<<3|rpc.Varint {
					a.status = f.Bits
				}
				return nil
			})
		case 2<<3 | rpc.Bytes:
			var q versionQueue
			err := q.parse(f.Bytes)
			a.queues = append(a.queues, q)
			return err
		}
		return nil
	})
}

func (q *versionQueue) parse(data []byte) error {
	return rpc.Parse(data, func(f rpc.Field) error {
		switch f.Tag {
		case 1<<3 | rpc.Bytes:
			q.name = string(f.Bytes)
		case 2<<3 | rpc.Varint:
			q.typ = f.Bits
		case 3<<3 | rpc.Bytes:
			return q.stats.parse(f.Bytes)
		}
		return nil
	})
}

// countRequest returns a CountWorkflowExecutionsRequest.
func countRequest(namespace, query string) rpc.Encoded {
	return rpc.AppendString(rpc.AppendString(nil, 1, namespace), 2, query)
}

// A countAnswer is a CountWorkflowExecutionsResponse.
type countAnswer struct{ count int64 }

// Parse implements rpc.Decoder.
func (a *countAnswer) Parse(data []byte) error {
	*a = countAnswer{}
	return rpc.Parse(data, func(f rpc.Field) error {
		if f.Tag == 1<<3|rpc.Varint {
			a.count = int64(f.Bits)
		}
		return nil
	})
}
