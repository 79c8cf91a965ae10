package vector

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"

	"clipsearch/index/store"
	"clipsearch/index/vector/hnsw"
	"clipsearch/internal/vec"
)

// clustered returns vectors as encoders give: in groups, within a cone.
func clustered(rng *rand.Rand, n, dims int) [][]float32 {
	centers := make([][]float32, n/50+1)
	for i := range centers {
		centers[i] = shapes["cone"](rng, dims)
	}
	rows := make([][]float32, n)
	for i := range rows {
		rows[i] = random(rng, dims)
		for j, c := range centers[rng.IntN(len(centers))] {
			rows[i][j] = 0.5*rows[i][j] + c
		}
	}
	return rows
}

// graphOf returns an index of rows with a graph, whose IDs are their places from 1 on.
func graphOf(t testing.TB, rows [][]float32) *Index {
	t.Helper()
	x := indexOf(t, rows)
	x.kind = HNSW
	ok(t, x.Build(ctx))
	return x
}

// exactly returns an index of the same vectors that compares them all.
func exactly(x *Index) *Index {
	s := *x.current.Load()
	s.graph = nil
	y := New(s.dims, Exact)
	y.current.Store(&s)
	return y
}

// recall returns the ANN recall@k of x for queries.
func recall(t testing.TB, x *Index, queries [][]float32, k int, opts Options) float64 {
	t.Helper()
	all, found := exactly(x), 0
	for _, q := range queries {
		want, err := all.Search(ctx, q, k, opts)
		ok(t, err)
		got, err := x.Search(ctx, q, k, opts)
		ok(t, err)
		if len(got) != len(want) {
			t.Fatalf("%d neighbours, want %d", len(got), len(want))
		}
		for _, n := range got {
			if n.Similarity >= want[len(want)-1].Similarity-1e-6 {
				found++
			}
		}
	}
	return float64(found) / float64(k*len(queries))
}

// The graph finds what a scan finds, nearly; what was added after it was built, and never what was deleted.
func TestGraph(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 32))
	rows := clustered(rng, 20_000, 32)
	queries, rows := rows[:200], rows[200:]
	x := graphOf(t, rows[:18_000])
	check := func(what string) {
		t.Helper()
		if r := recall(t, x, queries, 10, Options{Ef: 128}); r < 0.99 {
			t.Errorf("%s: ANN recall@10 %.4f", what, r)
		}
	}
	check("built")
	for i, v := range rows[18_000:] {
		ok(t, x.Add(store.ID(18_001+i), v))
	}
	if x.current.Load().graph.Rows() != 18_000 || x.NeedsBuild() {
		t.Error("a short tail made the graph grow")
	}
	check("with a tail")
	ok(t, x.Build(ctx))
	if x.current.Load().graph.Rows() != len(rows) {
		t.Error("the graph did not grow")
	}
	check("extended")
	for id := range store.ID(len(rows) / 3) {
		x.Delete(3*id + 1)
	}
	check("with dead rows")
	if !x.NeedsBuild() {
		t.Error("a third of the rows is dead and the graph need not be repaired")
	}
	ok(t, x.Build(ctx))
	if x.NeedsBuild() {
		t.Error("the graph is never repaired")
	}
	check("repaired")
	for id := range store.ID(len(rows) / 3) {
		x.Delete(3*id + 2)
	}
	ok(t, x.Build(ctx))
	if s := x.current.Load(); s.rows != s.live || s.graph.Rows() != s.live {
		t.Errorf("%d rows, %d of them in the graph, hold %d vectors", s.rows, s.graph.Rows(), s.live)
	}
	check("compacted")
	for id := range store.ID(len(rows)) {
		x.Delete(id + 1)
	}
	ok(t, x.Build(ctx))
	if got, err := x.Search(ctx, queries[0], 10, Options{}); len(got) != 0 || err != nil {
		t.Errorf("of no vectors: %v, %v", got, err)
	}
}

// A graph answers those who name a width for its beam, if it is the faster way, and in an index of kind HNSW all.
func TestWhoWalks(t *testing.T) {
	rng := rand.New(rand.NewPCG(43, 44))
	const n = 12 * rowsPerStep
	x := graphOf(t, clustered(rng, n, sketchedDims))
	if !x.kernel.HasCrumbs() {
		t.Skipf("the kernel %s has no use for sketches, which tell a scan of all", x.kernel.Name)
	}
	keep := func(id store.ID) bool { return id%4 == 0 }
	for _, c := range []struct {
		kind Kind
		opts Options
		scan bool
	}{
		{Auto, Options{}, true},
		{Auto, Options{Ef: 10}, false},
		{Auto, Options{Ef: 13}, true},
		{Auto, Options{Ef: 10, Keep: keep}, true},
		{HNSW, Options{}, false},
		{HNSW, Options{Ef: 13}, false},
		{HNSW, Options{Ef: 10, Keep: keep}, true},
	} {
		x.kind = c.kind
		x.scanned.Store(false)
		_, err := x.Search(ctx, random(rng, sketchedDims), 10, c.opts)
		ok(t, err)
		if got := x.scanned.Load(); got != c.scan {
			t.Errorf("kind %q, ef %d, filtered %v: all are compared: %v", c.kind, c.opts.Ef, c.opts.Keep != nil, got)
		}
	}
}

// Filters of every selectivity keep their recall.
func TestGraphFilters(t *testing.T) {
	rng := rand.New(rand.NewPCG(33, 34))
	rows := clustered(rng, 30_000, 32)
	queries, rows := rows[:100], rows[100:]
	x := graphOf(t, rows)
	for _, every := range []store.ID{2, 5, 20, 100, 2000, 1 << 40} {
		opts := Options{Ef: 128, Keep: func(id store.ID) bool { return id%every == 0 }}
		kept := len(rows) / int(min(every, 1<<30))
		if kept == 0 {
			if got, err := x.Search(ctx, queries[0], 10, opts); len(got) != 0 || err != nil {
				t.Errorf("nothing passes: %v, %v", got, err)
			}
			continue
		}
		if r := recall(t, x, queries, min(10, kept), opts); r < 0.985 {
			t.Errorf("one in %d passes: ANN recall@10 %.4f", every, r)
		}
	}
}

// Each of 2,000 vectors finds itself behind 1,000 that are all alike, whether they were there when the graph was built or
// came later.
func TestManyAlike(t *testing.T) {
	const alike, others, dims = 1000, 2000, 64
	rng := rand.New(rand.NewPCG(35, 36))
	rows := make([][]float32, 0, alike+others)
	same := random(rng, dims)
	for range alike {
		rows = append(rows, same)
	}
	for range others {
		rows = append(rows, random(rng, dims))
	}
	atOnce := graphOf(t, rows)
	later := graphOf(t, rows[:alike])
	for i, v := range rows[alike:] {
		ok(t, later.Add(store.ID(alike+i+1), v))
	}
	ok(t, later.Build(ctx))
	for name, x := range map[string]*Index{"at once": atOnce, "later": later} {
		if x.current.Load().graph.Rows() != len(rows) {
			t.Fatalf("%s: not all are in the graph", name)
		}
		lost := 0
		for i, v := range rows[alike:] {
			got, err := x.walked(v, 1, EfImages)
			ok(t, err)
			if len(got) != 1 || got[0].ID != store.ID(alike+i+1) {
				lost++
			}
		}
		if lost > 0 {
			t.Errorf("%s: %d of %d don't find themselves", name, lost, others)
		}
		got, err := x.walked(same, alike, alike)
		ok(t, err)
		if len(got) != alike || got[alike-1].Similarity < 0.99999 {
			t.Errorf("%s: %d of %d alike found", name, len(got), alike)
		}
	}
}

// walked searches the graph of x even where a scan would be faster.
func (x *Index) walked(v []float32, k, ef int) ([]Neighbor, error) {
	s := x.current.Load()
	unit, err := unitVector(v, s.dims)
	if err != nil {
		return nil, err
	}
	q := newQuery(unit, s)
	found, err := s.walk(ctx, x.kernel, []*query{q}, k, ef, filter{share: 1})
	if err != nil {
		return nil, err
	}
	return s.rank(ctx, q, k, merge([][]gathering{found}, 0))
}

// Random adds, deletes, re-adds and searches beside a builder: no deleted ID is ever returned, and at last the graph finds
// as much as a fresh one. CLIPSEARCH_SOAK=1 runs all 100,000 steps.
func TestGraphChurn(t *testing.T) {
	const dims, ids = 32, 8000
	steps := 10_000
	if os.Getenv("CLIPSEARCH_SOAK") != "" {
		steps = 100_000
	}
	rng := rand.New(rand.NewPCG(37, 38))
	vectors := clustered(rng, ids+steps, dims)
	x := graphOf(t, vectors[:ids])
	held := make(map[store.ID]bool, ids)
	for id := range store.ID(ids) {
		held[id+1] = true
	}
	building, stop := context.WithCancel(ctx)
	var beside sync.WaitGroup
	beside.Go(func() {
		if err := x.Tend(building); err != nil {
			t.Error(err)
		}
	})
	beside.Go(func() {
		for i := 0; building.Err() == nil; i++ {
			if _, err := x.Search(ctx, vectors[i%len(vectors)], 10, Options{Ef: 64}); err != nil {
				t.Error(err)
			}
		}
	})
	for step := range steps {
		id := store.ID(rng.IntN(ids) + 1)
		switch action := rng.IntN(10); {
		case action == 0:
			got, err := x.Search(ctx, vectors[ids+step], 10, Options{Ef: 64})
			ok(t, err)
			for _, n := range got {
				if !held[n.ID] {
					t.Fatalf("step %d: %d was deleted", step, n.ID)
				}
			}
		case action < 5:
			x.Delete(id)
			delete(held, id)
		default:
			ok(t, x.Add(id, vectors[ids+step]))
			held[id] = true
		}
	}
	stop()
	beside.Wait()
	ok(t, x.Build(ctx))
	compareWithFresh(t, x, clustered(rand.New(rand.NewPCG(37, 38)), 500, dims))
}

// A graph of which as many rows have been replaced as there are is made anew, and stays as good as a fresh one.
func TestWornOut(t *testing.T) {
	const dims, n, rounds = 32, 3000, 8
	rng := rand.New(rand.NewPCG(41, 42))
	vectors := clustered(rng, n*(rounds+1)/2+n, dims)
	x, made := graphOf(t, vectors[:n]), 0
	for round := range rounds {
		for i := range n / 2 {
			id := store.ID(1 + (i*2+round)%n)
			ok(t, x.Add(id, vectors[n+round*n/2+i]))
		}
		before := x.current.Load().replaced
		ok(t, x.Build(ctx))
		s := x.current.Load()
		if s.replaced > s.live {
			t.Fatalf("round %d: %d of %d rows were replaced", round, s.replaced, s.live)
		}
		if s.replaced < before {
			made++
		}
	}
	if made == 0 || made == rounds {
		t.Errorf("made anew in %d of %d rounds", made, rounds)
	}
	compareWithFresh(t, x, vectors[len(vectors)-300:])
}

// compareWithFresh compares the recall of an index with that of one that is built of the same vectors at once.
func compareWithFresh(t *testing.T, x *Index, queries [][]float32) {
	t.Helper()
	s, fresh := x.current.Load(), New(x.Dims(), HNSW)
	for row := range s.rows {
		if !s.isDead(row) {
			v := make([]float32, s.dims)
			vec.FromF16(v, rowOf(t, s, row))
			ok(t, fresh.Add(s.id(row), v))
		}
	}
	ok(t, fresh.Build(ctx))
	opts := Options{Ef: 48}
	churned, want := recall(t, x, queries, 10, opts), recall(t, fresh, queries, 10, opts)
	t.Logf("ANN recall@10 %.4f, fresh %.4f, %d vectors in %d rows", churned, want, s.live, s.rows)
	if churned < want-0.005 {
		t.Errorf("ANN recall@10 is %.4f, that of a fresh build %.4f", churned, want)
	}
}

// Real queries find their true neighbours by the graph.
func TestRealGraph(t *testing.T) {
	const k, listed = 10, 100
	rows := readImages(t)
	x := graphOf(t, rows)
	for _, row := range rows {
		vec.Normalize(row)
	}
	s := x.current.Load()
	if perRow := float64(s.graph.Bytes()) / float64(s.rows); perRow > 150 {
		t.Errorf("the graph holds %.0f bytes a vector", perRow)
	}
	for _, set := range realQueries {
		opts, least := Options{Ef: EfImages}, 0.99
		if set.name == "texts" {
			opts, least = Options{Ef: EfTexts}, 0.98
		}
		queries, truth := readQueries(t, set.file), readNPY(t, set.truth, 4*listed)
		right := 0
		for i, q := range queries {
			found, err := x.Search(ctx, q, k, opts)
			ok(t, err)
			unit := append([]float32(nil), q...)
			vec.Normalize(unit)
			tenth := vec.Dot(unit, rows[binary.LittleEndian.Uint32(truth[4*(i*listed+k-1):])]) - 1e-6
			for _, n := range found {
				if vec.Dot(unit, rows[n.ID-1]) >= tenth {
					right++
				}
			}
		}
		got := float64(right) / float64(k*len(queries))
		t.Logf("%s: ANN recall@10 %.4f with ef %d", set.name, got, opts.Ef)
		if got < least {
			t.Errorf("%s: ANN recall@10 %.4f, want %.2f", set.name, got, least)
		}
	}
}

// A graph is made where it is wanted: always, never, or from Crossover on.
func TestKinds(t *testing.T) {
	rng := rand.New(rand.NewPCG(39, 40))
	rows := clustered(rng, 500, 8)
	for _, kind := range []Kind{Auto, Exact, HNSW} {
		x := indexOf(t, rows)
		x.kind = kind
		if x.NeedsBuild() != (kind == HNSW) {
			t.Errorf("kind %q needs to build: %v", kind, x.NeedsBuild())
		}
		ok(t, x.Build(ctx))
		if (x.current.Load().graph != nil) != (kind == HNSW) {
			t.Errorf("kind %q: graph %v", kind, x.current.Load().graph != nil)
		}
	}
	x := graphOf(t, rows)
	x.kind = Auto
	graph := x.current.Load().graph
	for _, c := range []struct {
		live   int
		graph  *hnsw.Graph
		wanted bool
	}{
		{Crossover, nil, true}, {Crossover - 1, nil, false}, {Crossover, graph, true}, {keptFrom, graph, true}, {keptFrom - 1, graph, false},
	} {
		if got := x.wantsGraph(&snapshot{live: c.live, graph: c.graph}); got != c.wanted {
			t.Errorf("%d vectors with graph %v: a graph is wanted: %v", c.live, c.graph != nil, got)
		}
	}
	ok(t, x.Build(ctx))
	if x.current.Load().graph != nil {
		t.Error("a graph that is not wanted any more stays")
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	y := New(8, HNSW)
	for i, v := range rows {
		ok(t, y.Add(store.ID(i+1), v))
	}
	if err := y.Build(cancelled); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled build: %v", err)
	}
	if got := fmt.Sprint(y.Len()); got != "500" {
		t.Errorf("%s vectors after a cancelled build", got)
	}
}
