package hnsw

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestKeysSort(t *testing.T) {
	type pair struct {
		similarity float32
		node       uint32
	}
	var want []pair // best first
	for _, similarity := range []float32{2, 1, 0.5, 1e-30, 0, -1e-30, -0.5, -1} {
		for _, node := range []uint32{0, 1, 77, MaxRows - 1} {
			want = append(want, pair{similarity, node})
		}
	}
	for i, p := range want {
		k := keyOf(p.similarity, p.node)
		if got := (pair{k.similarity(), k.node()}); got != p {
			t.Errorf("%v comes back as %v", p, got)
		}
		if got := (k | expanded).node(); got != p.node {
			t.Errorf("expanded, %v has node %d", p, got)
		}
		if i > 0 && k|expanded >= keyOf(want[i-1].similarity, want[i-1].node) {
			t.Errorf("%v is not less than %v", p, want[i-1])
		}
	}
}

// A heap gives keys in order, and a ranking keeps the best.
func TestHeapAndRanking(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for n := range 40 {
		keys := make([]key, n)
		var h heap
		best := make(ranking, 0, 7)
		for i := range keys {
			keys[i] = key(rng.Uint64N(100)<<1 | uint64(i)<<32)
			h.push(keys[i])
			if len(best) < 7 || keys[i] > best[6] {
				best.insert(keys[i])
			}
		}
		slices.SortFunc(keys, func(a, b key) int { return cmp.Compare(b, a) })
		if want := keys[:min(7, n)]; !slices.Equal(best, want) {
			t.Fatalf("ranking %v, want %v", best, want)
		}
		for i, want := range keys {
			if got := h.pop(); got != want {
				t.Fatalf("key %d of the heap is %v, want %v", i, got, want)
			}
		}
	}
}
