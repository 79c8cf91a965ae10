package main

import (
	"fmt"
	"math/rand"

	"github.com/coder/hnsw"
)

// coder is a graph of github.com/coder/hnsw, which shares the memory of the vectors.
type coder struct{ graph *hnsw.Graph[uint32] }

func buildCoder(m matrix) (x index, err error) {
	defer recovered(&err)
	g := hnsw.NewGraph[uint32]()
	g.M, g.Rng = degree, rand.New(rand.NewSource(seed))
	for i := range m.rows() {
		g.Add(hnsw.MakeNode(uint32(i), m.row(i)))
	}
	return coder{g}, nil
}

func (c coder) search(q []float32, k, ef int) (rows []uint32, err error) {
	defer recovered(&err)
	c.graph.EfSearch = ef
	for _, n := range c.graph.Search(q, k) {
		rows = append(rows, n.Key)
	}
	return rows, nil
}

func (c coder) close() {}

// recovered makes an error of a panic.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("panic: %v", p)
	}
}
