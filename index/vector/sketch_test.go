package vector

import (
	"math"
	"math/rand/v2"
	"testing"

	"clipsearch/index/store"
	"clipsearch/index/vector/kernel"
	"clipsearch/internal/vec"
)

// sketched makes the sketches of all whole blocks and returns how many there are.
func sketched(x *Index) (n int) {
	s := x.current.Load()
	x.scanned.Store(true)
	for block, c := range s.codes {
		if s.rowsOf(block) == blockRows && c.sketching.CompareAndSwap(false, true) {
			c.sketch.Store(newSketch(c, s.dims))
			n++
		}
	}
	return n
}

// Estimates by sketches are as far off as their margins say: hardly any further.
func TestSketchMargins(t *testing.T) {
	for name, shape := range shapes {
		for _, dims := range []int{256, 300, 512} {
			rng := rand.New(rand.NewPCG(31, 32))
			var rows [][]float32
			for range 4 * blockRows {
				rows = append(rows, shape(rng, dims))
			}
			x := indexOf(t, rows)
			sketched(x)
			s, beyond := x.current.Load(), 0
			var dots [blockRows]int32
			const queries = 40
			for range queries {
				unit := shape(rng, dims)
				vec.Normalize(unit)
				q := newQuery(unit, s)
				for block, c := range s.codes {
					k := c.sketch.Load()
					kernel.Best().CrumbDots(dots[:], q.crumbs, k.values)
					for r, dot := range dots {
						got, want := q.estimate(c.bias[r], k.scale[r], dot), rowOf(t, s, block*blockRows+r).similarity(unit)
						if math.Abs(float64(got-want)) > float64(q.spread*k.margin[r]+q.coarse.slack(k.reach)) {
							beyond++
						}
					}
				}
			}
			// 4 standard deviations: 6 of 100,000, if errors are normal.
			if all := queries * s.rows; float64(beyond) > 2e-4*float64(all) {
				t.Errorf("%s, %d values: %d of %d estimates are further off than their margins", name, dims, beyond, all)
			}
		}
	}
}

// A scan of sketches finds what a scan of all vectors finds, with rows deleted, kept out, and in blocks without a sketch.
func TestSketchedScan(t *testing.T) {
	for name, shape := range shapes {
		for _, dims := range []int{256, 300} {
			t.Logf("%s, %d values", name, dims)
			rng := rand.New(rand.NewPCG(33, 34))
			x, o := New(dims, Auto), oracle{}
			for id := range store.ID(9*blockRows + 100) {
				v := shape(rng, dims)
				ok(t, x.Add(id+1, v))
				o.add(id+1, v)
			}
			for id := store.ID(5); id < 2000; id += 7 {
				x.Delete(id)
				delete(o, id)
			}
			if n := sketched(x); n != 9 {
				t.Fatalf("%d sketches", n)
			}
			x.current.Load().codes[4].sketch.Store(nil)
			for _, x.kernel = range kernel.Available() {
				for range 5 {
					q := shape(rng, dims)
					checkSearch(t, x, o, q, 10, nil)
					checkSearch(t, x, o, q, 300, func(id store.ID) bool { return id%2 == 0 })
					checkSearch(t, x, o, q, 1, func(id store.ID) bool { return id%50 == 0 })
				}
			}
		}
	}
}

// The first search makes no sketches, those that follow make them all in turn, and a graph needs none.
func TestSketchesCome(t *testing.T) {
	const dims, blocks = 256, 50
	rng := rand.New(rand.NewPCG(35, 36))
	var rows [][]float32
	for range blocks*blockRows + 1 {
		rows = append(rows, random(rng, dims))
	}
	x := indexOf(t, rows)
	if !x.kernel.HasCrumbs() {
		t.Skipf("the kernel %s has no use for sketches", x.kernel.Name)
	}
	count := func() (n int) {
		for _, c := range x.current.Load().codes {
			if c.sketch.Load() != nil {
				n++
			}
		}
		return n
	}
	last := 0
	for i := range 60 {
		_, err := x.Search(ctx, rows[0], 10, Options{})
		ok(t, err)
		n := count()
		if i == 0 && n != 0 || n > last+blocks/8 {
			t.Fatalf("search %d made %d sketches", i, n-last)
		}
		last = n
	}
	if last != blocks {
		t.Errorf("%d of %d blocks have a sketch", last, blocks)
	}
	x = graphOf(t, rows[:10*blockRows])
	for range 60 { // a scan, as few pass
		_, err := x.Search(ctx, rows[0], 2000, Options{Keep: func(id store.ID) bool { return id%3 > 0 }})
		ok(t, err)
	}
	if n := count(); n != 10 {
		t.Errorf("beside a graph %d of 10 blocks have a sketch", n)
	}
}
