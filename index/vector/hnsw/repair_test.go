package hnsw

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// bury returns which rows die: a share at random, or those nearest to the first.
func bury(s *coded, share float64, together bool) func(uint32) bool {
	rng := rand.New(rand.NewPCG(7, 7))
	least := kth(s.rows, s.rows[0], int(share*testRows), nil)
	dead := make([]bool, len(s.rows))
	for i, row := range s.rows {
		dead[i] = rng.Float64() < share
		if together {
			dead[i] = dot(row, s.rows[0]) >= least
		}
	}
	return func(row uint32) bool { return dead[row] }
}

func TestRepair(t *testing.T) {
	s, queries := generated()
	g := build(t, s, testRows, nil)
	for name, dead := range map[string]func(uint32) bool{
		"30 % at random":   bury(s, 0.3, false),
		"30 % of a region": bury(s, 0.3, true),
		"95 % at random":   bury(s, 0.95, false),
	} {
		alive := func(row uint32) bool { return !dead(row) }
		want := recall(t, build(t, s, testRows, dead), s, queries, testEf, 10, alive)
		before := written(t, g)
		repaired, err := g.Repair(t.Context(), s, dead)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, written(t, g)); diff != "" {
			t.Errorf("%s: the graph itself has changed", name)
		}
		for row := range linkedRows(repaired) {
			if dead(row) {
				t.Fatalf("%s: the dead row %d is linked", name, row)
			}
		}
		got := recall(t, repaired, s, queries, testEf, 10, alive)
		t.Logf("%s: recall@10 %.4f, of a new graph %.4f", name, got, want)
		if got < want-0.005 {
			t.Errorf("%s: recall@10 %v, of a new graph %v", name, got, want)
		}
		if lost := repaired.unreached(repaired.absent(dead)); len(lost) > 0 {
			t.Errorf("%s: %d rows can't be reached", name, len(lost))
		}
		checkRenumber(t, repaired, s, queries[:20], dead)
	}
}

// checkRenumber compares searches before and after the dead rows go and the others change places.
func checkRenumber(t *testing.T, g *Graph, s *coded, queries [][]float32, dead func(uint32) bool) {
	t.Helper()
	for _, reversed := range []bool{false, true} {
		var kept []uint32
		for row := range uint32(g.Rows()) {
			if !dead(row) {
				kept = append(kept, row)
			}
		}
		if reversed {
			slices.Reverse(kept)
		}
		to, moved := make([]uint32, g.Rows()), make([][]float32, len(kept))
		for i := range to {
			to[i] = none
		}
		for i, row := range kept {
			to[row], moved[i] = uint32(i), s.rows[row]
		}
		n, after := g.Renumber(to), newCoded(moved)
		if n.Rows() != len(kept) {
			t.Fatalf("%d rows, want %d", n.Rows(), len(kept))
		}
		accept := func(row uint32) bool { return !dead(row) }
		want, got := recall(t, g, s, queries, testEf, 10, accept), recall(t, n, after, queries, testEf, 10, nil)
		if got < want-0.02 { // the mean and so the codes have changed
			t.Errorf("recall@10 %v renumbered, %v before", got, want)
		}
		extended, err := n.Extend(t.Context(), after, len(kept), nil)
		if err != nil || extended != n {
			t.Errorf("extend: %v", err)
		}
	}
}

// Searches run while graphs are made from theirs.
func TestSearchWhileExtending(t *testing.T) {
	s, queries := generated()
	dead := func(row uint32) bool { return row%4 == 0 }
	g := build(t, s, 1000, nil)
	var wg sync.WaitGroup
	defer wg.Wait()
	searchAll := func(g *Graph) {
		for i := range 3 {
			wg.Go(func() {
				p := s.newProbe()
				for _, q := range queries {
					if found, err := g.Search(t.Context(), p.ask(q), testEf, nil); err != nil || len(found) != testEf {
						t.Errorf("searcher %d: %d rows, %v", i, len(found), err)
					}
				}
			})
		}
	}
	searchAll(g)
	for _, rows := range []int{1001, 1200, 2000} {
		var err error
		if g, err = g.Extend(t.Context(), s, rows, dead); err != nil {
			t.Fatal(err)
		}
		searchAll(g)
	}
	if _, err := g.Repair(t.Context(), s, dead); err != nil {
		t.Fatal(err)
	}
}
