package search

// blend is how the two rankings become one where the query leaves it open: what the model's vectors are worth beside
// words. The weight of words is 1.
type blend struct {
	linear float64 // the vector leg's weight in FusionLinear
	rrf    float64 // in FusionRRF
}

// blends are the models whose weights were fixed, on Flickr8k's dev split, by the sum of recall@10 and MRR@10: see
// doc/search.md.
var blends = map[string]blend{
	"clip-77af1ffdf8fbc10696a9032f3a4823ea4d8695a367b88e5787e47bbb7df49150": {linear: 0.2, rrf: 0.02}, // clip-dev-small
}

// unknownBlend is that of all other models. A linear weight of 0.5 takes nothing from the words that can be measured with the
// weakest leg tried, and comes within a hundredth of the best recall@10 with the strongest one; for ranks there is no such
// weight, and 0.2 is the least harm.
var unknownBlend = blend{linear: 0.5, rrf: 0.2}

// blendOf returns a model's blend.
func blendOf(modelID string) blend {
	if b, ok := blends[modelID]; ok {
		return b
	}
	return unknownBlend
}

// VectorShare returns the share, from 0 to 1, that the vector leg has in the score of a query that leaves the weights to the
// model.
func VectorShare(modelID string) float64 {
	linear := blendOf(modelID).linear
	return linear / (1 + linear)
}

// blended returns q with the fusion and the weights of the library's model where it leaves them open. A weight given alone
// stands against 1.
func (q Query) blended(modelID string) Query {
	if q.Fusion == "" {
		q.Fusion = FusionLinear
	}
	if q.Mode == ModeText && q.TextWeight == 0 || q.Mode == ModeVector && q.VectorWeight == 0 {
		q.TextWeight, q.VectorWeight = 1, 1 // the mode has chosen
	}
	if q.TextWeight == 0 && q.VectorWeight == 0 {
		q.TextWeight, q.VectorWeight = 1, blendOf(modelID).linear
		if q.Fusion == FusionRRF {
			q.VectorWeight = blendOf(modelID).rrf
		}
	}
	return q
}
