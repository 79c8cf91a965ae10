package search

import (
	"fmt"
	"testing"

	"clipsearch/index/store"
	"clipsearch/index/vector"
	"clipsearch/internal/vec"
)

// family returns a library of 15 pictures of what a query means, one that resembles them but is less similar to the query, two
// that are similar to the query but unlike them, and 100 others; and its neighbors of the query.
func family(t *testing.T) (*library, []vector.Neighbor, []float32) {
	var entries []store.Entry
	add := func(v ...float32) {
		entries = append(entries, store.Entry{Vector: v, Document: store.Document{Path: fmt.Sprintf("/%d.jpg", len(entries)+1)}})
	}
	for i := range 15 {
		add(.5, .85, float32(i)/200)
	}
	add(.35, .93, 0) // 16: the relative
	add(.42, -.9, 0) // 17: a stranger
	add(.6, -.8, 0)  // 18: a stranger, but the most similar of all
	for i := range 100 {
		add(.05, float32(i%5)/50, 1)
	}
	l := newLibrary(t, entries...)
	query := []float32{1, 0, 0}
	neighbors, err := l.vectors.Search(t.Context(), query, 50, vector.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return l, neighbors, query
}

func TestKin(t *testing.T) {
	l, neighbors, query := family(t)
	center, err := l.engine.background.center()
	if err != nil {
		t.Fatal(err)
	}
	background, best := float64(vec.Dot(center, query)), bestSimilarity(Query{}, answers{neighbors: neighbors})
	relevant, err := l.engine.kinOf(neighbors, center, background, best)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		id   store.ID
		what string
		want bool
	}{
		{1, "one of the family", true}, {15, "one of the family", true}, {16, "a relative that is less similar", true},
		{17, "a stranger that is more similar", false}, {18, "the most similar of all, though a stranger", true}, {30, "any other", false},
	} {
		if relevant[test.id] != test.want {
			t.Errorf("%s (%d): relevant %v, want %v", test.what, test.id, relevant[test.id], test.want)
		}
	}
	if w := (window{similarity: between(background, best, vectorShare)}); w.near(16, .35) || !w.near(17, .42) {
		t.Error("by similarity alone it would be the same")
	}
}

func TestKinOfFew(t *testing.T) {
	l, neighbors, _ := family(t)
	center, err := l.engine.background.center()
	if err != nil {
		t.Fatal(err)
	}
	if relevant, err := l.engine.kinOf(neighbors[:kinFirst-1], center, 0, 1); relevant != nil || err != nil {
		t.Errorf("%d neighbors: %v, %v", kinFirst-1, relevant, err)
	}
	if err := l.store.Forget(t.Context(), 1, 2, 3); err != nil {
		t.Fatal(err)
	}
	relevant, err := l.engine.kinOf(neighbors, center, 0, 1)
	if _, judged := relevant[1]; judged || err != nil || len(relevant) != len(neighbors)-3 {
		t.Errorf("%d of %d are judged after three are forgotten: %v", len(relevant), len(neighbors), err)
	}
}
