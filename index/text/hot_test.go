package text

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"clipsearch/index/store"
)

// Terms that are asked for again and again are unpacked, answer as before, and are dropped when the index changes.
func TestHotTerms(t *testing.T) {
	const documents = 3000
	st, dir := newLibrary(t)
	z := newZipf(rand.New(rand.NewPCG(51, 52)), 500)
	fillZipf(t, st, z, documents)
	x := mustOpen(t, dir, st, Options{})
	queries := []Query{words(spell(0)), words(spell(0) + " " + spell(1)), words(spell(2) + " " + spell(40) + " " + spell(1))}
	for round := range 3 {
		var first [][]Match
		for _, q := range queries {
			first = append(first, find(t, x, q, 50, nil))
		}
		for again := range 3 {
			for i, q := range queries {
				diff(t, fmt.Sprint("round ", round, " again ", again, " ", q), first[i], find(t, x, q, 50, nil))
			}
		}
		h := &x.current().hot
		kept := 0
		for _, u := range h.terms {
			if u != nil {
				kept++
				diff(t, "places", documents/2 < len(u.at), true)
			}
		}
		if kept == 0 || h.bytes == 0 {
			t.Errorf("round %d: nothing is unpacked", round)
		}
		ok(t, st.Hide(ctx, store.ID(round+1)))
		ok(t, x.Sync(ctx))
		for _, m := range find(t, x, queries[0], documents, nil) {
			if m.ID == store.ID(round+1) {
				t.Errorf("round %d: a hidden document is found", round)
			}
		}
	}
}

// What is unpacked stays within its bounds.
func TestHotBytes(t *testing.T) {
	st, dir := newLibrary(t)
	var tags []string
	for i := range 200 {
		tags = append(tags, spell(i))
	}
	e := entry("/p/a.jpg")
	e.Document.Tags = tags
	put(t, st, e)
	x := mustOpen(t, dir, st, Options{})
	h := &x.current().hot
	for range 2 {
		for i := range 200 {
			diff(t, "found", 1, len(find(t, x, words(spell(i)), 1, nil)))
		}
	}
	if len(h.terms) > maxHotKeys || h.bytes > hotBytes || h.bytes == 0 {
		t.Errorf("%d terms, %d bytes", len(h.terms), h.bytes)
	}
	h.bytes = hotBytes
	before := keptTerms(h)
	for range 2 {
		find(t, x, words("p"), 1, nil)
	}
	diff(t, "kept", before, keptTerms(h))
}

func keptTerms(h *hot) []hotKey {
	var kept []hotKey
	for key, u := range h.terms {
		if u != nil {
			kept = append(kept, key)
		}
	}
	slices.SortFunc(kept, func(a, b hotKey) int { return slices.Compare([]string{a.field, a.term}, []string{b.field, b.term}) })
	return kept
}
