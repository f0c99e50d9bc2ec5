// Package temporal reads the backlog of a task queue of Temporal (KEDA's trigger
// type temporal).
//
// # What is read
//
// The value is the sum of the approximate backlogs of the task queue for its
// queueTypes: of those tasks that no worker has taken yet.
//
//   - Without a version, of tasks that are not for a worker deployment's version:
//     by DescribeTaskQueue, once for each type.
//   - With workerDeploymentName and workerDeploymentBuildId, of tasks for that
//     version: by DescribeWorkerDeploymentVersion. A version that is not there is
//     scalerkit.ErrNotFound, and one that does not poll the task queue has a value of
//     0, with a Note.
//
// With includeRunningWorkflowCount, a trigger whose backlog is not above its
// activation is active all the same while workflows run, as CountWorkflowExecutions
// has it: those of the task queue, or of workflowTaskQueueForCount, that the same
// version runs, or none. A version that drains is active without being counted,
// and one that is neither current nor ramping is not active.
//
// # The client library
//
// Temporal's own brings all of its API along and enters it into the registry of the
// process. This package takes grpc alone and writes the six messages that it needs by
// hand.
//
// # Security
//
// TLS is spoken with a client certificate, and with an API key or ca unless enableTLS
// is false. A certificate of ca's counts with each of these.
//
// # Differences from KEDA
//
//   - buildId, selectAllActive and selectUnversioned are refused, as by KEDA 2.21.
//   - An answer without statistics is an error, and so is a count of workflows that
//     fails: neither is a zero.
//   - A word in queueTypes that is none of the three is refused, and so is a target
//     of 0.
package temporal
