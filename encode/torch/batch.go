//go:build native

package torch

import (
	"iter"
	"slices"
)

// batchRows is how many tokens of all its items a batch holds, at most, unless one item alone has more. On a CPU the matrix
// products are near their full rate at the 1,600 rows of 32 pictures of ViT-B/32, and larger batches only delay whoever
// waits for the next one; a CUDA device needs more to be busy.
func batchRows(device int32) int {
	if device == deviceCPU {
		return 1600
	}
	return 51200
}

// batches yields ranges [from, to) that cover n items of equal length in tokens, at most rows tokens in each.
func batches(n, tokens, rows int) iter.Seq2[int, int] {
	size := max(1, rows/tokens)
	return func(yield func(from, to int) bool) {
		for from := 0; from < n; from += size {
			if !yield(from, min(from+size, n)) {
				return
			}
		}
	}
}

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
