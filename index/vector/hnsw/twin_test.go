package hnsw

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// crowd returns rows of which the first ones are equal and so is each 10th of the rest with the one before.
func crowd(equal, others int) *coded {
	rows := clustered(1+others, testDims, 30, 4)
	first := make([][]float32, equal)
	for i := range first {
		first[i] = rows[0]
	}
	rows = append(first, rows[1:]...)
	for i := equal + 9; i < len(rows); i += 10 {
		rows[i] = rows[i-1]
	}
	return newCoded(rows)
}

// Rows behind a crowd of equal ones find themselves, and the crowd is one node.
func TestEqualRows(t *testing.T) {
	const equal, others = 1000, 2000
	s := crowd(equal, others)
	extended, err := build(t, s, 1700, nil).Extend(t.Context(), s, equal+others, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, g := range map[string]*Graph{"built": build(t, s, equal+others, nil), "extended": extended} {
		for row := uint32(equal); row < equal+others; row++ {
			if found := search(t, g, s, s.rows[row], 32, nil); !slices.Contains(found[:2], row) {
				t.Fatalf("%s: row %d finds %v", name, row, found[:2])
			}
		}
		if got, want := len(chains(g.twins)), equal-1+others/10; got != want {
			t.Errorf("%s: %d twins, want %d", name, got, want)
		}
		accept := func(row uint32) bool { return row%100 == 99 }
		want := []uint32{99, 199, 299, 399, 499, 599, 699, 799, 899, 999}
		if diff := cmp.Diff(want, search(t, g, s, s.rows[0], 10, accept)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
		if got := search(t, g, s, s.rows[0], 100, nil); len(got) != 100 || s.Same(got[99], 0) == false {
			t.Errorf("%s: %d of a crowd found, the last is %d", name, len(got), got[len(got)-1])
		}
	}
}

// When the row that is the node dies, the others of its crowd take its place.
func TestNodeOfTwinsDies(t *testing.T) {
	const equal, others = 300, 1000
	s := crowd(equal, others)
	g := build(t, s, equal+others, nil)
	of := chains(g.twins)[0].of
	dead := func(row uint32) bool { return row == of || row < equal-5 || row%10 == 8 }
	alive := func(row uint32) bool { return !dead(row) }
	check := func(name string, g *Graph, accept func(uint32) bool) {
		t.Helper()
		for row := range uint32(equal + others) {
			if found := search(t, g, s, s.rows[row], 20, accept); alive(row) && !slices.Contains(found[:5], row) {
				t.Fatalf("%s: row %d finds %v", name, row, found)
			} else if slices.ContainsFunc(found, dead) {
				t.Fatalf("%s: dead rows in %v", name, found)
			}
		}
	}
	check("dead", g, alive)
	repaired, err := g.Repair(t.Context(), s, dead)
	if err != nil {
		t.Fatal(err)
	}
	check("repaired", repaired, nil)
}
