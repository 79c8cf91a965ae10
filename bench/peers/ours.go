package main

import (
	"context"

	"clipsearch/index/store"
	"clipsearch/index/vector"
)

// exact is this project's scan.
type exact struct{ index *vector.Index }

func buildExact(m matrix) (index, error) {
	x := vector.New(m.dims)
	for i := range m.rows() {
		if err := x.Add(store.ID(i), m.row(i)); err != nil {
			return nil, err
		}
	}
	return exact{x}, nil
}

func (x exact) search(q []float32, k, _ int) ([]uint32, error) {
	best, err := x.index.Search(context.Background(), q, k, nil)
	rows := make([]uint32, len(best))
	for i, n := range best {
		rows[i] = uint32(n.ID)
	}
	return rows, err
}

func (x exact) close() {}
