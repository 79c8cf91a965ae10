package search

import (
	"math"
	"slices"

	"clipsearch/index/store"
	"clipsearch/internal/vec"
)

// The relevance window: what is shown unless Query.All is set. A picture is in it if it lies at least vectorShare of the way
// from what the query has with just any picture of the library to what it has with the best ones, by similarity and by
// resemblance to these (see kin), or if its words score at least textShare of what the best ones do. The ends of that way are
// the query's own, so that the window moves with scales that differ from query to query. Shares chosen on UC Merced's dev split: doc/search.md.
const (
	vectorShare = 0.64
	textShare   = 0.40
	bestOf      = 5 // the best ones, averaged: a single one may be an exception
)

// window says what counts as relevant: the lowest raw scores and, of the neighbors that were judged by what they look like,
// which of them.
type window struct {
	similarity, words float64
	kin               kin // nil: none was
}

// everything returns the window that hides nothing.
func everything() window { return window{similarity: math.Inf(-1), words: math.Inf(-1)} }

// windowOf works out the window from what the legs found.
func (e *Engine) windowOf(q Query, a answers) (window, error) {
	w := everything()
	if q.All {
		return w, nil
	}
	if len(a.neighbors) > 0 && len(a.vector) > 0 {
		center, err := e.background.center()
		if err != nil {
			return w, err
		}
		if len(center) == len(a.vector) { // else the library has too few
			background := float64(vec.Dot(center, a.vector))
			if best := bestSimilarity(q, a); best > background { // a filter may leave nothing that stands out
				w.similarity = between(background, best, vectorShare)
				if w.kin, err = e.kinOf(a.neighbors, center, background, best); err != nil {
					return w, err
				}
			}
		}
	}
	if n := min(bestOf, len(a.matches)); n > 0 && len(a.matches) > DefaultK { // fewer fit on the page
		sum := 0.0
		for _, m := range a.matches[:n] {
			sum += m.Score
		}
		w.words = between(0, sum/float64(n), textShare) // other documents score 0
	}
	return w, nil
}

// between returns the point at a share of the way from low to high.
func between(low, high, share float64) float64 { return low + share*(high-low) }

// bestSimilarity returns the mean similarity of the nearest pictures, without those that the query was made of.
func bestSimilarity(q Query, a answers) float64 {
	sum, n := 0.0, 0
	for _, neighbor := range a.neighbors {
		if n == bestOf {
			break
		}
		if !q.likes(neighbor.ID) {
			sum, n = sum+float64(neighbor.Similarity), n+1
		}
	}
	if n == 0 {
		return math.Inf(-1)
	}
	return sum / float64(n)
}

// likes reports whether the query was made of a document.
func (q Query) likes(id store.ID) bool {
	return slices.ContainsFunc(q.Terms, func(t Term) bool { return t.Kind == TermLike && t.ID == id })
}

// holds reports whether a candidate is relevant.
func (w window) holds(c candidate) bool {
	return c.vector.rank > 0 && w.near(c.id, c.vector.raw) || c.text.rank > 0 && c.text.raw >= w.words
}

// near reports whether a neighbor is relevant by what it shows.
func (w window) near(id store.ID, similarity float64) bool {
	if relevant, judged := w.kin[id]; judged {
		return relevant
	}
	return similarity >= w.similarity
}

// cut returns the candidates that are relevant, in their order, and how many are not.
func (w window) cut(found []candidate) (relevant []candidate, weaker int) {
	for _, c := range found {
		if w.holds(c) {
			relevant = append(relevant, c)
		}
	}
	return relevant, len(found) - len(relevant)
}

// more reports whether a leg that gave as many as it was asked for may have further relevant ones.
func (w window) more(a answers) bool {
	if a.fullVectors {
		n := len(a.neighbors)
		for _, neighbor := range a.neighbors[n-max(1, n/lastPart):] {
			if w.near(neighbor.ID, float64(neighbor.Similarity)) {
				return true
			}
		}
	}
	return a.fullText && a.matches[len(a.matches)-1].Score >= w.words
}

// lastPart of the neighbors tells whether there are further relevant ones: those are not the first in the order of
// similarity, as far as they go by what they look like.
const lastPart = 20
