package autoscale

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/scalerkit/scalerkit"
)

// A jobScenario is a queue and the jobs that work on it. Time goes in ticks.
type jobScenario struct {
	policy   JobPolicy
	target   int                  // messages that a job takes
	inFlight bool                 // readings include messages being worked on
	start    func(job int) int    // ticks from the creation of a job until it takes its messages
	work     func(job int) int    // ticks that it works on them
	arrive   func(tick int) int   // messages that arrive
	fails    func(tick int) bool  // the queue cannot be read
	read     func(tick int) int   // the tick of which the reading is
	create   func(wanted int) int // how many jobs come into being

	state   JobState
	tick    int
	waiting int
	history []scenarioLevel // one for each tick
	jobs    []*scenarioJob  // unfinished
	created int
	most    int // unfinished at once
	done    int // messages
}

type scenarioLevel struct{ waiting, working int }

type scenarioJob struct {
	start, work int
	has         int // messages, -1 before it takes them
}

// run lets a number of ticks pass. In each, messages arrive, jobs go on, the
// queue is read and the policy decides.
func (s *jobScenario) run(ticks int) {
	for range ticks {
		if s.arrive != nil {
			s.waiting += s.arrive(s.tick)
		}
		s.advance()
		s.decide()
		s.tick++
	}
}

func (s *jobScenario) advance() {
	var working int
	unfinished := s.jobs[:0]
	for _, j := range s.jobs {
		switch {
		case j.start > 0:
			j.start--
		case j.has < 0:
			j.has = min(s.waiting, s.target)
			s.waiting -= j.has
		default:
			j.work--
		}
		if j.has == 0 || j.work <= 0 { // found nothing, or is done
			s.done += max(j.has, 0)
			continue
		}
		working += max(j.has, 0)
		unfinished = append(unfinished, j)
	}
	s.jobs = unfinished
	s.history = append(s.history, scenarioLevel{s.waiting, working})
}

func (s *jobScenario) decide() {
	at := s.tick
	if s.read != nil {
		at = s.read(s.tick)
	}
	level := s.history[at]
	value := level.waiting
	if s.inFlight {
		value += level.working
	}
	sample := Sample{
		Trigger: "q",
		Metric:  scalerkit.Metric{Target: scalerkit.Target{Value: float64(s.target)}, InFlight: s.inFlight},
		Reading: scalerkit.Reading{Value: float64(value), Time: jobsNow.Add(time.Duration(at) * time.Second)},
	}
	if s.fails != nil && s.fails(s.tick) {
		sample = jobsFailing("q")
	}
	var pending int
	for _, j := range s.jobs {
		if j.has < 0 {
			pending++
		}
	}
	d := s.policy.Decide(JobInput{
		Now:     jobsNow.Add(time.Duration(s.tick) * time.Second),
		Running: len(s.jobs), Pending: pending, Samples: []Sample{sample}, State: s.state,
	})
	s.state = d.State
	n := d.Create
	if s.create != nil {
		n = s.create(n)
	}
	for range n {
		s.jobs = append(s.jobs, &scenarioJob{start: s.start(s.created), work: s.work(s.created), has: -1})
		s.created++
	}
	s.most = max(s.most, len(s.jobs))
}

func always(n int) func(int) int { return func(int) int { return n } }

// once lets n messages arrive at the beginning.
func once(n int) func(int) int {
	return func(tick int) int {
		if tick == 0 {
			return n
		}
		return 0
	}
}

// fitting lists the strategies that fit each kind of reading.
var fitting = []struct {
	strategy Strategy
	inFlight bool
}{
	{StrategyAuto, false},
	{StrategyAuto, true},
	{StrategyAccurate, false},
	{StrategyDefault, true},
}

func TestOneJobForEachMessage(t *testing.T) {
	for _, f := range fitting {
		for _, tt := range []struct {
			name        string
			start, work func(job int) int
		}{
			{"jobs that take their message at once", always(0), always(3)},
			{"jobs that are done at once", always(0), always(1)},
			{"pods that start slowly", always(20), always(3)},
			{"pods that start one after the other", func(job int) int { return job % 17 }, always(5)},
			{"jobs that take their time", always(2), func(job int) int { return 1 + job*7%40 }},
		} {
			t.Run(fmt.Sprintf("%s, in flight %t: %s", f.strategy, f.inFlight, tt.name), func(t *testing.T) {
				s := jobScenario{
					policy: JobPolicy{Max: 50, Strategy: f.strategy}, target: 1, inFlight: f.inFlight,
					start: tt.start, work: tt.work, arrive: once(100),
				}
				s.run(400)
				assert.Equal(t, 100, s.created)
				assert.Equal(t, 100, s.done)
				assert.Equal(t, 50, s.most)
				assert.Empty(t, s.jobs)
			})
		}
	}
}

func TestJobsForMessagesThatKeepArriving(t *testing.T) {
	for _, f := range fitting {
		t.Run(fmt.Sprintf("%s, in flight %t", f.strategy, f.inFlight), func(t *testing.T) {
			s := jobScenario{
				policy: JobPolicy{Max: 50, Strategy: f.strategy}, target: 1, inFlight: f.inFlight,
				start: always(3), work: func(job int) int { return 1 + job%9 },
				arrive: func(tick int) int { return max(0, 3-tick/100) },
			}
			s.run(450)
			assert.Equal(t, 600, s.created)
			assert.Equal(t, 600, s.done)
			assert.Empty(t, s.jobs)
		})
	}
}

// A busy job is no reason for a message to wait: there is room for 50.
func TestAShortMessageDoesNotWaitForALongOne(t *testing.T) {
	for _, inFlight := range []bool{false, true} {
		s := jobScenario{
			policy: JobPolicy{Max: 50, Strategy: StrategyAuto}, target: 1, inFlight: inFlight,
			start: always(0), work: func(job int) int { return 1000 - 999*(job/10) },
			arrive: func(tick int) int { return map[int]int{0: 10, 50: 5}[tick] },
		}
		s.run(60)
		assert.Equal(t, 5, s.done, "in flight %t", inFlight)
		assert.Len(t, s.jobs, 10)
	}
}

// Some sources tell their level once a minute, whoever asks.
func TestAReadingThatIsTakenAgainCreatesNoMoreJobs(t *testing.T) {
	for _, f := range fitting {
		s := jobScenario{
			policy: JobPolicy{Max: 50, Strategy: f.strategy}, target: 1, inFlight: f.inFlight,
			start: always(0), work: always(3), arrive: once(100),
			read: func(tick int) int { return tick - tick%60 },
		}
		s.run(300)
		assert.Equal(t, 100, s.created, "%s, in flight %t", f.strategy, f.inFlight)
		assert.Equal(t, 100, s.done)
	}
}

func TestAnOutageCreatesNoJobsAndLosesNone(t *testing.T) {
	for _, f := range fitting {
		s := jobScenario{
			policy: JobPolicy{Max: 50, Strategy: f.strategy}, target: 1, inFlight: f.inFlight,
			start: always(2), work: always(5), arrive: once(100),
			fails: func(tick int) bool { return tick > 0 && tick < 100 },
		}
		s.run(100)
		assert.Equal(t, 50, s.created, "%s, in flight %t", f.strategy, f.inFlight)
		s.run(200)
		assert.Equal(t, 100, s.created)
		assert.Equal(t, 100, s.done)
	}
}

func TestJobsThatCouldNotBeCreatedAreMadeUpFor(t *testing.T) {
	for _, f := range fitting {
		s := jobScenario{
			policy: JobPolicy{Max: 50, Strategy: f.strategy}, target: 1, inFlight: f.inFlight,
			start: always(2), work: always(5), arrive: once(100),
			create: func(wanted int) int { return (wanted + 1) / 2 },
		}
		s.run(300)
		assert.Equal(t, 100, s.created, "%s, in flight %t", f.strategy, f.inFlight)
		assert.Equal(t, 100, s.done)
	}
}

func TestJobsThatTakeSeveralMessages(t *testing.T) {
	for _, inFlight := range []bool{false, true} {
		s := jobScenario{
			policy: JobPolicy{Max: 50, Strategy: StrategyAuto}, target: 7, inFlight: inFlight,
			start: func(job int) int { return job % 5 }, work: always(4), arrive: once(100),
		}
		s.run(200)
		assert.Equal(t, 15, s.created, "in flight %t", inFlight)
		assert.Equal(t, 100, s.done)
	}
}
