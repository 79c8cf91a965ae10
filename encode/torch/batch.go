//go:build native

package torch

import (
	"iter"
	"slices"
)

// batchRows is how many tokens of all its items a batch holds, at most, unless one item alone has more. On a CPU the matrix
// products are near their full rate at the 1,600 rows of 32 pictures of ViT-B/32, and larger batches only delay whoever
// waits for the next one; a CUDA device needs more to be busy: 1,024 such pictures.
func batchRows(device int32) int64 {
	if device == deviceCPU {
		return 1600
	}
	return 51200
}

// batchSize returns how many items of a length in tokens a batch of at most rows tokens holds; one, if it has more alone.
func batchSize(rows int64, tokens int) int { return max(1, int(rows)/tokens) }

// byLength yields the indices of texts of equal length together, the shortest first, so that no padding is run.
func byLength(texts [][]int32) iter.Seq[[]int] {
	order := make([]int, len(texts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return len(texts[a]) - len(texts[b]) })
	return func(yield func([]int) bool) {
		for len(order) > 0 {
			length := len(texts[order[0]])
			n := 1
			for n < len(order) && len(texts[order[n]]) == length {
				n++
			}
			if !yield(order[:n]) {
				return
			}
			order = order[n:]
		}
	}
}
