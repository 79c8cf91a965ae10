package eval

import (
	"slices"

	"clipsearch/internal/vec"
)

// nearest returns the place of the candidate most similar to a query. Of several it is the first that is not among right;
// of right ones the first in right.
func nearest(query []float32, candidates [][]float32, right []int) int {
	scores := make([]float32, len(candidates))
	for i, candidate := range candidates {
		scores[i] = vec.Dot(query, candidate)
	}
	best := slices.Max(scores)
	for i, score := range scores {
		if score == best && !slices.Contains(right, i) {
			return i
		}
	}
	return right[slices.IndexFunc(right, func(i int) bool { return scores[i] == best })]
}
