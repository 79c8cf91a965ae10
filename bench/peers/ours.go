package main

import (
	"context"

	"clipsearch/index/store"
	"clipsearch/index/vector"
)

// ours is this project's index: its scan, or its graph.
type ours struct{ index *vector.Index }

func buildExact(m matrix) (index, error) { return buildOurs(m, vector.Exact) }

func buildGraph(m matrix) (index, error) { return buildOurs(m, vector.HNSW) }

func buildOurs(m matrix, kind vector.Kind) (index, error) {
	x := vector.New(m.dims, kind)
	for i := range m.rows() {
		if err := x.Add(store.ID(i), m.row(i)); err != nil {
			return nil, err
		}
	}
	return ours{x}, x.Build(context.Background())
}

func (x ours) search(q []float32, k, ef int) ([]uint32, error) {
	best, err := x.index.Search(context.Background(), q, k, vector.Options{Ef: ef})
	rows := make([]uint32, len(best))
	for i, n := range best {
		rows[i] = uint32(n.ID)
	}
	return rows, err
}

func (x ours) close() {}
