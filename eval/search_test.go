package eval

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clipsearch/internal/vec"
	"clipsearch/search"
)

// wordLibrary is a library that can be searched by head: by words it finds what shares most words with the query, of equals
// the higher ID first; by vector the most similar; by both everything in the order of IDs. Its vector index loses the best.
type wordLibrary struct {
	pictures []Picture
	texts    Encoder
}

func (l wordLibrary) Search(ctx context.Context, q search.Query) (*search.Result, error) {
	if !q.All || !q.Bare || q.K != 20 {
		return nil, fmt.Errorf("asked %+v: it should be for 20 hits without a cut", q)
	}
	text := q.Terms[0].Text
	switch q.Mode {
	case search.ModeText:
		return l.byScore(func(p Picture) float32 {
			return float32(sharedWords(text, p.Captions))
		}), nil
	case search.ModeVector:
		vectors, err := l.texts.EncodeTexts(ctx, []string{text})
		if err != nil {
			return nil, err
		}
		return l.byScore(func(p Picture) float32 { return 2 + vec.Dot(vectors[0], p.Vector) }), nil
	}
	return l.byScore(func(p Picture) float32 {
		return 1 / float32(1+slices.IndexFunc(l.pictures, func(o Picture) bool { return o.Name == p.Name }))
	}), nil
}

// byScore returns the pictures with a score above 0, the highest first.
func (l wordLibrary) byScore(score func(Picture) float32) *search.Result {
	result := new(search.Result)
	scores := make(map[search.ID]float32)
	for i := len(l.pictures) - 1; i >= 0; i-- {
		if s := score(l.pictures[i]); s > 0 {
			id := search.ID(i + 1)
			scores[id] = s
			result.Hits = append(result.Hits, search.Hit{ID: id})
		}
	}
	slices.SortStableFunc(result.Hits, func(a, b search.Hit) int {
		switch {
		case scores[a.ID] > scores[b.ID]:
			return -1
		case scores[a.ID] < scores[b.ID]:
			return 1
		}
		return 0
	})
	for i := range result.Hits {
		result.Hits[i].Rank = i + 1
	}
	return result
}

func sharedWords(text string, captions []string) int {
	n, said := 0, strings.Fields(strings.Join(captions, " "))
	for _, word := range strings.Fields(text) {
		if slices.Contains(said, word) {
			n++
		}
	}
	return n
}

func (l wordLibrary) Nearest(_ context.Context, query []float32, k int) ([]search.ID, error) {
	var ids []search.ID
	for _, hit := range l.byScore(func(p Picture) float32 { return 2 + vec.Dot(query, p.Vector) }).Hits {
		ids = append(ids, hit.ID)
	}
	return ids[1:min(k, len(ids))], nil
}

func (wordLibrary) Close() error { return nil }

// TestSearchByHand works the task out for four pictures: a caption that is asked for is in no picture's record.
func TestSearchByHand(t *testing.T) {
	set, e := colourSet(t,
		"red:red dog/old dog red/red dog:",
		"green:red dog/green tree:",
		"blue:green tree:", // one caption: no query of its own, but right for the other's
		"yellow:blue wolf/yellow sun:",
	)
	set.Pictures = slices.Insert(set.Pictures, 0, Picture{Name: "nothing said", Vector: set.Pictures[0].Vector})
	var libraries [][][]string
	open := func(_ context.Context, pictures []Picture, texts Encoder) (Library, error) {
		var captions [][]string
		for _, p := range pictures {
			captions = append(captions, p.Captions)
		}
		libraries = append(libraries, captions)
		return wordLibrary{pictures, texts}, nil
	}
	r := &Report{Set: set, Seed: 1}
	if err := r.SearchThrough(t.Context(), e, open); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][][]string{
		{{"old dog red"}, {"green tree"}, {"green tree"}, {"yellow sun"}},
		{{"red dog", "red dog"}, {"red dog"}, {"green tree"}, {"blue wolf"}},
	}, libraries); diff != "" {
		t.Errorf("what the libraries say (-want +got):\n%s", diff)
	}
	// First "red dog" (right: 1 and 2 of the five), twice, and "blue wolf"; then "old dog red", "green tree" (2 and 3) and
	// "yellow sun". By words 1 is found by "dog red", nothing by "wolf", 2 comes before 1 for "dog red", 3 is there for
	// "green tree", nothing for "sun". By vector yellow is the last for "blue". By both the order is that of the pictures.
	asked := []int{1, 2, 4, 1, 2, 4}
	for mode, want := range map[string][]int{
		"text":   {1, 1, 0, 2, 1, 0},
		"vector": {1, 1, 4, 1, 1, 1},
		"hybrid": {1, 1, 4, 1, 2, 4},
	} {
		if diff := cmp.Diff(Sample{asked, want}, r.Result(Search, mode).Sample); diff != "" {
			t.Errorf("%s (-want +got):\n%s", mode, diff)
		}
	}
	if diff := cmp.Diff(map[Metric]float64{
		"recall@1": 3. / 6, "recall@5": 4. / 6, "recall@10": 4. / 6,
		"mrr@1": 3. / 6, "mrr@3": 3.5 / 6, "mrr@5": 3.5 / 6, "mrr@10": 3.5 / 6, "mrr@20": 3.5 / 6,
	}, values(r.Result(Search, "text")), near); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	// Three of the four nearest of four.
	if diff := cmp.Diff(map[Metric]float64{"ann_recall@10": .75}, values(r.Result(Search, ANN)), near); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestSearchAsksForFiveCaptions(t *testing.T) {
	set, e := colourSet(t, "red:a/b/c/d/e/f/g:", "green:h/h:")
	r := &Report{Set: set, Seed: 1}
	err := r.SearchThrough(t.Context(), e, func(_ context.Context, pictures []Picture, texts Encoder) (Library, error) {
		return wordLibrary{pictures, texts}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{0, 0, 0, 0, 0}, r.Result(Search, "text").Sample.Picture); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestANNShare(t *testing.T) {
	var rows [][]float32
	for i := range 12 { // similarities 1, .9, … 0 and below; the tenth and eleventh are equal but for rounding
		rows = append(rows, []float32{1 - .1*float32(i)})
	}
	rows[10] = []float32{rows[9][0] - 5e-7}
	for name, test := range map[string]struct {
		found []search.ID
		want  float64
	}{
		"all":              {[]search.ID{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 1},
		"a tie":            {[]search.ID{1, 2, 3, 4, 5, 6, 7, 8, 9, 11}, 1},
		"one is wrong":     {[]search.ID{1, 2, 3, 4, 5, 6, 7, 8, 9, 12}, .9},
		"five are missing": {[]search.ID{1, 2, 3, 4, 5}, .5},
		"none":             {nil, 0},
	} {
		if got := annShare([]float32{1}, rows, test.found); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}
