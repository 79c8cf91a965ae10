package search

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"clipsearch/index/store"
	"clipsearch/index/text"
	"clipsearch/index/vector"
	"clipsearch/internal/vec"
)

// crowd returns a library of 300 pictures, of which the first 8 show a dog, the next 2 nearly, and the rest the sea.
// Captions say "dog" of the first 40.
func crowd(t *testing.T) *library {
	var entries []store.Entry
	for i := range 300 {
		v := []float32{1, .1 + float32(i%10)/1000, 0}
		switch {
		case i < 8:
			v = []float32{.1, 1, float32(i) / 100}
		case i < 10:
			v = []float32{.3, 1, 0}
		}
		e := store.Entry{Vector: v, Document: store.Document{Path: fmt.Sprintf("/%03d.jpg", i), ModTime: time.Unix(int64(i), 0)}}
		if i < 40 {
			e.Captions = []store.Caption{{Text: "dog"}}
		}
		entries = append(entries, e)
	}
	return newLibrary(t, entries...)
}

func TestWindowHidesWhatLiesNearTheBackground(t *testing.T) {
	l := crowd(t)
	result := l.search(Query{Text: "dog", Mode: ModeVector, K: 50})
	if len(result.Hits) != 10 || result.Total != 10 || result.More {
		t.Errorf("%d hits of %d (more: %v), want the 10 dogs and no more", len(result.Hits), result.Total, result.More)
	}
	if result.Weaker != 90 || !result.WeakerMore { // the leg gave 100
		t.Errorf("%d weaker (more: %v), want 90 and more", result.Weaker, result.WeakerMore)
	}
	all := l.search(Query{Text: "dog", Mode: ModeVector, K: 50, All: true})
	if len(all.Hits) != 50 || all.Weaker != 0 || !all.More {
		t.Errorf("with All: %d hits, %d weaker, more %v", len(all.Hits), all.Weaker, all.More)
	}
	for i, h := range result.Hits {
		if all.Hits[i].ID != h.ID {
			t.Errorf("hit %d is %d, with All %d: the window changes the order", i, h.ID, all.Hits[i].ID)
		}
	}
	whole := l.search(Query{Text: "dog", Mode: ModeVector, K: 300})
	if whole.Weaker != 290 || whole.WeakerMore {
		t.Errorf("%d weaker (more: %v), want all other 290", whole.Weaker, whole.WeakerMore)
	}
}

func TestWindowKeepsWhatEitherLegCallsRelevant(t *testing.T) {
	l := crowd(t)
	result := l.search(Query{Text: "dog", K: 100})
	if len(result.Hits) != 40 {
		t.Errorf("%d hits, want the 40 whose captions say dog", len(result.Hits))
	}
}

func TestSortsAllThatIsRelevant(t *testing.T) {
	l := crowd(t)
	result := l.search(Query{Text: "dog", Mode: ModeVector, Sort: SortDate, K: 3})
	if got := names(result); got != "009 008 007" || result.Total != 10 {
		t.Errorf("the newest of %d are %s, want 009 008 007 of 10", result.Total, got)
	}
	next := l.search(Query{Text: "dog", Mode: ModeVector, Sort: SortDate, K: 3, Offset: 3})
	if got := names(next); got != "006 005 004" {
		t.Errorf("the next newest are %s", got)
	}
	sea := l.search(Query{Text: "sea", Mode: ModeVector, Sort: SortName, K: 2}) // more than a leg gives at first
	if got := names(sea); got != "010 011" || sea.Total != 290 {
		t.Errorf("by name %s of %d, want 010 011 of 290", got, sea.Total)
	}
}

func TestWindowOfWords(t *testing.T) {
	a := answers{}
	for i := range 30 {
		a.matches = append(a.matches, text.Match{ID: store.ID(i + 1), Score: 30 - float64(i)})
	}
	e := &Engine{}
	w, err := e.windowOf(Query{}, a)
	if err != nil || math.Abs(w.words-textShare*28) > 1e-9 || !math.IsInf(w.similarity, -1) {
		t.Errorf("window %+v, %v; want words %v of the mean of 30 to 26", w, err, textShare)
	}
	a.matches = a.matches[:DefaultK]
	if w, _ = e.windowOf(Query{}, a); !math.IsInf(w.words, -1) {
		t.Errorf("a page of matches is cut at %+v", w)
	}
}

func TestWindowLeavesOutWhatIsAskedBy(t *testing.T) {
	var neighbors []vector.Neighbor
	for i, s := range []float32{1, .5, .5, .5, .5, .5, .1} {
		neighbors = append(neighbors, vector.Neighbor{ID: store.ID(i + 1), Similarity: s})
	}
	a := answers{neighbors: neighbors}
	if got := bestSimilarity(Query{Terms: []Term{{Kind: TermLike, ID: 1}}}, a); got != .5 {
		t.Errorf("like 1: the best are %v, want 0.5", got)
	}
	if got := bestSimilarity(Query{}, a); math.Abs(got-.6) > 1e-6 {
		t.Errorf("the best are %v, want 0.6", got)
	}
}

func TestSmallLibrariesHaveNoWindow(t *testing.T) {
	result := beaches(t)
	if got := result.search(Query{Text: "beach", Mode: ModeVector}); len(got.Hits) != 4 || got.Weaker != 0 {
		t.Errorf("%d hits, %d weaker; want all 4", len(got.Hits), got.Weaker)
	}
}

func TestBackgroundFollowsTheLibrary(t *testing.T) {
	l := crowd(t)
	mean := func() float64 {
		center, err := l.engine.background.center()
		if err != nil || center == nil {
			t.Fatal(center, err)
		}
		return float64(center[2])
	}
	before := mean()
	var entries []store.Entry
	for i := range 300 {
		entries = append(entries, store.Entry{Document: store.Document{Path: fmt.Sprintf("/new%d.jpg", i)}, Vector: []float32{0, 0, 1}})
	}
	if _, err := l.store.Put(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
	if after := mean(); math.Abs(before) > .05 || math.Abs(after-.5) > .05 {
		t.Errorf("the mean was %.3f and is %.3f, want 0 and 0.5", before, after)
	}
}

// TestSampleIsCloseToTheMean: the background is that of all vectors, whichever IDs are left.
func TestSampleIsCloseToTheMean(t *testing.T) {
	l := many(t, 5000)
	var gone []store.ID
	for id := store.ID(1); id <= 5000; id++ {
		if id%20 != 0 {
			gone = append(gone, id)
		}
	}
	for part := range slices.Chunk(gone, 1000) {
		if err := l.store.Forget(t.Context(), part...); err != nil {
			t.Fatal(err)
		}
	}
	q := []float32{0, 1, 0}
	center, err := l.engine.background.center()
	if err != nil || center == nil {
		t.Fatal(center, err)
	}
	got := float64(vec.Dot(center, q))
	all, _ := l.vectors.Search(t.Context(), q, 5000, vector.Options{})
	want := 0.0
	for _, n := range all {
		want += float64(n.Similarity) / float64(len(all))
	}
	if math.Abs(got-want) > .02 {
		t.Errorf("mean %.4f, of all %.4f", got, want)
	}
}
