package hnsw

import (
	"bytes"
	"context"
	"errors"
	"math"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	testRows    = 4000
	testDims    = 64
	testQueries = 200
	testEf      = 48
)

// generated returns a space of clustered rows, and queries among them.
func generated() (*coded, [][]float32) {
	all := clustered(testRows+testQueries, testDims, 60, 1)
	return newCoded(all[:testRows]), all[testRows:]
}

// build builds a graph of the first rows.
func build(t testing.TB, s Space, rows int, dead func(uint32) bool) *Graph {
	t.Helper()
	g, err := Build(t.Context(), s, rows, dead, Config{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// search returns the rows that a search finds for a vector.
func search(t testing.TB, g *Graph, s *coded, q []float32, ef int, accept func(uint32) bool) []uint32 {
	t.Helper()
	found, err := g.Search(t.Context(), s.newProbe().ask(q), ef, accept)
	if err != nil {
		t.Fatal(err)
	}
	var rows []uint32
	for i, c := range found {
		if i > 0 && (c.Similarity > found[i-1].Similarity || c.Similarity == found[i-1].Similarity && c.Row < found[i-1].Row) {
			t.Fatalf("%v after %v", c, found[i-1])
		}
		rows = append(rows, c.Row)
	}
	return rows
}

// written returns a graph's bytes.
func written(t testing.TB, g *Graph) []byte {
	t.Helper()
	var b bytes.Buffer
	n, err := g.WriteTo(&b)
	if err != nil || n != int64(b.Len()) {
		t.Fatalf("%d bytes of %d, %v", n, b.Len(), err)
	}
	return b.Bytes()
}

func TestBuildRecall(t *testing.T) {
	s, queries := generated()
	g := build(t, s, testRows, nil)
	if got := recall(t, g, s, queries, testEf, 10, nil); got < 0.99 {
		t.Errorf("recall@10 %v", got)
	}
	if each := g.Bytes() / g.Rows(); each > 140 {
		t.Errorf("%d bytes a row", each)
	}
	for row, v := range s.rows {
		if found := search(t, g, s, v, testEf, nil); found[0] != uint32(row) {
			t.Fatalf("row %d finds %d", row, found[0])
		}
	}
}

// The number of cores doesn't change a graph.
func TestBuildIsDeterministic(t *testing.T) {
	s, _ := generated()
	var want []byte
	for _, n := range []int{1, 3, 16} {
		old := runtime.GOMAXPROCS(n)
		got := written(t, build(t, s, testRows/2, nil))
		runtime.GOMAXPROCS(old)
		if want == nil {
			want = got
		}
		if !bytes.Equal(got, want) {
			t.Errorf("with %d cores the graph is another", n)
		}
	}
}

func TestExtend(t *testing.T) {
	s, queries := generated()
	fresh := recall(t, build(t, s, testRows, nil), s, queries, testEf, 10, nil)
	g := build(t, s, testRows/4, nil)
	first := written(t, g)
	for n := testRows / 4; n < testRows; {
		n = min(n+n/3+1, testRows)
		next, err := g.Extend(t.Context(), s, n, nil)
		if err != nil || next.Rows() != n {
			t.Fatalf("%d rows instead of %d, %v", next.Rows(), n, err)
		}
		if n < testRows/2 && !bytes.Equal(written(t, build(t, s, testRows/4, nil)), first) {
			t.Fatal("the graph that was extended has changed")
		}
		g = next
	}
	if got := recall(t, g, s, queries, testEf, 10, nil); math.Abs(got-fresh) > 0.01 {
		t.Errorf("recall@10 %v extended, %v built at once", got, fresh)
	}
	if same, err := g.Extend(t.Context(), s, testRows, nil); same != g || err != nil {
		t.Errorf("extended by nothing: %v", err)
	}
}

// Rows that are dead when a graph is built or extended aren't in it.
func TestDeadRowsStayOut(t *testing.T) {
	s, queries := generated()
	dead := func(row uint32) bool { return row%3 == 0 }
	g, err := build(t, s, testRows/2, dead).Extend(t.Context(), s, testRows, dead)
	if err != nil {
		t.Fatal(err)
	}
	if rows := linkedRows(g); rows[3] || !rows[4] {
		t.Errorf("row 3 is linked: %v, row 4: %v", rows[3], rows[4])
	}
	alive := func(row uint32) bool { return !dead(row) }
	if got := recall(t, g, s, queries, testEf, 10, alive); got < 0.98 {
		t.Errorf("recall@10 %v", got)
	}
	for _, q := range queries {
		for _, row := range search(t, g, s, q, testEf, nil) {
			if dead(row) {
				t.Fatalf("found the dead row %d", row)
			}
		}
	}
}

// linkedRows returns which rows links lead to or come from.
func linkedRows(g *Graph) map[uint32]bool {
	rows := map[uint32]bool{}
	for i := range g.layers {
		l := &g.layers[i]
		for node := range uint32(l.nodes()) {
			for _, n := range l.neighbors(node) {
				rows[l.row(node)], rows[l.row(n)] = true, true
			}
		}
	}
	return rows
}

// Rows of a graph whose rows have all died are found all the same.
func TestExtendTheDead(t *testing.T) {
	s, _ := generated()
	dead := func(row uint32) bool { return row < 500 }
	g, err := build(t, s, 500, nil).Extend(t.Context(), s, 700, dead)
	if err != nil {
		t.Fatal(err)
	}
	alive := func(row uint32) bool { return !dead(row) }
	check := func(g *Graph) {
		t.Helper()
		for row := uint32(500); row < 700; row++ {
			if found := search(t, g, s, s.rows[row], 10, alive); len(found) != 10 || found[0] != row {
				t.Fatalf("row %d finds %v", row, found)
			}
		}
	}
	check(g)
	if g, err = g.Repair(t.Context(), s, dead); err != nil {
		t.Fatal(err)
	}
	check(g)
}

func TestSmallGraphs(t *testing.T) {
	s, queries := generated()
	for _, tc := range []struct {
		name string
		rows int
		dead func(uint32) bool
		want []uint32
	}{
		{"empty", 0, nil, nil},
		{"one row", 1, nil, []uint32{0}},
		{"one live row", 50, func(row uint32) bool { return row != 7 }, []uint32{7}},
		{"all dead", 50, func(uint32) bool { return true }, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g := build(t, s, tc.rows, tc.dead)
			if diff := cmp.Diff(tc.want, search(t, g, s, queries[0], 5, nil)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if tc.dead == nil {
				tc.dead = func(uint32) bool { return false }
			}
			repaired, err := g.Repair(t.Context(), s, tc.dead)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, search(t, repaired, s, queries[0], 5, nil)); diff != "" {
				t.Errorf("repaired, -want +got:\n%s", diff)
			}
			read, err := Read(bytes.NewReader(written(t, repaired)), tc.rows)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, search(t, read, s, queries[0], 5, nil)); diff != "" {
				t.Errorf("read, -want +got:\n%s", diff)
			}
		})
	}
}

// A context that has ended ends everything.
func TestCancelled(t *testing.T) {
	s, queries := generated()
	g := build(t, s, 1000, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, built := Build(ctx, s, testRows, nil, Config{})
	_, extended := g.Extend(ctx, s, testRows, nil)
	_, repaired := g.Repair(ctx, s, func(row uint32) bool { return row%2 == 0 })
	_, found := g.Search(ctx, s.newProbe().ask(queries[0]), 500, nil)
	for i, err := range []error{built, extended, repaired, found} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("call %d: %v", i, err)
		}
	}
}

func TestTooManyRows(t *testing.T) {
	if _, err := Build(t.Context(), nil, MaxRows+1, nil, Config{}); err == nil {
		t.Error("no error")
	}
}

// One row in M reaches each next layer.
func TestLevel(t *testing.T) {
	const rows, m = 100000, 16
	var above [4]int
	for row := range uint32(rows) {
		for i := range level(draw(9, row), m) {
			above[i]++
		}
	}
	for i, want := 0, rows/m; i < 3; i, want = i+1, want/m {
		if got := above[i]; math.Abs(float64(got-want)) > 6*math.Sqrt(float64(want)) {
			t.Errorf("%d rows on layer %d, want about %d", got, i+1, want)
		}
	}
}
