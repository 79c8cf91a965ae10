package search

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clipsearch/index/store"
	"clipsearch/index/text"
	"clipsearch/index/vector"
)

// order returns the IDs of candidates.
func order(found []candidate) []store.ID {
	var ids []store.ID
	for _, c := range found {
		ids = append(ids, c.id)
	}
	return ids
}

func TestFuseRRF(t *testing.T) {
	a := answers{
		matches:   []text.Match{{ID: 1, Score: 9}, {ID: 2, Score: 5}, {ID: 3, Score: 1}},
		neighbors: []vector.Neighbor{{ID: 2, Similarity: .5}, {ID: 4, Similarity: .25}, {ID: 1, Similarity: .1}},
	}
	found := fuse(a, Query{Fusion: FusionRRF, TextWeight: 1, VectorWeight: 1})
	// 1: 1/61 + 1/63, 2: 1/62 + 1/61, 4: 1/62, 3: 1/63
	if diff := cmp.Diff([]store.ID{2, 1, 4, 3}, order(found)); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	if want := 1.0/62 + 1.0/61; math.Abs(found[0].score-want) > 1e-12 {
		t.Errorf("score of 2 is %v, want %v", found[0].score, want)
	}
	if found[1].text.raw != 9 || found[1].vector.rank != 3 {
		t.Errorf("candidate 1 is %+v", found[1])
	}

	found = fuse(a, Query{Fusion: FusionRRF, TextWeight: 3, VectorWeight: 1})
	if diff := cmp.Diff([]store.ID{1, 2, 3, 4}, order(found)); diff != "" {
		t.Errorf("words weighted (-want +got):\n%s", diff)
	}
}

func TestFuseTies(t *testing.T) {
	a := answers{ // 7 and 5 have equal scores and best ranks; 9 and 8 lose by rank
		matches:   []text.Match{{ID: 7}, {ID: 9}},
		neighbors: []vector.Neighbor{{ID: 5}, {ID: 8}},
	}
	found := fuse(a, Query{Fusion: FusionRRF, TextWeight: 1, VectorWeight: 1})
	if diff := cmp.Diff([]store.ID{5, 7, 8, 9}, order(found)); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	a = answers{matches: []text.Match{{ID: 3}}, neighbors: []vector.Neighbor{{ID: 4}}} // a leg with one score
	found = fuse(a, Query{Fusion: FusionLinear, TextWeight: 1, VectorWeight: 1})
	if diff := cmp.Diff([]store.ID{3, 4}, order(found)); diff != "" {
		t.Errorf("linear order (-want +got):\n%s", diff)
	}
}

func TestFuseLinear(t *testing.T) {
	a := answers{
		matches:   []text.Match{{ID: 1, Score: 9}, {ID: 2, Score: 7}, {ID: 3, Score: 1}},
		neighbors: []vector.Neighbor{{ID: 2, Similarity: .5}, {ID: 3, Similarity: .4}, {ID: 1, Similarity: .1}},
		fullText:  true,
	}
	found := fuse(a, Query{Fusion: FusionLinear, TextWeight: 1, VectorWeight: 2})
	want := map[store.ID]float64{1: 1 + 0, 2: .75 + 2, 3: 0 + 2*.75}
	for _, c := range found {
		if math.Abs(c.score-want[c.id]) > 1e-6 {
			t.Errorf("score of %d is %v, want %v", c.id, c.score, want[c.id])
		}
	}
	if diff := cmp.Diff([]store.ID{2, 3, 1}, order(found)); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

func TestFuseLinearKnowsTheLowestScoreOfWords(t *testing.T) {
	a := answers{matches: []text.Match{{ID: 1, Score: 10}, {ID: 2, Score: 9}}} // no others match: they score 0
	found := fuse(a, Query{Fusion: FusionLinear, TextWeight: 1})
	if math.Abs(found[1].score-.9) > 1e-9 {
		t.Errorf("the second of two near-equal matches has %v, want 0.9", found[1].score)
	}
}

func TestDepth(t *testing.T) {
	for _, test := range []struct{ offset, k, want int }{{0, 20, 100}, {30, 20, 100}, {40, 20, 400}, {180, 20, 400}, {0, 10_000, 25_600}} {
		if got := depthOf(Query{Offset: test.offset, K: test.k}); got != test.want {
			t.Errorf("depth for %d hits from %d is %d, want %d", test.k, test.offset, got, test.want)
		}
	}
}
