package control

import (
	"context"
	"errors"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/internal/guard"
)

// A JobLoop is what a [Loop] of jobs has in place of Policy, Workload and
// State.
type JobLoop struct {
	Policy autoscale.JobDecider // a JobPolicy, say
	Jobs   Jobs

	// State is where to go on from, such as Job.State of the last Round before
	// a restart.
	State autoscale.JobState

	// Commit, if set, is called before jobs are created, with the State that
	// takes it that they were. If it fails, none are created. A program that
	// keeps the State here, and goes on from it after a crash, uses no reading
	// twice.
	Commit func(context.Context, autoscale.JobState) error
}

// Jobs are the jobs of one workload: those of a queue in Kubernetes, say. Its
// methods return when ctx ends. They are not called concurrently for one
// [Loop].
type Jobs interface {
	// Count returns how many jobs are not finished, and how many of these are
	// pending; see [autoscale.JobInput]. It counts every job that Create has
	// created, even if a cache or a list that it goes by does not have it yet:
	// jobs that are not counted are created once more.
	Count(ctx context.Context) (running, pending int, err error)

	// Create creates n jobs and returns how many it created, which may be some
	// even if it fails. It is called once for a reading at most.
	Create(ctx context.Context, n int) (created int, err error)
}

// check says what is wrong with the loop, whose triggers have the names.
func (l *JobLoop) check(names []string) error {
	err := checkDecider(l.Policy, names)
	if l.Jobs == nil {
		err = errors.Join(err, errors.New("Jobs.Jobs is not set"))
	}
	return err
}

// create decides and carries the decision out. It fills in the round, and says
// what it was doing when it failed.
func (l *JobLoop) create(ctx context.Context, round *Round) (doing string, err error) {
	defer guard.Catch(&err)
	doing = "count the jobs"
	if round.Current, round.Pending, err = l.Jobs.Count(ctx); err != nil {
		return doing, err
	}

	doing = "decide"
	d := l.Policy.Decide(round.JobInput())
	round.Decided, round.Job = true, d
	if d.Create == 0 {
		return doing, nil
	}

	if l.Commit != nil {
		doing = "keep the state"
		if err := l.Commit(ctx, d.State); err != nil {
			round.Job.State = round.JobBefore
			return doing, err
		}
	}

	doing = "create jobs"
	// While nothing has been created, the readings will count again.
	round.Job.State = round.JobBefore
	round.Created, err = l.Jobs.Create(ctx, d.Create)
	if round.Created > 0 {
		round.Job.State = d.State
	}
	return doing, err
}
