package search

import (
	"cmp"
	"slices"

	"clipsearch/index/store"
	"clipsearch/index/vector"
	"clipsearch/internal/vec"
)

// What a query's best pictures have in common says more of what is meant than the query's own vector: pictures resemble
// pictures more than they do texts. So half of what brings a picture into the relevance window is how near it lies to the
// middle of the best ones (relevance feedback; Rocchio 1971), seen from the mean of the library. The best ones are first those
// most similar to the query, then those that this has called relevant. Numbers chosen on dev splits: doc/search.md.
const (
	kinShare  = 0.5
	kinFirst  = 12   // pictures of the first middle
	kinRounds = 2    // middles
	kinMost   = 100  // pictures of the second one, which more hardly move
	kinDepth  = 2000 // neighbors that are judged so; further ones are judged by their similarity alone

	// kinSure is from where on the way to the best a picture is relevant whatever it looks like: the only picture of what is
	// meant resembles no other.
	kinSure = 0.9
)

// kin says which of the first neighbors are relevant.
type kin map[store.ID]bool

// relative is a neighbor on its way into the window.
type relative struct {
	id        store.ID
	closeness float64   // to the query: 0 like any picture, 1 like the best ones
	vector    []float32 // less the library's mean
	score     float64   // closeness and resemblance, of which the best ones have 1
}

// kinOf judges the first neighbors; nil if there are too few for a middle. center is the library's mean, background and best
// the query's similarities with any picture and with the best ones.
func (e *Engine) kinOf(neighbors []vector.Neighbor, center []float32, background, best float64) (kin, error) {
	neighbors = neighbors[:min(len(neighbors), kinDepth)]
	all, err := e.relatives(neighbors, center)
	if err != nil || len(all) < kinFirst {
		return nil, err
	}
	for i := range all {
		all[i].closeness = (all[i].score - background) / (best - background)
	}
	members := slices.Clone(all[:kinFirst]) // they come by similarity
	for range kinRounds {
		resemble(all, members)
		members = slices.Clone(all)
		slices.SortStableFunc(members, func(a, b relative) int { return cmp.Compare(b.score, a.score) })
		n, _ := slices.BinarySearchFunc(members, vectorShare, func(r relative, share float64) int { return cmp.Compare(share, r.score) })
		members = members[:min(max(n, bestOf), kinMost, len(members))]
	}
	relevant := make(kin, len(all))
	for _, r := range all {
		relevant[r.id] = r.score >= vectorShare || r.closeness >= kinSure
	}
	return relevant, nil
}

// relatives reads the neighbors' vectors; those that have gone since are left out. Their score is their similarity.
func (e *Engine) relatives(neighbors []vector.Neighbor, center []float32) ([]relative, error) {
	ids := make([]store.ID, len(neighbors))
	for i, n := range neighbors {
		ids[i] = n.ID
	}
	all := make([]relative, 0, len(neighbors))
	err := e.store.VectorsOf(ids, func(i int, half []uint16) {
		v := make([]float32, len(half))
		vec.FromF16(v, half)
		for j, x := range center {
			v[j] -= x
		}
		all = append(all, relative{id: ids[i], vector: v, score: float64(neighbors[i].Similarity)})
	})
	return all, err
}

// resemble scores all by closeness and by their nearness to the middle of members.
func resemble(all, members []relative) {
	middle := make([]float32, len(members[0].vector))
	for _, m := range members {
		for i, x := range m.vector {
			middle[i] += x
		}
	}
	near := make([]float64, len(all))
	for i, r := range all {
		near[i] = float64(vec.Dot(r.vector, middle))
	}
	most := meanOfBest(near)
	scores := make([]float64, len(all))
	for i, r := range all {
		scores[i] = r.closeness
		if most > 0 { // else the members have nothing in common
			scores[i] = between(r.closeness, near[i]/most, kinShare)
		}
	}
	highest := meanOfBest(scores)
	for i := range all {
		all[i].score = scores[i] / highest
	}
}

// meanOfBest returns the mean of the highest values.
func meanOfBest(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	sorted = sorted[max(0, len(sorted)-bestOf):]
	sum := 0.0
	for _, x := range sorted {
		sum += x
	}
	return sum / float64(len(sorted))
}
