package eval

import (
	"cmp"
	"context"
	"slices"

	"clipsearch/internal/vec"
)

// Example is one query with what it should have found and what it found instead.
type Example struct {
	Picture int    // place in the set: what a caption is about, or the picture whose label is asked for
	Text    string // the caption; of ZeroShot the label
	Rank    int
	Other   int     // place in the set of the nearest picture that is wrong; -1: there is none, or it is ZeroShot's
	Wrong   string  // of ZeroShot: the nearest wrong label
	Margin  float64 // similarity with what is right less that with what is wrong; negative where that is nearer
}

// Examples returns the n queries of a task that do best and the n that do worst, one a picture at most: by the margin, and
// by the rank. Of Retrieval these are captions, of ZeroShot pictures; other tasks have none. The model and the set must be
// those that the report was made with.
func (r *Report) Examples(ctx context.Context, encoder Encoder, task Task, n int) (best, worst []Example, err error) {
	var all []Example
	switch task {
	case Retrieval:
		all, err = r.captionExamples(ctx, encoder)
	case ZeroShot:
		all, err = r.labelExamples(ctx, encoder)
	}
	if err != nil {
		return nil, nil, err
	}
	slices.SortStableFunc(all, func(a, b Example) int { return cmp.Compare(b.Margin, a.Margin) })
	best = onePerPicture(all, n, func(e Example) bool { return e.Margin > 0 })
	slices.SortStableFunc(all, func(a, b Example) int {
		return cmp.Or(cmp.Compare(b.Rank, a.Rank), cmp.Compare(a.Margin, b.Margin))
	})
	worst = onePerPicture(all, n, func(e Example) bool { return e.Rank > 1 })
	return best, worst, nil
}

// onePerPicture returns the first n examples that are wanted, of each picture the first.
func onePerPicture(all []Example, n int, wanted func(Example) bool) []Example {
	var some []Example
	seen := make(map[int]bool)
	for _, e := range all {
		if len(some) < n && wanted(e) && !seen[e.Picture] {
			seen[e.Picture] = true
			some = append(some, e)
		}
	}
	return some
}

// captionExamples returns all captions, each text once.
func (r *Report) captionExamples(ctx context.Context, encoder Encoder) ([]Example, error) {
	places := r.Set.captioned()
	c, pictures := r.Set.corpus(places)
	texts, err := encoder.EncodeTexts(ctx, c.texts)
	if err != nil {
		return nil, err
	}
	all, err := compare(ctx, texts, pictures, c.pictures)
	for i := range all {
		all[i].Picture, all[i].Text = places[all[i].Picture], c.texts[i]
		if all[i].Other >= 0 {
			all[i].Other = places[all[i].Other]
		}
	}
	return all, err
}

// labelExamples returns all labelled pictures.
func (r *Report) labelExamples(ctx context.Context, encoder Encoder) ([]Example, error) {
	names := r.Set.Classes()
	classes, err := classVectors(ctx, encoder, names, r.Prompts)
	if err != nil {
		return nil, err
	}
	places, pictures, labels := r.Set.labelled(names)
	all, err := compare(ctx, pictures, classes, labels)
	for i, e := range all {
		all[i] = Example{Picture: places[i], Text: names[e.Picture], Rank: e.Rank, Other: -1, Margin: e.Margin}
		if e.Other >= 0 {
			all[i].Wrong = names[e.Other]
		}
	}
	return all, err
}

// compare returns for each query the best candidate that is right, as Picture, and the best that is not, as Other.
func compare(ctx context.Context, queries, candidates [][]float32, relevant [][]int) ([]Example, error) {
	all := make([]Example, len(queries))
	err := spread(ctx, len(queries), func(first, end int) error {
		scores := make([]float32, len(candidates))
		for q := first; q < end; q++ {
			for i, candidate := range candidates {
				scores[i] = vec.Dot(queries[q], candidate)
			}
			right, wrong := relevant[q][0], -1
			for _, i := range relevant[q] {
				if scores[i] > scores[right] {
					right = i
				}
			}
			for i, score := range scores {
				if (wrong < 0 || score > scores[wrong]) && !slices.Contains(relevant[q], i) {
					wrong = i
				}
			}
			all[q] = Example{Picture: right, Other: wrong, Rank: rank(scores, relevant[q], nil), Margin: 2} // more than any similarity
			if wrong >= 0 {
				all[q].Margin = float64(scores[right] - scores[wrong])
			}
		}
		return nil
	})
	return all, err
}

// Within returns the share of queries with a rank of at most k.
func (s Sample) Within(k int) float64 {
	n := 0
	for _, r := range s.Rank {
		if r >= 1 && r <= k {
			n++
		}
	}
	return float64(n) / float64(max(1, len(s.Rank)))
}
