package hnsw

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"clipsearch/index/vector/kernel"
)

// coded is a Space of rows as 8-bit numbers, as index/vector has them: mean + scale·(code − kernel.Zero).
type coded struct {
	rows   [][]float32 // unit vectors
	mean   []float32
	square float32
	codes  []uint8 // [rows, stride]
	stride int
	scale  []float32
	bias   []float32 // ⟨mean, row − mean⟩
	by     kernel.Kernel
}

func newCoded(rows [][]float32) *coded {
	dims := len(rows[0])
	s := &coded{rows: rows, mean: make([]float32, dims), stride: kernel.Padded(dims), by: kernel.Best()}
	for _, row := range rows {
		for j, x := range row {
			s.mean[j] += x / float32(len(rows))
		}
	}
	s.square = dot(s.mean, s.mean)
	s.codes = make([]uint8, len(rows)*s.stride)
	s.scale, s.bias = make([]float32, len(rows)), make([]float32, len(rows))
	rest := make([]float32, dims)
	for i, row := range rows {
		for j := range rest {
			rest[j] = row[j] - s.mean[j]
		}
		s.bias[i] = dot(rest, s.mean)
		s.scale[i] = quantize(s.at(uint32(i)), rest)
	}
	return s
}

func (s *coded) at(row uint32) []uint8 { return s.codes[int(row)*s.stride : (int(row)+1)*s.stride] }

func (s *coded) Same(a, b uint32) bool {
	return s.scale[a] == s.scale[b] && bytes.Equal(s.at(a), s.at(b)) && slices.Equal(s.rows[a], s.rows[b])
}

func (s *coded) NewRowProbe() RowProbe { return s.newProbe() }

func (s *coded) newProbe() *codedProbe {
	return &codedProbe{space: s, codes: make([]int8, s.stride), places: make([][]uint8, 64), dots: make([]int32, 64)}
}

// codedProbe compares by codes.
type codedProbe struct {
	space  *coded
	base   float32
	tilt   float32
	scale  float32
	codes  []int8
	places [][]uint8
	dots   []int32
	count  int // of rows compared
}

func (p *codedProbe) At(row uint32) {
	p.base, p.tilt = p.space.square+p.space.bias[row], 1
	p.setCodes(p.space.at(row), p.space.scale[row])
}

func (p *codedProbe) setCodes(codes []uint8, scale float32) {
	p.scale = scale
	for j, c := range codes {
		p.codes[j] = int8(c - kernel.Zero)
	}
}

// ask makes a vector what is compared.
func (p *codedProbe) ask(q []float32) *codedProbe {
	s := p.space
	p.base = dot(q, s.mean)
	p.tilt = p.base / s.square
	rest := make([]float32, len(q))
	for j := range rest {
		rest[j] = q[j] - p.tilt*s.mean[j]
	}
	codes := make([]uint8, s.stride)
	p.setCodes(codes, quantize(codes, rest))
	return p
}

func (p *codedProbe) Similarities(dst []float32, rows []uint32) {
	s := p.space
	p.count += len(rows)
	for len(rows) > 0 {
		n := min(len(rows), len(p.places))
		for i, r := range rows[:n] {
			p.places[i] = s.at(r)
		}
		s.by.DotsAt(p.dots[:n], p.codes, p.places[:n])
		for i, r := range rows[:n] {
			dst[i] = p.base + p.tilt*s.bias[r] + p.scale*s.scale[r]*float32(p.dots[i])
		}
		dst, rows = dst[n:], rows[n:]
	}
}

// quantize writes v as multiples of the scale that it returns.
func quantize(dst []uint8, v []float32) float32 {
	var largest float32
	for _, x := range v {
		largest = max(largest, x, -x)
	}
	scale := largest / kernel.Limit
	for i := range dst {
		dst[i] = kernel.Zero
		if i < len(v) && scale > 0 {
			dst[i] = uint8(int32(v[i]/scale + kernel.Zero + 0.5))
		}
	}
	return scale
}

func dot(a, b []float32) float32 {
	var s, t float32
	for i := 0; i+1 < len(a); i += 2 {
		s += a[i] * b[i]
		t += a[i+1] * b[i+1]
	}
	return s + t
}

func normalize(v []float32) {
	n := float32(1 / math.Sqrt(float64(dot(v, v))))
	for i := range v {
		v[i] *= n
	}
}

// clustered returns unit vectors around random centers, the same for a seed.
func clustered(n, dims, centers int, seed uint64) [][]float32 {
	rng := rand.New(rand.NewPCG(seed, 1))
	gaussian := func(around []float32, spread float64) []float32 {
		v := make([]float32, dims)
		for j := range v {
			v[j] = float32(rng.NormFloat64() * spread)
			if around != nil {
				v[j] += around[j]
			}
		}
		normalize(v)
		return v
	}
	middle := make([][]float32, centers)
	for i := range middle {
		middle[i] = gaussian(nil, 1)
	}
	rows := make([][]float32, n)
	for i := range rows {
		rows[i] = gaussian(middle[rng.IntN(centers)], 0.8/math.Sqrt(float64(dims)))
	}
	return rows
}

// kth returns the similarity of the k-th of the accepted rows that are nearest to q.
func kth(rows [][]float32, q []float32, k int, accept func(uint32) bool) float32 {
	var all []float32
	for i, row := range rows {
		if accept == nil || accept(uint32(i)) {
			all = append(all, dot(q, row))
		}
	}
	slices.Sort(all)
	return all[max(0, len(all)-k)]
}

// recall returns the share of the true k nearest rows of queries that a search finds among its ef, ties counted.
func recall(t testing.TB, g *Graph, s *coded, queries [][]float32, ef, k int, accept func(uint32) bool) float64 {
	t.Helper()
	hits, all := 0, 0
	p := s.newProbe()
	for _, q := range queries {
		found, err := g.Search(t.Context(), p.ask(q), ef, accept)
		if err != nil {
			t.Fatal(err)
		}
		hits += min(k, countAbove(s, q, found, kth(s.rows, q, k, accept)))
		all += k
	}
	return float64(hits) / float64(all)
}

// countAbove returns how many candidates are in truth as similar to q as least.
func countAbove(s *coded, q []float32, found []Candidate, least float32) int {
	n := 0
	for _, c := range found {
		if dot(q, s.rows[c.Row]) >= least-1e-6 {
			n++
		}
	}
	return n
}
