// Package azurepipelines scales by the number of jobs that an agent pool of Azure
// Pipelines has to do (KEDA's trigger type azure-pipelines).
//
// # What is counted
//
// The jobs of the pool that are not finished. With scaleOnInFlight, which is the
// default, those that an agent works on count as well, and without it only those
// that wait; the former suits a ScaledObject, and a ScaledJob with the strategy
// default, the latter a ScaledJob with the strategy accurate.
//
// With parent, a job counts if the agent of that name could do it: the name is that
// of an agent which is registered, and offline, to stand for those to come. Demands
// are ignored then. With demands, a job counts if these are all that it demands.
// With requireAllDemands it has to demand all of them besides, and with
// requireAllDemandsAndIgnoreOthers it has to demand all of them, whatever else it
// does. A demand is compared as a whole, so that "java -equals 17" has to be written
// alike; what is said of Agent.Version does not count.
//
// # Requests
//
// Azure Pipelines lists the jobs of a pool, the last ones: as many as jobsToFetch
// says, and not more than 200 as a rule, whether they are finished or not. Where
// that is not enough, fetchUnfinishedJobsOnly has the finished ones left out. The
// list of a pool is asked for once in a round, whatever its triggers count in it.
//
// The id of a pool that is called by its name is asked for once, and again when
// there is no such pool any more.
//
// # Who asks
//
// A personalAccessToken, or else the identity azure-workload, or else the
// azureServicePrincipal of a TriggerAuthentication. The token of an identity goes to
// Azure DevOps and to scalerkit.Options.IdentityEndpoints.
//
// The API is Azure DevOps' own and has no client library in Go; requests are plain.
//
// # Differences from KEDA
//
//   - The metric is named by poolName where that is given, since Open does not
//     ask for the id.
//   - A pool with the given poolID that does not exist is an error.
//   - White space around demands does not count, nor does a demand given twice.
//   - A sign-in page in place of an answer is told as such.
//   - organizationURL may end with a slash. fetchUnfinishedJobsOnly excludes
//     jobsToFetch only if it is true.
package azurepipelines
