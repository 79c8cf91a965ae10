package hnsw

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// With an ef of all rows a search finds all rows, in their order.
func TestSearchFindsAll(t *testing.T) {
	s, queries := generated()
	const rows = 600
	g := build(t, s, rows, nil)
	all := make([]uint32, rows)
	for i := range all {
		all[i] = uint32(i)
	}
	p := s.newProbe().ask(queries[0])
	scores := make([]float32, rows)
	p.Similarities(scores, all)
	keys := make([]key, rows)
	for i := range keys {
		keys[i] = keyOf(scores[i], uint32(i))
	}
	sortKeys(keys)
	for name, accept := range map[string]func(uint32) bool{"all": nil, "filter": func(row uint32) bool { return row%5 == 0 }} {
		var want []uint32
		for _, k := range keys {
			if accept == nil || accept(k.node()) {
				want = append(want, k.node())
			}
		}
		if diff := cmp.Diff(want, search(t, g, s, queries[0], 2*rows, accept)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
	if got := search(t, g, s, queries[0], 0, nil); got != nil {
		t.Errorf("with ef 0: %v", got)
	}
}

// A filter costs time, not recall.
func TestFilteredRecall(t *testing.T) {
	s, queries := generated()
	g := build(t, s, testRows, nil)
	all := recall(t, g, s, queries, testEf, 10, nil)
	for name, accept := range map[string]func(uint32) bool{
		"every 20th": func(row uint32) bool { return row%20 == 3 },
		"a tenth":    func(row uint32) bool { return row < testRows/10 },
	} {
		if got := recall(t, g, s, queries, testEf, 10, accept); got < all-0.01 {
			t.Errorf("%s: recall@10 %v, without a filter %v", name, got, all)
		}
	}
	if got := search(t, g, s, queries[0], testEf, func(uint32) bool { return false }); len(got) > 0 {
		t.Errorf("nothing accepted, %v found", got)
	}
}

// A search allocates its result alone.
func TestSearchAllocations(t *testing.T) {
	s, queries := generated()
	g := build(t, s, 1000, nil)
	p := s.newProbe().ask(queries[0])
	for name, accept := range map[string]func(uint32) bool{"all": nil, "filter": func(row uint32) bool { return row%2 == 0 }} {
		got := testing.AllocsPerRun(200, func() {
			if _, err := g.Search(t.Context(), p, testEf, accept); err != nil {
				t.Fatal(err)
			}
		})
		if got > 1.5 { // the collector may take a walker out of the pool
			t.Errorf("%s: %v allocations", name, got)
		}
	}
}
