package eval

import (
	"cmp"
	"slices"
)

// Sample is the outcome of a measurement, query by query.
type Sample struct {
	Picture []int `json:"picture"` // [Q]: the place in the set of the picture that the query is about
	Rank    []int `json:"rank"`    // [Q], from 1; 0: not found as far as was looked
}

func (s *Sample) add(picture, rank int) {
	s.Picture, s.Rank = append(s.Picture, picture), append(s.Rank, rank)
}

// statistic is a number that depends on how often each group of queries was drawn.
type statistic interface {
	of(drawn []int) float64
}

// groups numbers the pictures of a sample from 0: the queries of one are drawn together.
func groups(picture []int) (group []int, n int) {
	number := make(map[int]int)
	group = make([]int, len(picture))
	for i, p := range picture {
		if _, ok := number[p]; !ok {
			number[p] = len(number)
		}
		group[i] = number[p]
	}
	return group, len(number)
}

// statisticOf returns a metric of ranks as a statistic of their groups.
func statisticOf(m Metric, ranks, group []int, n int) statistic {
	gain := m.gain()
	if gain == nil {
		return newMedian(ranks, group)
	}
	values := make([]float64, len(ranks))
	for i, r := range ranks {
		values[i] = gain(r)
	}
	return newMean(values, group, n)
}

// mean is the mean of values.
type mean struct{ sum, count []float64 } // by group

func newMean(values []float64, group []int, n int) mean {
	m := mean{make([]float64, n), make([]float64, n)}
	for i, v := range values {
		m.sum[group[i]] += v
		m.count[group[i]]++
	}
	return m
}

func (m mean) of(drawn []int) float64 {
	var sum, count float64
	for g, times := range drawn {
		sum += float64(times) * m.sum[g]
		count += float64(times) * m.count[g]
	}
	return sum / count
}

// median is the median of ranks, all of which were found; of an even number the mean of the two in the middle.
type median struct{ rank, group []int } // by rank, ascending

func newMedian(ranks, group []int) median {
	order := make([]int, len(ranks))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(ranks[a], ranks[b]) })
	m := median{make([]int, len(ranks)), make([]int, len(ranks))}
	for i, j := range order {
		m.rank[i], m.group[i] = ranks[j], group[j]
	}
	return m
}

func (m median) of(drawn []int) float64 {
	total := 0
	for _, g := range m.group {
		total += drawn[g]
	}
	lower, seen := -1, 0
	for i, g := range m.group {
		seen += drawn[g]
		if lower < 0 && seen > (total-1)/2 {
			lower = m.rank[i]
		}
		if seen > total/2 {
			return float64(lower+m.rank[i]) / 2
		}
	}
	return 0 // nothing was drawn
}
