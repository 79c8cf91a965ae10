package eval

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"

	"clipsearch/internal/vec"
)

// rank returns the place, from 1, of the best relevant candidate by its scores. Candidate i counts copies[i] times, once
// where copies is nil. Ties go to the candidates that are not relevant.
func rank(scores []float32, relevant, copies []int) int {
	times := func(i int) int {
		if copies == nil {
			return 1
		}
		return copies[i]
	}
	best := scores[relevant[0]]
	for _, i := range relevant {
		best = max(best, scores[i])
	}
	ahead := 0
	for i, score := range scores {
		if score >= best {
			ahead += times(i)
		}
	}
	for _, i := range relevant {
		if scores[i] >= best {
			ahead -= times(i)
		}
	}
	return 1 + ahead
}

// rankAll returns the rank of each query [Q, D] among candidates [N, D]; relevant [Q] names the candidates that are right.
func rankAll(ctx context.Context, queries, candidates [][]float32, relevant [][]int, copies []int) ([]int, error) {
	ranks := make([]int, len(queries))
	err := spread(ctx, len(queries), func(first, end int) error {
		scores := make([]float32, len(candidates))
		for q := first; q < end; q++ {
			for i, candidate := range candidates {
				scores[i] = vec.Dot(queries[q], candidate)
			}
			ranks[q] = rank(scores, relevant[q], copies)
		}
		return nil
	})
	return ranks, err
}

// share is how many queries a goroutine takes at once: enough to be worth it, few enough to notice an interrupt.
const share = 64

// spread calls do for ranges that cover 0 to n, on all cores, until one fails or ctx ends.
func spread(ctx context.Context, n int, do func(first, end int) error) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for first := 0; first < n; first += share {
		g.Go(func() error {
			if err := gctx.Err(); err != nil {
				return err
			}
			return do(first, min(first+share, n))
		})
	}
	return g.Wait()
}
