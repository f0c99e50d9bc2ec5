// Package forgejorunner scales runners of Forgejo Actions by the jobs that wait for
// them.
//
// # What counts
//
// The server says which jobs wait for a runner with the labels: those of one
// repository, with owner and repo, of an organisation, with org, of the whole server,
// with global, or of the user to whom the token belongs. If several of these are
// given, the first in this order counts. A replica is meant for one job.
//
// A job that runs is not among them. There is no list of them to be had in pages: all
// are in one answer. These are plain requests, since Forgejo has no client library
// that knows them.
//
// # Differences from KEDA
//
//   - The labels are escaped.
//   - An owner without a repo, or a repo without an owner, is refused: KEDA reads the
//     jobs of the user then.
package forgejorunner
