package eval

import (
	"fmt"
	"slices"
)

// Difference is by how much a metric rose, with the 95 % interval of a paired bootstrap.
type Difference struct {
	Interval
	P float64 `json:"p"` // two-sided: twice the share of resamples on the other side of 0, at least 1/2001
}

// Change is how a result differs from the baseline's.
type Change struct {
	Task    Task
	Way     string
	Metrics map[Metric]Difference
}

// Compare sets r.Changes to the differences from a baseline, for what both have measured. ErrOtherSet if the pictures or
// queries differ, or nothing was measured by both; there are no changes then.
func (r *Report) Compare(base *Baseline) error {
	if !slices.EqualFunc(r.Set.Pictures, base.pictures, func(p Picture, name string) bool { return p.Name == name }) {
		return fmt.Errorf("%w: the pictures are not the same", ErrOtherSet)
	}
	r.Changes = nil
	var changes []Change
	for _, old := range base.ranks {
		result := r.Result(old.Task, old.Way)
		if result == nil {
			continue
		}
		if !slices.Equal(old.Picture, result.Sample.Picture) {
			return fmt.Errorf("%w: the queries of %s %s are not the same", ErrOtherSet, old.Task, old.Way)
		}
		changes = append(changes, Change{old.Task, old.Way, differences(old.Task, old.Sample, result.Sample, r.Seed)})
	}
	if len(changes) == 0 {
		return fmt.Errorf("%w: the baseline has none of these tasks", ErrOtherSet)
	}
	r.Changes = changes
	return nil
}

// differences compares two samples of the same queries.
func differences(task Task, before, after Sample, seed uint64) map[Metric]Difference {
	group, n := groups(after.Picture)
	all := make(map[Metric]Difference)
	for _, m := range metricsOf(task) {
		stats := []statistic{statisticOf(m, before.Rank, group, n), statisticOf(m, after.Rank, group, n)}
		draws := bootstrap(stats, n, seed)
		for i := range draws[1] {
			draws[1][i] -= draws[0][i]
		}
		all[m] = Difference{interval(whole(stats[1], n)-whole(stats[0], n), draws[1]), pValue(draws[1])}
	}
	return all
}

// pValue returns how likely differences at least so far from 0 are if there is none.
func pValue(draws []float64) float64 {
	below, above := 0, 0
	for _, d := range draws {
		if d <= 0 {
			below++
		}
		if d >= 0 {
			above++
		}
	}
	return min(1, float64(2*min(below, above)+1)/float64(len(draws)+1))
}

// Fall is a metric that is worse than the baseline's.
type Fall struct {
	Task       Task
	Way        string
	Metric     Metric
	Difference Difference
}

// Falls returns the metrics that fell by more than a tolerance, in the order of the report. The median rank, which has no
// scale of its own, is no reason.
func (r *Report) Falls(tolerance float64) []Fall {
	var falls []Fall
	for _, c := range r.Changes {
		for _, m := range metricsOf(c.Task) {
			if d := c.Metrics[m]; m != MedianRank && d.Value < -tolerance {
				falls = append(falls, Fall{c.Task, c.Way, m, d})
			}
		}
	}
	return falls
}
