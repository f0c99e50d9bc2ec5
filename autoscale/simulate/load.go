package simulate

import (
	"math"
	"math/rand/v2"
	"time"
)

// A Load says how many messages arrive from one time up to another. Parts of
// messages add up to whole ones. The times count from the begin of a [Scenario],
// and go on without a gap. What is left to chance comes from the generator, which
// is the source's own, so that the same messages arrive whoever scales.
//
// A number that is negative or not finite ends the simulation with an error.
type Load func(from, to time.Duration, chance *rand.Rand) float64

// Constant is so many messages a second.
func Constant(perSecond float64) Load {
	return func(from, to time.Duration, _ *rand.Rand) float64 {
		return perSecond * (to - from).Seconds()
	}
}

// A Step is a rate of messages from a time on.
type Step struct {
	At        time.Duration
	PerSecond float64
}

// Steps goes from one rate to the next, each from its time on. Before the first
// there is nothing. The steps are in order of their times.
func Steps(steps ...Step) Load {
	return func(from, to time.Duration, _ *rand.Rand) float64 {
		var sum float64
		for i, s := range steps {
			end := to
			if i+1 < len(steps) {
				end = min(to, steps[i+1].At)
			}
			if begin := max(from, s.At); end > begin {
				sum += s.PerSecond * (end - begin).Seconds()
			}
		}
		return sum
	}
}

// Ramp goes evenly from the rate of each step to that of the next, and keeps the
// last. Before the first there is nothing. The steps are in order of their times.
func Ramp(steps ...Step) Load {
	rate := func(t time.Duration) float64 {
		for i, next := range steps {
			if t >= next.At {
				continue
			}
			if i == 0 {
				return 0
			}
			last := steps[i-1]
			part := float64(t-last.At) / float64(next.At-last.At)
			return last.PerSecond + part*(next.PerSecond-last.PerSecond)
		}
		if len(steps) == 0 {
			return 0
		}
		return steps[len(steps)-1].PerSecond
	}
	return atRate(rate)
}

// Burst is a number of messages at a time, spread evenly over some time or, with
// 0, all at once.
func Burst(at time.Duration, messages float64, over time.Duration) Load {
	return func(from, to time.Duration, _ *rand.Rand) float64 {
		if over <= 0 {
			if from <= at && at < to {
				return messages
			}
			return 0
		}
		begin, end := max(from, at), min(to, at+over)
		if end <= begin {
			return 0
		}
		return messages * float64(end-begin) / float64(over)
	}
}

// Every repeats a load that lasts for a period.
func Every(period time.Duration, load Load) Load {
	return func(from, to time.Duration, chance *rand.Rand) float64 {
		var sum float64
		for from < to && period > 0 {
			begin := from % period
			part := min(to-from, period-begin)
			sum += load(begin, begin+part, chance)
			from += part
		}
		return sum
	}
}

// Diurnal is a rate that swings once in a period, as a sine does, from the lowest
// at the begin to the highest after half of it.
func Diurnal(lowest, highest float64, period time.Duration) Load {
	middle, swing := (lowest+highest)/2, (highest-lowest)/2
	return atRate(func(t time.Duration) float64 {
		return middle - swing*math.Cos(2*math.Pi*float64(t)/float64(period))
	})
}

// atRate is a rate that is as good as constant within a tick.
func atRate(rate func(time.Duration) float64) Load {
	return func(from, to time.Duration, _ *rand.Rand) float64 {
		return rate(from+(to-from)/2) * (to - from).Seconds()
	}
}

// Sum is all loads together.
func Sum(loads ...Load) Load {
	return func(from, to time.Duration, chance *rand.Rand) float64 {
		var sum float64
		for _, load := range loads {
			sum += load(from, to, chance)
		}
		return sum
	}
}

// Poisson has whole messages arrive independently of each other, as many on
// average as the load says.
func Poisson(load Load) Load {
	return func(from, to time.Duration, chance *rand.Rand) float64 {
		mean := load(from, to, chance)
		if !(mean >= 0) || math.IsInf(mean, 0) {
			return mean
		}
		return poisson(chance, mean)
	}
}
