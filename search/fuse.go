package search

import (
	"cmp"
	"slices"

	"clipsearch/index/store"
)

const (
	rankConstant = 60  // Cormack, Clarke, Büttcher: Reciprocal Rank Fusion, SIGIR 2009
	minDepth     = 100 // matches a leg gives at least: fewer starve the fusion (Elasticsearch, OpenSearch)
	widenings    = 4   // times the legs are asked for four times as many when too few of theirs may be shown
)

// candidate is a document that a leg found, on its way to becoming a hit.
type candidate struct {
	id     store.ID
	score  float64 // fused
	text   standing
	vector standing
	terms  []string     // words of the document that matched
	record store.Record // zero until loaded
	twins  int          // near-duplicates hidden behind it
}

// standing is a candidate's place in one leg.
type standing struct {
	rank  int     // from 1; 0: the leg did not find it
	raw   float64 // BM25 or similarity
	share float64 // of the fused score
}

// depthOf returns how many matches each leg is asked for: at least twice what is shown, so that a document far down in one
// leg can still be lifted by the other. It grows in steps of four: the pages of one search between two steps are cut out of
// the same ranking, so that none shows a picture twice or leaves one out.
func depthOf(q Query) int {
	depth := minDepth
	for depth < 2*(q.Offset+q.K) {
		depth *= 4
	}
	return depth
}

// fuse merges the legs' results into one ranking: by score, then best single rank, then ID.
func fuse(a answers, q Query) []candidate {
	at := map[store.ID]int{} // in found
	var found []candidate
	place := func(id store.ID) *candidate {
		i, ok := at[id]
		if !ok {
			i = len(found)
			at[id] = i
			found = append(found, candidate{id: id})
		}
		return &found[i]
	}
	for i, m := range a.matches {
		c := place(m.ID)
		c.text = standing{rank: i + 1, raw: m.Score}
	}
	for i, n := range a.neighbors {
		place(n.ID).vector = standing{rank: i + 1, raw: float64(n.Similarity)}
	}
	score(found, a, q)
	slices.SortFunc(found, func(x, y candidate) int {
		return cmp.Or(cmp.Compare(y.score, x.score), cmp.Compare(x.bestRank(), y.bestRank()), cmp.Compare(x.id, y.id))
	})
	return found
}

// score fills in each leg's share and their sum.
func score(found []candidate, a answers, q Query) {
	share := stretched
	if q.Fusion == FusionRRF {
		share = func(s standing, _, _ float64) float64 { return 1 / float64(rankConstant+s.rank) }
	}
	var textLow, textHigh, vectorLow, vectorHigh float64 // the legs come best first
	if n := len(a.matches); n > 0 {
		textHigh = a.matches[0].Score
		if a.fullText {
			textLow = a.matches[n-1].Score
		} // else all that match are here, and the lowest score is that of other documents: 0
	}
	if n := len(a.neighbors); n > 0 {
		vectorLow, vectorHigh = float64(a.neighbors[n-1].Similarity), float64(a.neighbors[0].Similarity)
	}
	for i := range found {
		c := &found[i]
		if c.text.rank > 0 {
			c.text.share = q.TextWeight * share(c.text, textLow, textHigh)
		}
		if c.vector.rank > 0 {
			c.vector.share = q.VectorWeight * share(c.vector, vectorLow, vectorHigh)
		}
		c.score = c.text.share + c.vector.share
	}
}

// stretched maps a raw score to [0, 1] by the lowest and highest of its leg; 1 if they are equal.
func stretched(s standing, low, high float64) float64 {
	if high <= low {
		return 1
	}
	return (s.raw - low) / (high - low)
}

// bestRank returns the better of the candidate's ranks.
func (c candidate) bestRank() int {
	if c.text.rank == 0 || c.vector.rank != 0 && c.vector.rank < c.text.rank {
		return c.vector.rank
	}
	return c.text.rank
}
