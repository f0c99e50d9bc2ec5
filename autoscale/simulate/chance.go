package simulate

import (
	"math"
	"math/rand/v2"
)

// What chance is about. Each has a generator of its own, so that one more draw for
// the one changes nothing for the others.
const (
	chanceOfBackoff  = -1
	chanceOfStarts   = 0
	chanceOfService  = 1
	chanceOfArrivals = 2 // and one more for each source
)

// chanceFor returns the generator for one thing.
func chanceFor(seed uint64, of int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, uint64(of)))
}

// poisson draws from a Poisson distribution. For large means, a normal distribution
// is as good.
func poisson(chance *rand.Rand, mean float64) float64 {
	if mean > 50 {
		return max(math.Round(mean+math.Sqrt(mean)*chance.NormFloat64()), 0)
	}
	limit, product := math.Exp(-mean), chance.Float64()
	n := 0.0
	for product > limit {
		n++
		product *= chance.Float64()
	}
	return n
}

// meanOf draws the mean of n numbers from a gamma distribution with the mean 1 and
// the standard deviation spread: their sum has a gamma distribution, too.
func meanOf(chance *rand.Rand, n int64, spread float64) float64 {
	if spread == 0 || n == 0 {
		return 1
	}
	shape := float64(n) / (spread * spread)
	return gamma(chance, shape) / shape
}

// gamma draws from a gamma distribution with a scale of 1, by the method of Marsaglia
// and Tsang (2000).
func gamma(chance *rand.Rand, shape float64) float64 {
	if shape < 1 {
		return gamma(chance, shape+1) * math.Pow(chance.Float64(), 1/shape)
	}
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := chance.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if u := chance.Float64(); math.Log(u) < 0.5*x*x+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}
