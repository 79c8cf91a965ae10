package eval

import (
	"math/rand/v2"
	"slices"
)

// resamples is how many times the bootstrap draws: enough for the ends of a 95 % interval to stand still in the third
// digit (Efron and Tibshirani 1993, section 14.2, ask for 1,000 to 2,000).
const resamples = 2000

// Interval is an estimate with the 95 % interval of its bootstrap.
type Interval struct {
	Value float64 `json:"value"`
	Lo    float64 `json:"lo"`
	Hi    float64 `json:"hi"`
}

// bootstrap draws n groups out of n, with replacement, again and again, and returns what each statistic is of each draw:
// [S][resamples]. All statistics see the same draws.
func bootstrap(stats []statistic, n int, seed uint64) [][]float64 {
	rng := rand.New(rand.NewPCG(seed, 0))
	results := make([][]float64, len(stats))
	drawn := make([]int, n)
	for range resamples {
		clear(drawn)
		for range n {
			drawn[rng.IntN(n)]++
		}
		for i, s := range stats {
			results[i] = append(results[i], s.of(drawn))
		}
	}
	return results
}

// whole returns what a statistic is of all groups, each once.
func whole(s statistic, n int) float64 {
	drawn := make([]int, n)
	for i := range drawn {
		drawn[i] = 1
	}
	return s.of(drawn)
}

// interval returns the estimate with the middle 95 % of what the draws gave.
func interval(value float64, draws []float64) Interval {
	sorted := slices.Clone(draws)
	slices.Sort(sorted)
	cut := len(sorted) / 40
	return Interval{value, sorted[cut], sorted[len(sorted)-1-cut]}
}

// estimate returns the statistics with their intervals.
func estimate(stats []statistic, n int, seed uint64) []Interval {
	draws := bootstrap(stats, n, seed)
	all := make([]Interval, len(stats))
	for i, s := range stats {
		all[i] = interval(whole(s, n), draws[i])
	}
	return all
}
