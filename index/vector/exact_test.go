package vector

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clipsearch/index/store"
	"clipsearch/index/vector/kernel"
	"clipsearch/internal/vec"
)

// shapes are sets that codes represent well and badly.
var shapes = map[string]func(rng *rand.Rand, dims int) []float32{
	"spread": random,
	"cone": func(rng *rand.Rand, dims int) []float32 { // as those of an encoder
		v := random(rng, dims)
		for i := range v {
			v[i] += float32(2 + i%3)
		}
		return v
	},
	"outlier": func(rng *rand.Rand, dims int) []float32 { // one value is far larger than all others
		v := random(rng, dims)
		v[rng.IntN(dims)] = 100
		return v
	},
	"sparse": func(rng *rand.Rand, dims int) []float32 { // with many ties
		v := make([]float32, dims)
		v[rng.IntN(dims)], v[rng.IntN(dims)] = 1, 1
		return v
	},
	"twins": func(rng *rand.Rand, dims int) []float32 { // 50 kinds
		return random(rand.New(rand.NewPCG(3, uint64(rng.IntN(50)))), dims)
	},
	"close": func(rng *rand.Rand, dims int) []float32 { // closer to each other than codes can tell
		v := slices.Repeat([]float32{1}, dims)
		v[rng.IntN(dims)] += float32(rng.IntN(8)) / 512
		return v
	},
	"tiny": func(rng *rand.Rand, dims int) []float32 {
		v := random(rng, dims)
		for i := range v {
			v[i] *= 1e-20
		}
		return v
	},
}

// Every kernel, alone and in a batch, finds what a scan of all vectors finds: the same IDs, similarities and order.
func TestShapes(t *testing.T) {
	const n = 1200
	for name, shape := range shapes {
		for _, dims := range []int{1, 17, 100, 512} {
			t.Run(fmt.Sprintf("%s/%d", name, dims), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(11, uint64(dims)))
				x, o := New(dims, Auto), oracle{}
				var rows [][]float32
				for id := range store.ID(n) {
					v := shape(rng, dims)
					if vec.Dot(v, v) == 0 && name != "tiny" {
						v[0] = 1 // a spread vector of one value may be zero
					}
					rows = append(rows, v)
					ok(t, x.Add(id+1, v))
					o.add(id+1, v)
				}
				queries := [][]float32{rows[0], rows[n-1], shape(rng, dims), random(rng, dims), shapes["outlier"](rng, dims)}
				for _, by := range kernel.Available() {
					x.kernel = by
					for _, k := range []int{1, 10, 100, n} {
						checkSearch(t, x, o, queries[k%len(queries)], k, nil)
					}
					batch, err := x.SearchBatch(ctx, queries, 10, Options{Keep: func(id store.ID) bool { return id%3 > 0 }})
					ok(t, err)
					for i, q := range queries {
						if d := cmp.Diff(o.search(q, 10, func(id store.ID) bool { return id%3 > 0 }), batch[i]); d != "" {
							t.Fatalf("%s, query %d of a batch (-want +got):\n%s", by.Name, i, d)
						}
					}
				}
			})
		}
	}
}

// Half precision loses nothing of vectors that have been in half precision, as the store's have.
func TestHalfKeeps(t *testing.T) {
	const dims = 512
	rng := rand.New(rand.NewPCG(16, 17))
	stored, read := make([]uint16, dims), make([]float32, dims)
	for name, shape := range shapes {
		for range 100 {
			unit := shape(rng, dims)
			vec.Normalize(unit)
			vec.ToF16(stored, unit)
			vec.FromF16(read, stored)
			asIs, err := newHalf(read, dims)
			ok(t, err)
			vec.Normalize(read)
			normalized, err := newHalf(read, dims)
			ok(t, err)
			if !slices.Equal(asIs, stored) || !slices.Equal(normalized, stored) {
				t.Fatalf("%s: half precision changed a vector", name)
			}
			if s := asIs.similarity(read); s < 1-1e-6 {
				t.Fatalf("%s: a vector's similarity with itself is %v", name, s)
			}
		}
	}
}

// The margins hold: no estimate is further off than it says.
func TestMargins(t *testing.T) {
	const dims = 128
	for name, shape := range shapes {
		rng := rand.New(rand.NewPCG(12, 13))
		var rows [][]float32
		for range 1000 {
			rows = append(rows, shape(rng, dims))
		}
		s := indexOf(t, rows).current.Load()
		row := make([]float32, dims)
		for range 10 {
			unit := shape(rng, dims)
			vec.Normalize(unit)
			q := newQuery(unit, s)
			for r := range s.rows {
				c, i := s.codes[r/blockRows], r%blockRows
				for j := range row {
					row[j] = c.scale[i] * float32(int(c.values[i*len(q.fine.codes)+j])-kernel.Zero)
				}
				for _, d := range []digits{q.coarse, q.fine} {
					dot := vec.Dot(row, queryOf(q, d))
					got := q.base + q.tilt*c.bias[i] + dot
					want, most := rowOf(t, s, r).similarity(unit), q.spread*c.margin[i]+d.slack(s.reach)
					if math.Abs(float64(got-want)) > float64(most) {
						t.Fatalf("%s: estimate %v of row %d is not within %v of %v", name, got, r, most, want)
					}
				}
			}
		}
	}
}

// queryOf returns the part of q that its codes hold down to d.
func queryOf(q *query, d digits) []float32 {
	v := make([]float32, len(q.unit))
	for j := range v {
		v[j] = q.coarse.scale * float32(q.coarse.codes[j])
		if d.scale == q.fine.scale {
			v[j] += q.fine.scale * float32(q.fine.codes[j])
		}
	}
	return v
}

// The mean follows the set, and compaction starts it afresh.
func TestCenterFollows(t *testing.T) {
	const dims = 16
	x := New(dims, Auto)
	add := func(from, to store.ID, v ...float32) {
		for id := from; id < to; id++ {
			row := make([]float32, dims)
			copy(row, v)
			row[2+id%8] += 0.01
			ok(t, x.Add(id, row))
		}
	}
	check := func(what string, rows int, first, second float64) {
		t.Helper()
		c := x.current.Load().center
		want := make([]float32, dims)
		want[0], want[1] = float32(first), float32(second)
		x.current.Load().turn.apply(want)
		for j, y := range want {
			if c.rows != rows || math.Abs(float64(c.mean[j]-y)) > 0.01 {
				t.Fatalf("%s: mean %v of %d rows, want %v of %d", what, c.mean, c.rows, want, rows)
			}
		}
	}
	add(0, blockRows-1, 1)
	check("few", 0, 0, 0)
	add(blockRows, 3*blockRows, 1)
	check("one kind", 2*blockRows, 1, 0)
	add(10_000, 10_000+5*blockRows, 0, 1)
	check("another kind", 4*blockRows, 0.75, 0.25)
	for id := range store.ID(3 * blockRows) {
		x.Delete(id)
	}
	for id := range store.ID(3 * blockRows) {
		x.Delete(10_000 + id)
	}
	check("mostly deleted", x.current.Load().center.rows, 0, 1)
}

// Vectors and queries that cannot be compared are refused by every way in.
func TestBatchRefused(t *testing.T) {
	x := New(2, Auto)
	ok(t, x.Add(1, []float32{1, 0}))
	for _, tc := range []struct {
		v    []float32
		want error
	}{
		{[]float32{1}, ErrDims}, {[]float32{0, 0}, ErrZero},
		{[]float32{float32(math.NaN()), 1}, ErrNotFinite}, {[]float32{1, float32(math.Inf(1))}, ErrNotFinite},
	} {
		if _, err := x.SearchBatch(ctx, [][]float32{{1, 0}, tc.v}, 1, Options{}); !errors.Is(err, tc.want) {
			t.Errorf("SearchBatch(%v): %v, want %v", tc.v, err, tc.want)
		}
	}
	got, err := x.SearchBatch(ctx, nil, 1, Options{})
	if len(got) != 0 || err != nil {
		t.Errorf("no queries: %v, %v", got, err)
	}
}

// 100,000 random adds, deletes, re-adds and searches: a search never returns what was deleted before it began, and at last
// all is as in a fresh index.
func TestChurn(t *testing.T) {
	const dims, ids, steps = 32, 4000, 100_000
	rng := rand.New(rand.NewPCG(14, 15))
	x, held := New(dims, Auto), map[store.ID][]float32{}
	done := make(chan struct{})
	var readers sync.WaitGroup
	for seed := range uint64(2) {
		readers.Go(func() {
			rng := rand.New(rand.NewPCG(seed, 1))
			for {
				select {
				case <-done:
					return
				default:
				}
				got, err := x.SearchBatch(ctx, [][]float32{random(rng, dims), random(rng, dims)}, 10, Options{})
				if err != nil || len(got) != 2 {
					t.Errorf("%d results, %v", len(got), err)
					return
				}
			}
		})
	}
	for step := range steps {
		id := store.ID(rng.IntN(ids) + 1)
		switch action := rng.IntN(100); {
		case action < 2:
			got, err := x.Search(ctx, random(rng, dims), 10, Options{})
			ok(t, err)
			for _, n := range got {
				if held[n.ID] == nil {
					t.Fatalf("step %d: %d was deleted", step, n.ID)
				}
			}
		case action < 45 || step > steps*9/10 && action < 90: // at last most go
			x.Delete(id)
			delete(held, id)
		default:
			held[id] = random(rng, dims)
			ok(t, x.Add(id, held[id]))
		}
	}
	close(done)
	readers.Wait()
	fresh := New(dims, Auto)
	for id, v := range held {
		ok(t, fresh.Add(id, v))
	}
	for range 200 {
		q := random(rng, dims)
		want, err := fresh.Search(ctx, q, 10, Options{})
		ok(t, err)
		got, err := x.Search(ctx, q, 10, Options{})
		ok(t, err)
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("-fresh +churned:\n%s", d)
		}
	}
}

// rowOf returns the vector of a row.
func rowOf(t testing.TB, s *snapshot, row int) (v half) {
	t.Helper()
	ok(t, s.eachVector([]int{row}, func(_ int, h half) { v = slices.Clone(h) }))
	return v
}
