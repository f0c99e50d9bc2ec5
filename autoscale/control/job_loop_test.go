package control_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
)

// A farm is where jobs run, all of which are pending.
type farm struct {
	mu        sync.Mutex
	jobs      int
	asked     []int // what Create was told
	countErr  error
	createErr error
	place     int // for jobs; 0: any number
}

func (f *farm) Count(context.Context) (running, pending int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.jobs, f.jobs, f.countErr
}

func (f *farm) Create(_ context.Context, n int) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, n)
	if f.createErr != nil && f.place == 0 {
		return 0, f.createErr
	}
	if f.place > 0 && f.place < n {
		f.jobs += f.place
		return f.place, f.createErr
	}
	f.jobs += n
	return n, nil
}

func (f *farm) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (f *farm) told() []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.asked)
}

func jobs(f *farm, s scalerkit.Scaler) control.Loop {
	return control.Loop{
		Jobs:     &control.JobLoop{Policy: autoscale.JobPolicy{Max: 100}, Jobs: f},
		Triggers: []control.Trigger{{Scaler: s}},
	}
}

func TestALoopOfJobs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &broker{level: 50}
		var f farm
		var log journal
		var observed diary
		l := jobs(&f, newPeer(b, "orders"))
		l.Observe = observed.observe
		r := &control.Runner{Logger: log.logger()}
		mustSet(t, r, named(0), l)
		begin := start(t, r)
		pass(20 * time.Second)
		log.expect(t, `level=INFO msg="created jobs" namespace=shop name=worker-N created=10 before=0 `+
			`reasons="Metric fake-orders: 0 -> 0: 50 / 5 per job = 10; Strategy: 0 -> 10: default: 10 wanted - 0 running = 10"`)

		f.set(func() { f.jobs = 4 })
		pass(30 * time.Second)
		assert.Equal(t, []int{10, 6}, f.told())

		_, last := observed.read()
		assert.True(t, last.Decided)
		assert.Equal(t, 4, last.Current)
		assert.Equal(t, 6, last.Created)
		assert.Equal(t, begin.Add(30*time.Second).UTC(), last.Job.State.Used["fake-orders"])
		assert.NoError(t, last.Err)
	})
}

func TestAReadingCountsAgainUntilAJobWasCreatedForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &broker{level: 50}
		f := farm{createErr: errors.New("quota")}
		var observed diary
		l := jobs(&f, newPeer(b, "orders"))
		l.Observe = observed.observe
		r := &control.Runner{}
		mustSet(t, r, named(0), l)
		start(t, r)
		pass(20 * time.Second)
		_, last := observed.read()
		assert.EqualError(t, last.Err, "create jobs: quota")
		assert.Zero(t, last.Created)
		assert.Empty(t, last.Job.State.Used)

		f.set(func() { f.place = 3 })
		pass(30 * time.Second)
		_, last = observed.read()
		assert.EqualError(t, last.Err, "create jobs: quota")
		assert.Equal(t, 3, last.Created)
		assert.NotEmpty(t, last.Job.State.Used)
		assert.Equal(t, []int{10, 10}, f.told())
	})
}

func TestJobsThatCannotBeCountedAreNotCreated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &broker{level: 50}
		f := farm{countErr: errors.New("forbidden")}
		var observed diary
		l := jobs(&f, newPeer(b, "orders"))
		l.Observe = observed.observe
		r := &control.Runner{}
		mustSet(t, r, named(0), l)
		start(t, r)
		pass(20 * time.Second)
		_, last := observed.read()
		assert.EqualError(t, last.Err, "count the jobs: forbidden")
		assert.False(t, last.Decided)
		assert.Empty(t, f.told())
	})
}

func TestTheStateIsKeptBeforeJobsAreCreated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &broker{level: 50}
		var f farm
		var observed diary
		var kept []autoscale.JobState
		failing := errors.New("conflict")
		l := jobs(&f, newPeer(b, "orders"))
		l.Observe = observed.observe
		l.Jobs.Commit = func(_ context.Context, s autoscale.JobState) error {
			assert.Empty(t, f.told(), "it comes first")
			f.mu.Lock()
			defer f.mu.Unlock()
			kept = append(kept, s)
			return failing
		}
		r := &control.Runner{}
		mustSet(t, r, named(0), l)
		start(t, r)
		pass(20 * time.Second)
		_, last := observed.read()
		assert.EqualError(t, last.Err, "keep the state: conflict")
		assert.Empty(t, last.Job.State.Used)
		assert.Empty(t, f.told())

		f.set(func() { failing = nil })
		pass(30 * time.Second)
		_, last = observed.read()
		assert.Equal(t, []int{10}, f.told())
		assert.Equal(t, last.Job.State, kept[1])

		b.set(func() { b.level = 0 })
		pass(30 * time.Second)
		assert.Len(t, kept, 2, "nothing is created, nothing is kept")
	})
}

func TestALoopOfJobsGoesOnFromItsState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &broker{level: 50}
		var f farm
		l := jobs(&f, newPeer(b, "orders"))
		l.Jobs.State.Used = map[string]time.Time{"fake-orders": time.Now().Add(20 * time.Second)}
		r := &control.Runner{}
		mustSet(t, r, named(0), l)
		start(t, r)
		pass(20 * time.Second)
		assert.Empty(t, f.told(), "the reading was used before")
		pass(30 * time.Second)
		assert.Equal(t, []int{10}, f.told())
	})
}

func TestWhatIsWrongWithALoopOfJobs(t *testing.T) {
	l := control.Loop{Jobs: &control.JobLoop{Policy: autoscale.JobPolicy{Min: 3, Max: 2}}}
	err := new(control.Runner).Set(named(0), l)
	require.Error(t, err)
	assert.Equal(t, strings.TrimSpace(`
Min: 3 is greater than Max: 2
Jobs.Jobs is not set
Triggers is empty: there is nothing to scale by`), err.Error())
}
