// Package githubrunner scales self-hosted runners of GitHub Actions by the jobs
// that wait for them or run on them.
//
// # What counts
//
// A job counts if it is queued or in progress and a runner with the labels of the
// trigger may take it: each label of the job, in upper or lower case, is one of
// labels or, without noDefaultLabels, of self-hosted, linux and x64. A job without
// labels fits every runner, or with matchUnlabeledJobsWithUnlabeledRunners a
// trigger without labels only. A job that two lists of the server show, because it
// began to run in between, counts once.
//
// The jobs are those of the repositories in repos, or of all that the owner has:
// with runnerScope org or ent those of the organisation, with repo those that
// everybody can see. GitHub has no list of the repositories of an enterprise: with
// runnerScope ent, an owner that is no organisation has to name them in repos, as
// owner/name. A repository that is not there, or that the token may not see, is
// left out with a Note; if that is all of them, it is scalerkit.ErrNotFound.
//
// # How it asks
//
// Triggers on one server with the same credentials are read together: each
// repository is listed once, and each workflow run of it, whatever labels the
// triggers have. That takes two requests a repository and one for each workflow run
// that is not done, or more where there are over 100 of a kind. Requests are
// conditional, unless enableEtags is false: GitHub does not charge for an answer
// that says that nothing has changed. The token of a GitHub App is kept until it
// expires.
//
// # The limit
//
// GitHub allows a user or an App so many requests an hour. Once a fifth of them is
// spent, at a rate at which they will not last, each reading says so in its Note.
// When none is left, or GitHub asks to wait, nothing is sent until the time that it
// named, and a reading is scalerkit.ErrThrottled.
//
// These are plain requests, since GitHub's own client library is larger than what
// is needed of it.
//
// # Differences from KEDA
//
//   - More than 100 runs of a repository, or jobs of a run, are read.
//   - The trigger is active while any job counts, and not only when there are as
//     many as the target: fewer would wait forever.
//   - Requests are conditional by default, and a GitHub App's have a time limit.
//   - When the limit is reached, a reading is an error and not the last one again,
//     and when none of the repositories is there, it is one and not 0.
package githubrunner
