package vector

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clipsearch/index/store"
	"clipsearch/internal/vec"
)

var ctx = context.Background()

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func random(rng *rand.Rand, dims int) []float32 {
	v := make([]float32, dims)
	for i := range v {
		v[i] = float32(rng.NormFloat64())
	}
	return v
}

// oracle is the index as a map and a sort of all similarities.
type oracle map[store.ID]half

func (o oracle) add(id store.ID, v []float32) {
	h, err := newHalf(v, len(v))
	if err != nil {
		panic(err)
	}
	o[id] = h
}

func (o oracle) search(q []float32, k int, keep func(store.ID) bool) []Neighbor {
	unit := slices.Clone(q)
	vec.Normalize(unit)
	all := []Neighbor{}
	for id, v := range o {
		if keep == nil || keep(id) {
			all = append(all, Neighbor{id, v.similarity(unit)})
		}
	}
	slices.SortFunc(all, func(a, b Neighbor) int {
		switch {
		case a.Similarity != b.Similarity:
			return map[bool]int{true: -1, false: 1}[a.Similarity > b.Similarity]
		default:
			return int(a.ID) - int(b.ID)
		}
	})
	return all[:min(k, len(all))]
}

func checkSearch(t *testing.T, x *Index, o oracle, q []float32, k int, keep func(store.ID) bool) {
	t.Helper()
	got, err := x.Search(ctx, q, k, Options{Keep: keep})
	ok(t, err)
	want := o.search(q, k, keep)
	if slices.Equal(want, got) {
		return // cmp is slow on many
	}
	if d := cmp.Diff(want, append([]Neighbor{}, got...)); d != "" {
		t.Fatalf("top %d of %d (-want +got):\n%s", k, len(o), d)
	}
}

// Adds, replacements and deletes in any order give what a map and a sort give, ties,
// filters and compactions included.
func TestAgainstOracle(t *testing.T) {
	const dims = 9
	rng := rand.New(rand.NewPCG(5, 6))
	x, o := New(dims, Auto), oracle{}
	shared := random(rng, dims) // many equal vectors: ties
	for step := range 6000 {
		id := store.ID(rng.IntN(2000) + 1)
		switch action := rng.IntN(10); {
		case step > 4000 && action < 8 || action < 2: // at last more deletes than adds
			_, want := o[id]
			if got := x.Delete(id); got != want {
				t.Fatalf("delete %d: %v, want %v", id, got, want)
			}
			delete(o, id)
		case action < 4:
			ok(t, x.Add(id, shared))
			o.add(id, shared)
		default:
			v := random(rng, dims)
			ok(t, x.Add(id, v))
			o.add(id, v)
		}
		if x.Len() != len(o) {
			t.Fatalf("%d vectors, want %d", x.Len(), len(o))
		}
		if step%50 == 0 {
			checkSearch(t, x, o, random(rng, dims), 1+rng.IntN(30), nil)
			checkSearch(t, x, o, shared, 40, nil)
			checkSearch(t, x, o, random(rng, dims), 10, func(id store.ID) bool { return id%7 == 0 })
		}
	}
	if s := x.current.Load(); s.rows > 2*s.live+4*blockRows {
		t.Errorf("%d rows hold %d vectors", s.rows, s.live)
	}
	checkSearch(t, x, o, shared, math.MaxInt, nil)
	for id := range o {
		x.Delete(id)
	}
	checkSearch(t, x, oracle{}, shared, 5, nil)
}

// A filter that lets little pass still yields k results.
func TestFilterFindsAll(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	x := New(4, Auto)
	for id := range store.ID(3000) {
		ok(t, x.Add(id+1, random(rng, 4)))
	}
	got, err := x.Search(ctx, random(rng, 4), 10, Options{Keep: func(id store.ID) bool { return id%300 == 0 }})
	ok(t, err)
	if len(got) != 10 {
		t.Errorf("%d results, want 10", len(got))
	}
}

func TestRefused(t *testing.T) {
	x := New(2, Auto)
	ok(t, x.Add(1, []float32{1, 0}))
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	for _, tc := range []struct {
		v    []float32
		want error
	}{
		{nil, ErrDims}, {[]float32{1}, ErrDims}, {[]float32{1, 2, 3}, ErrDims},
		{[]float32{0, 0}, ErrZero}, {[]float32{nan, 1}, ErrNotFinite}, {[]float32{inf, 1}, ErrNotFinite},
	} {
		err := x.Add(17, tc.v)
		if !errors.Is(err, tc.want) || !cmp.Equal(err.Error()[:29], "add vector of document 17: ve") {
			t.Errorf("Add(%v): %v, want %v", tc.v, err, tc.want)
		}
		if _, err := x.Search(ctx, tc.v, 1, Options{}); !errors.Is(err, tc.want) {
			t.Errorf("Search(%v): %v, want %v", tc.v, err, tc.want)
		}
	}
	for _, k := range []int{0, -1} {
		if got, err := x.Search(ctx, []float32{1, 1}, k, Options{}); len(got) != 0 || err != nil {
			t.Errorf("top %d: %v, %v", k, got, err)
		}
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := x.Search(cancelled, []float32{1, 1}, 1, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled search: %v", err)
	}
}

// Searches run beside a writer; the race detector watches.
func TestConcurrent(t *testing.T) {
	const dims, writes = 8, 3000
	rng := rand.New(rand.NewPCG(9, 10))
	x := New(dims, Auto)
	done := make(chan struct{})
	var wg sync.WaitGroup
	for seed := range uint64(4) {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(seed, 0))
			for {
				select {
				case <-done:
					return
				default:
				}
				got, err := x.Search(ctx, random(rng, dims), 20, Options{Keep: func(id store.ID) bool { return id%2 == 0 }})
				if err != nil {
					t.Error(err)
					return
				}
				for i, n := range got {
					if n.ID%2 != 0 || i > 0 && got[i-1].Similarity < n.Similarity {
						t.Errorf("result %d of %v", i, got)
					}
				}
			}
		})
	}
	for range writes {
		id := store.ID(rng.IntN(600))
		if rng.IntN(2) == 0 {
			x.Delete(id)
		} else {
			ok(t, x.Add(id, random(rng, dims)))
		}
	}
	close(done)
	wg.Wait()
}

func TestFollow(t *testing.T) {
	st, err := store.Open(filepath.Join(t.TempDir(), "l"), store.Options{Create: true})
	ok(t, err)
	defer st.Close()
	x, err := Load(ctx, st, Auto)
	ok(t, err)
	check := func(want ...store.ID) {
		t.Helper()
		ok(t, x.Sync(ctx))
		fresh, err := Load(ctx, st, Auto)
		ok(t, err)
		for name, x := range map[string]*Index{"followed": x, "loaded": fresh} {
			got, err := x.Search(ctx, []float32{1, 0, 0}, 100, Options{})
			ok(t, err)
			ids := []store.ID{}
			for _, n := range got {
				ids = append(ids, n.ID)
			}
			slices.Sort(ids)
			if d := cmp.Diff(append([]store.ID{}, want...), ids); d != "" {
				t.Errorf("%s (-want +got):\n%s", name, d)
			}
			for _, id := range want {
				v, err := st.Vector(id)
				ok(t, err)
				best, err := x.Search(ctx, v, 1, Options{Keep: func(other store.ID) bool { return other == id }})
				ok(t, err)
				if len(best) != 1 || best[0].Similarity < 0.999999 {
					t.Errorf("%s: document %d finds %v", name, id, best)
				}
			}
		}
	}
	check()
	ok(t, st.SetModel(ctx, store.Model{ID: "a", Dims: 5}))
	check()
	ok(t, st.SetModel(ctx, store.Model{ID: "m", Dims: 3}))
	entry := func(path string, v ...float32) store.Entry {
		return store.Entry{Document: store.Document{Path: path}, Vector: v}
	}
	ids, err := st.Put(ctx, []store.Entry{entry("/a", 1, 2, 3), entry("/b", 3, 2, 1), entry("/c"), entry("/d", 1, 1, 1)})
	ok(t, err)
	if x.Dims() != 5 {
		t.Errorf("dims %d before Sync", x.Dims())
	}
	check(1, 2, 4)
	ok(t, st.Hide(ctx, ids[0]))
	check(2, 4)
	ok(t, st.SetVectors(ctx, map[store.ID][]float32{ids[2]: {0, 0, 1}, ids[1]: {-1, 0, 0}}))
	ok(t, st.SetTags(ctx, map[store.ID]store.Tags{ids[0]: {All: []string{"x"}}}))
	ok(t, st.Move(ctx, []store.Relocation{{ID: ids[1], Path: "/z"}}))
	check(2, 3, 4)
	ok(t, st.Unhide(ctx, ids[0]))
	ok(t, st.Forget(ctx, ids[3]))
	check(1, 2, 3)
	var many []store.Entry
	for i := range 2*syncBatch + 3 {
		many = append(many, entry(fmt.Sprint("/many/", i), 0, float32(i+1), 1))
	}
	_, err = st.Put(ctx, many)
	ok(t, err)
	ok(t, x.Sync(ctx))
	if want := len(many) + 3; x.Len() != want {
		t.Errorf("%d vectors, want %d", x.Len(), want)
	}
	ok(t, st.Close())
	if err := x.Sync(ctx); !errors.Is(err, store.ErrClosed) {
		t.Errorf("sync with a closed library: %v", err)
	}
}
