package vector

import (
	"bytes"
	"context"
	"errors"

	"clipsearch/index/vector/hnsw"
	"clipsearch/index/vector/kernel"
	"clipsearch/internal/parallel"
)

// space lets a graph compare the rows of a snapshot by their codes.
type space struct {
	s  *snapshot
	by kernel.Kernel
}

// NewRowProbe returns what compares a row with rows.
func (p space) NewRowProbe() hnsw.RowProbe {
	return &rowProbe{probe: newProbe(p.s, p.by), signed: make([]int8, kernel.Padded(p.s.dims))}
}

// Same reports whether two rows have the same codes. Equal vectors have, and vectors that have are as good as equal to a graph.
func (p space) Same(a, b uint32) bool {
	c, i := p.s.at(a)
	d, j := p.s.at(b)
	return c.scale[i] == d.scale[j] && c.bias[i] == d.bias[j] && bytes.Equal(c.row(i), d.row(j))
}

// at returns the codes of a row's block and its place there.
func (s *snapshot) at(row uint32) (*codes, int) {
	return s.codes[row/blockRows], int(row % blockRows)
}

// probe estimates the similarities of a vector with rows as base + tilt·bias + unit·scale·dot, see query.
type probe struct {
	s                *snapshot
	by               kernel.Kernel
	digits           []int8
	base, tilt, unit float32

	rows [][]uint8 // the following are overwritten by each call
	dots []int32
}

func newProbe(s *snapshot, by kernel.Kernel) probe { return probe{s: s, by: by} }

// Similarities writes the estimated similarity with each of rows to dst.
func (p *probe) Similarities(dst []float32, rows []uint32) {
	p.rows = p.rows[:0]
	for _, row := range rows {
		c, i := p.s.at(row)
		p.rows = append(p.rows, c.row(i))
	}
	for len(p.dots) < len(rows) {
		p.dots = append(p.dots, make([]int32, len(rows)-len(p.dots))...)
	}
	dots := p.dots[:len(rows)]
	p.by.DotsAt(dots, p.digits, p.rows)
	for n, row := range rows {
		c, i := p.s.at(row)
		dst[n] = p.base + p.tilt*c.bias[i] + p.unit*c.scale[i]*float32(dots[n])
	}
}

// rowProbe compares a row: of two rows mean + a and mean + b the similarity is ⟨mean,mean⟩ + ⟨mean,a⟩ + ⟨mean,b⟩ + ⟨a,b⟩.
type rowProbe struct {
	probe
	signed []int8
}

// At makes row what is compared.
func (p *rowProbe) At(row uint32) {
	c, i := p.s.at(row)
	kernel.Signed(p.signed, c.row(i))
	p.digits = p.signed
	p.base, p.tilt, p.unit = p.s.center.square+c.bias[i], 1, c.scale[i]
}

// walk searches the graph and returns the candidates of each query.
func (s *snapshot) walk(ctx context.Context, by kernel.Kernel, queries []*query, k, ef int, keep filter) ([]gathering, error) {
	found := newGatherings(newFloors(len(queries)), k)
	errs := make([]error, len(queries))
	var accept func(row uint32) bool
	if keep.keep != nil || s.live < s.rows {
		accept = func(row uint32) bool { return !s.isDead(int(row)) && keep.has(s.id(int(row))) }
	}
	parallel.Do(parallel.Workers(len(queries)), len(queries), func(_, i int) {
		q, p := queries[i], newProbe(s, by)
		p.digits, p.base, p.tilt, p.unit = q.coarse.codes, q.base, q.tilt, q.coarse.scale
		near, err := s.graph.Search(ctx, &p, ef, accept)
		if errs[i] = err; err != nil {
			return
		}
		n := scanner{s: s, by: by}
		for _, c := range near {
			found[i].refine(&n, q, c.Row, c.Similarity)
		}
	})
	return found, errors.Join(errs...)
}
