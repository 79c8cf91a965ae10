package search

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMarks(t *testing.T) {
	captions := []string{"A dog, two DOGS.", "nothing", "Ein Hund läuft – dog"}
	got := marks(captions, []string{"dog", "dogs", "läuft"})
	var words []string
	for _, m := range got {
		words = append(words, captions[m.Caption][m.Start:m.End])
	}
	if diff := cmp.Diff([]string{"dog", "DOGS", "läuft", "dog"}, words); diff != "" {
		t.Errorf("marked (-want +got):\n%s", diff)
	}
	if got[3].Caption != 2 {
		t.Errorf("the last mark is %+v", got[3])
	}
}

func FuzzMarks(f *testing.F) {
	f.Add("a dog", "dog")
	f.Add("\xff\xfe dog\xff", "")
	f.Fuzz(func(t *testing.T, caption, term string) {
		end := 0
		for _, m := range marks([]string{caption}, []string{term}) {
			if m.Start < end || m.End <= m.Start || strings.ToLower(caption[m.Start:m.End]) != term {
				t.Errorf("mark %+v of %q in %q", m, term, caption)
			}
			end = m.End
		}
	})
}

func TestExplainTellsWhichWordsPull(t *testing.T) {
	l := beaches(t)
	l.encoder.calls.Store(0)
	result := l.search(Query{Text: "dog people", Explain: true})
	byID := map[ID]Hit{}
	for _, h := range result.Hits {
		byID[h.ID] = h
	}
	dog, people := byID[2].Pulls, byID[5].Pulls
	if len(dog) != 2 || dog[0].Word != "dog" || dog[0].Pull <= 0 || dog[1].Pull >= 0 {
		t.Errorf("to the dog pull %+v", dog)
	}
	if len(people) != 2 || people[0].Word != "people" {
		t.Errorf("to people pull %+v", people)
	}
	if calls := l.encoder.calls.Load(); calls != 2 { // the query's, and all that is left out of it at once
		t.Errorf("the tower ran %d times, want 2", calls)
	}
	if want := byID[2].Similarity; math.Abs(similarityOf(l, "dog people", 2)-*want) > 1e-9 {
		t.Errorf("similarity %v", *want)
	}
	if one := l.search(Query{Text: "dog", Explain: true}).Hits[0]; one.Pulls != nil {
		t.Errorf("of one word %+v pulls", one.Pulls)
	}
	if plain := l.search(Query{Text: "dog people"}).Hits[0]; plain.Pulls != nil || plain.Marks != nil || plain.Explain != nil {
		t.Errorf("unasked: %+v", plain)
	}
}

func similarityOf(l *library, text string, id ID) float64 {
	for _, h := range l.search(Query{Text: text, Mode: ModeVector}).Hits {
		if h.ID == id {
			return *h.Similarity
		}
	}
	return math.NaN()
}

func TestLabels(t *testing.T) {
	l := beaches(t)
	result := l.search(Query{Text: "beach", Mode: ModeText, Labels: []string{"people", "dog", "beach"}})
	for _, h := range result.Hits {
		if h.ID == 3 {
			if h.Labels != nil {
				t.Errorf("a picture without a vector has labels %+v", h.Labels)
			}
			continue
		}
		sum := 0.0
		for _, label := range h.Labels {
			sum += label.Probability
		}
		descends := slices.IsSortedFunc(h.Labels, func(a, b Label) int { return int(math.Copysign(1, b.Probability-a.Probability)) })
		if want := map[ID]string{1: "beach", 2: "dog"}[h.ID]; h.Labels[0].Label != want || math.Abs(sum-1) > 1e-9 || !descends {
			t.Errorf("picture %d: %+v, want %s first and 1 in all", h.ID, h.Labels, want)
		}
	}
	if plain := l.search(Query{Text: "beach"}).Hits[0]; plain.Labels != nil {
		t.Errorf("unasked: %+v", plain.Labels)
	}
	l.engine.encoder = nil
	if _, err := l.engine.Search(t.Context(), Query{Text: "beach", K: 5, Labels: []string{"cat"}}); !errors.Is(err, ErrNoEncoder) {
		t.Errorf("without an encoder: %v", err)
	}
}

// scaledEncoder is a model with a logit scale of its own.
type scaledEncoder struct{ *fakeEncoder }

func (scaledEncoder) LogitScale() float64 { return 2 }

func TestLabelsUseTheModelsScale(t *testing.T) {
	l := beaches(t)
	q := Query{Text: "dog", Mode: ModeText, Labels: []string{"dog", "people"}}
	sharp := l.search(q).Hits[0].Labels[0].Probability
	l.engine.encoder = scaledEncoder{l.encoder}
	soft := l.search(q).Hits[0].Labels
	if ratio := math.Log(soft[0].Probability / soft[1].Probability); sharp < .999 || ratio < .1 || ratio > 2 {
		t.Errorf("at scale 100 %v, at scale 2 log odds %v", sharp, ratio)
	}
}

func TestPrompts(t *testing.T) {
	l := beaches(t)
	l.search(Query{Text: "dog", Mode: ModeVector, Prompts: []string{"{q}"}})
	plain := l.search(Query{Text: "dog", Mode: ModeVector, Prompts: []string{"{q}"}}).Hits
	mixed := l.search(Query{Text: "dog", Mode: ModeVector, Prompts: []string{"{q}", "{q} people"}}).Hits
	if calls := l.encoder.calls.Load(); calls != 2 {
		t.Errorf("the tower ran %d times, want 2", calls)
	}
	if *plain[0].Similarity <= *mixed[0].Similarity || mixed[0].ID != 2 {
		t.Errorf("plain %v, with people %v", *plain[0].Similarity, *mixed[0].Similarity)
	}
	for _, bad := range [][]string{{"a photo"}, make([]string, 17)} {
		if _, err := l.engine.Search(t.Context(), Query{Text: "dog", K: 5, Prompts: bad}); !errors.Is(err, ErrBadQuery) {
			t.Errorf("prompts %q: %v", bad, err)
		}
	}
}

func TestBlended(t *testing.T) {
	const known = "clip-77af1ffdf8fbc10696a9032f3a4823ea4d8695a367b88e5787e47bbb7df49150"
	for _, test := range []struct {
		model        string
		query        Query
		fusion       Fusion
		text, vector float64
	}{
		{"", Query{}, FusionLinear, 1, .5},
		{"", Query{Fusion: FusionRRF}, FusionRRF, 1, .2},
		{known, Query{}, FusionLinear, 1, .2},
		{known, Query{Fusion: FusionRRF}, FusionRRF, 1, .02},
		{known, Query{TextWeight: 1, VectorWeight: 3}, FusionLinear, 1, 3},
		{known, Query{VectorWeight: 3}, FusionLinear, 0, 3},
		{known, Query{Mode: ModeText, VectorWeight: 3}, FusionLinear, 1, 1},
	} {
		got := test.query.blended(test.model)
		if got.Fusion != test.fusion || got.TextWeight != test.text || got.VectorWeight != test.vector {
			t.Errorf("%+v with model %q: %s %v:%v, want %s %v:%v", test.query, test.model,
				got.Fusion, got.TextWeight, got.VectorWeight, test.fusion, test.text, test.vector)
		}
	}
}
