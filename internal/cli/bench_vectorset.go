package cli

import (
	"context"
	"fmt"
	"slices"

	"clipsearch/internal/npy"
	"clipsearch/internal/vec"
)

// vectorSet is what a measurement needs: unit vectors and queries, and for each query the similarity of its true k-th
// neighbour.
type vectorSet struct {
	dims    int
	rows    []float32 // [N, dims]
	queries [][]float32
	kth     map[int][]float32 // by k: one a query
}

// loadVectorBench reads the matrices and the truth, or computes it.
func loadVectorBench(ctx context.Context, vectors, queries, truth string, k int) (*vectorSet, error) {
	rows, dims, err := readUnitRows(vectors)
	if err != nil {
		return nil, err
	}
	flat, queryDims, err := readUnitRows(queries)
	if err != nil {
		return nil, err
	}
	if queryDims != dims {
		return nil, fmt.Errorf("%s has vectors of %d values, %s of %d", vectors, dims, queries, queryDims)
	}
	b := &vectorSet{dims: dims, rows: rows, kth: make(map[int][]float32)}
	for i := 0; i < len(flat); i += dims {
		b.queries = append(b.queries, flat[i:i+dims])
	}
	var ranks []int
	for _, rank := range []int{1, 10, 100} {
		if rank <= k && rank <= len(rows)/dims {
			ranks = append(ranks, rank)
		}
	}
	if truth != "" {
		return b, b.readTruth(truth, ranks)
	}
	return b, b.computeTruth(ctx, ranks)
}

// readUnitRows reads a whole matrix, each row scaled to length 1.
func readUnitRows(path string) (rows []float32, dims int, err error) {
	m, err := npy.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer m.Close() // only read
	if m.Rows == 0 {
		return nil, 0, fmt.Errorf("%s has no rows", path)
	}
	rows = make([]float32, m.Rows*m.Cols)
	if err := m.Read(0, rows); err != nil {
		return nil, 0, err
	}
	for i := 0; i < len(rows); i += m.Cols {
		vec.Normalize(rows[i : i+m.Cols])
	}
	return rows, m.Cols, nil
}

func (b *vectorSet) row(i int) []float32 { return b.rows[i*b.dims : (i+1)*b.dims] }

// readTruth takes the true neighbours from a file.
func (b *vectorSet) readTruth(path string, ranks []int) error {
	m, err := npy.Open(path)
	if err != nil {
		return err
	}
	defer m.Close() // only read
	if m.Rows != len(b.queries) || m.Cols < ranks[len(ranks)-1] {
		return fmt.Errorf("%s is %d×%d; it must have a row for each of %d queries and %d columns", path, m.Rows, m.Cols, len(b.queries), ranks[len(ranks)-1])
	}
	ids := make([]int32, m.Cols)
	for q, query := range b.queries {
		if err := m.ReadInts(q, ids); err != nil {
			return err
		}
		for _, rank := range ranks {
			id := int(ids[rank-1])
			if id < 0 || id >= len(b.rows)/b.dims {
				return fmt.Errorf("%s: row %d names vector %d, which does not exist", path, q, id)
			}
			b.kth[rank] = append(b.kth[rank], vec.Dot(query, b.row(id)))
		}
	}
	return nil
}

// computeTruth scans all vectors in single precision for every query.
func (b *vectorSet) computeTruth(ctx context.Context, ranks []int) error {
	similarities := make([]float32, len(b.rows)/b.dims)
	for _, query := range b.queries {
		if err := ctx.Err(); err != nil {
			return err
		}
		for i := range similarities {
			similarities[i] = vec.Dot(query, b.row(i))
		}
		slices.SortFunc(similarities, func(x, y float32) int {
			switch {
			case x > y:
				return -1
			case x < y:
				return 1
			}
			return 0
		})
		for _, rank := range ranks {
			b.kth[rank] = append(b.kth[rank], similarities[rank-1])
		}
	}
	return nil
}
