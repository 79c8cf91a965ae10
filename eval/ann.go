package eval

import (
	"context"
	"slices"

	"clipsearch/internal/vec"
	"clipsearch/search"
)

// ANN is the way of Search that compares the vector index with a full scan.
const ANN = "ann"

const (
	annDepth         = 10
	annRecall Metric = "ann_recall@10"

	// annTolerance is how far below the true k-th similarity a neighbour counts as right: half-precision rows have exact
	// ties across that rank, which rounding in single precision tears apart.
	annTolerance = 1e-6
)

// measureANN adds the share of the true nearest pictures that the vector index returns for each query, by the vector of its
// words alone.
func (s *searchTask) measureANN(ctx context.Context, library Library, queries []int) error {
	stored := halved(s.vectors)
	shares := make([]float64, len(queries))
	err := spread(ctx, len(queries), func(first, end int) error {
		for i := first; i < end; i++ {
			if queries[i] == none {
				continue
			}
			query := s.queries[queries[i]]
			found, err := library.Nearest(ctx, query, annDepth)
			if err != nil {
				return err
			}
			shares[i] = annShare(query, stored, found)
		}
		return nil
	})
	for i, query := range queries {
		if query != none {
			s.ann = append(s.ann, shares[i])
		}
	}
	return err
}

// annShare returns the share of the nearest of all rows that is among those found.
func annShare(query []float32, rows [][]float32, found []search.ID) float64 {
	similarities := make([]float32, len(rows))
	for i, row := range rows {
		similarities[i] = vec.Dot(query, row)
	}
	k := min(annDepth, len(rows))
	sorted := slices.Clone(similarities)
	slices.Sort(sorted)
	kth, right := sorted[len(sorted)-k], 0
	for _, id := range found {
		if similarities[id-1] >= kth-annTolerance {
			right++
		}
	}
	return float64(right) / float64(k)
}

// halved returns vectors as a library keeps them: in half precision, normalised after reading.
func halved(vectors [][]float32) [][]float32 {
	all := make([][]float32, len(vectors))
	for i, v := range vectors {
		half := make([]uint16, len(v))
		vec.ToF16(half, v)
		all[i] = make([]float32, len(v))
		vec.FromF16(all[i], half)
		vec.Normalize(all[i])
	}
	return all
}
