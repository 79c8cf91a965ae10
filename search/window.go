package search

import (
	"math"
	"slices"

	"clipsearch/index/store"
)

// The relevance window: what is shown unless Query.All is set. A picture is in it if its similarity lies at least
// vectorShare of the way from what the query has with just any picture of the library to what it has with the best ones,
// or if its words score at least textShare of what the best ones do. The ends of that way are the query's own, so that the
// window moves with scales that differ from query to query. Shares chosen on UC Merced's dev split: doc/search.md.
const (
	vectorShare = 0.64
	textShare   = 0.40
	bestOf      = 5 // the best ones, averaged: a single one may be an exception
)

// window holds the lowest raw scores that count as relevant.
type window struct{ similarity, words float64 }

// everything is the window that hides nothing.
var everything = window{math.Inf(-1), math.Inf(-1)}

// windowOf works out the window from what the legs found.
func (e *Engine) windowOf(q Query, a answers) (window, error) {
	w := everything
	if q.All {
		return w, nil
	}
	if len(a.neighbors) > 0 && len(a.vector) > 0 {
		background, ok, err := e.background.similarity(a.vector)
		if err != nil {
			return w, err
		}
		if best := bestSimilarity(q, a); ok && best > background { // a filter may leave nothing that stands out
			w.similarity = between(background, best, vectorShare)
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
	return c.vector.rank > 0 && c.vector.raw >= w.similarity || c.text.rank > 0 && c.text.raw >= w.words
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
	n, m := len(a.neighbors), len(a.matches)
	return a.fullVectors && float64(a.neighbors[n-1].Similarity) >= w.similarity ||
		a.fullText && a.matches[m-1].Score >= w.words
}
