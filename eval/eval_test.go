package eval

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"clipsearch/encode/encodetest"
)

// near lets figures differ by rounding.
var near = cmpopts.EquateApprox(0, 1e-9)

// colourSet returns a picture of one colour for each "name: caption / caption: label" line.
func colourSet(t *testing.T, lines ...string) (Set, *encodetest.Encoder) {
	t.Helper()
	colours := map[string]color.RGBA{
		"red": {255, 0, 0, 255}, "green": {0, 255, 0, 255}, "blue": {0, 0, 255, 255}, "yellow": {255, 255, 0, 255},
	}
	e := new(encodetest.Encoder)
	var set Set
	for i, l := range lines {
		parts := strings.Split(l, ":")
		img := image.NewRGBA(image.Rect(0, 0, 8, 8))
		for p := range 64 {
			img.SetRGBA(p%8, p/8, colours[parts[0]])
		}
		vectors, err := e.EncodePixels(t.Context(), [][]uint8{e.Prepare(img)})
		if err != nil {
			t.Fatal(err)
		}
		picture := Picture{Name: fmt.Sprintf("%d-%s.png", i, parts[0]), Vector: vectors[0]}
		for _, caption := range strings.Split(parts[1], "/") {
			if caption != "" {
				picture.Captions = append(picture.Captions, caption)
			}
		}
		if parts[2] != "" {
			picture.Labels = strings.Split(parts[2], "/")
		}
		set.Pictures = append(set.Pictures, picture)
	}
	return set, e
}

// values returns the figures of a result without their intervals.
func values(r *Result) map[Metric]float64 {
	all := make(map[Metric]float64)
	for m, f := range r.Figures {
		all[m] = f.Value
	}
	return all
}

// TestRetrievalByHand has two red pictures, whose vectors are alike, so that every tie is there to be lost: each query that
// means one of them has the other before it, unless they carry the same caption.
func TestRetrievalByHand(t *testing.T) {
	set, e := colourSet(t,
		"red:red/something red:",
		"red:red:",
		"green:green:",
		"blue:yellow:", // wrong on purpose: yellow is further from blue than red and green are
		"yellow::",     // neither query nor candidate
	)
	r := &Report{Set: set, Seed: 1}
	if err := r.Retrieve(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	// "red" is carried by both red pictures: rank 1, twice. "something red" means picture 0 only, and picture 1 ties: rank 2.
	// "yellow" finds red, red and green before blue.
	if diff := cmp.Diff(Sample{[]int{0, 0, 1, 2, 3}, []int{1, 2, 1, 1, 4}}, r.Result(Retrieval, TextToImage).Sample); diff != "" {
		t.Errorf("text→image (-want +got):\n%s", diff)
	}
	// Picture 0 has both red texts: rank 1. Picture 1 has "red" (said twice, all right), and "something red", which is the same
	// to the model, is wrong: rank 2. Blue has all five captions but its own nearer: "red" counts twice.
	want := Sample{[]int{0, 1, 2, 3}, []int{1, 2, 1, 5}}
	if diff := cmp.Diff(want, r.Result(Retrieval, ImageToText).Sample); diff != "" {
		t.Errorf("image→text (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[Metric]float64{
		"recall@1": .6, "recall@5": 1, "recall@10": 1, "mrr@1": .6, "mrr@3": .7, "mrr@5": .75, "mrr@10": .75, "mrr@20": .75, MedianRank: 1,
	}, values(r.Result(Retrieval, TextToImage)), near); diff != "" {
		t.Errorf("text→image (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[Metric]float64{
		"recall@1": .5, "recall@5": 1, "recall@10": 1, "mrr@1": .5, "mrr@3": .625, "mrr@5": .675, "mrr@10": .675, "mrr@20": .675, MedianRank: 1.5,
	}, values(r.Result(Retrieval, ImageToText)), near); diff != "" {
		t.Errorf("image→text (-want +got):\n%s", diff)
	}
}

// TestBatches holds that ranks are counted within a batch, by first captions, and that the rest is left out.
func TestBatches(t *testing.T) {
	var lines []string
	for i := range BatchSize + 10 {
		colour := []string{"green", "blue"}[i%2]
		if i == 0 {
			colour = "red"
		}
		lines = append(lines, fmt.Sprintf("%s:%s %d/red:", colour, colour, i))
	}
	set, e := colourSet(t, lines...)
	r := &Report{Set: set, Seed: 1}
	if err := r.RetrieveInBatches(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	// The batch has one red, 31 green and 32 blue pictures with captions of their own: all that are alike tie.
	for _, way := range []string{TextToImage, ImageToText} {
		ranks := r.Result(InBatch, way).Sample.Rank
		if diff := cmp.Diff([]int{1, 32, 31}, ranks[:3]); diff != "" || len(ranks) != BatchSize {
			t.Errorf("%s: %d ranks (-want +got):\n%s", way, len(ranks), diff)
		}
		if got, want := values(r.Result(InBatch, way))["mrr@20"], 1.0/BatchSize; math.Abs(got-want) > 1e-9 {
			t.Errorf("%s: mrr@20 is %v, want %v", way, got, want)
		}
	}
}

func TestZeroShotByHand(t *testing.T) {
	set, e := colourSet(t,
		"red::red",
		"green::green",
		"blue::yellow",      // blue is nearest to it, then green and red, then yellow
		"blue::yellow/blue", // the second label is right
		"green::",           // no label: no query
	)
	r := &Report{Set: set, Seed: 1, Prompts: []string{"a photo of {}", "{} {}"}}
	if err := r.Classify(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Sample{[]int{0, 1, 2, 3}, []int{1, 1, 4, 1}}, r.Result(ZeroShot, "").Sample); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff(map[Metric]float64{"hits@1": .75, "hits@3": .75, "hits@5": 1, "hits@10": 1}, values(r.Result(ZeroShot, "")), near); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	want := &Confusion{
		Classes: []string{"blue", "green", "red", "yellow"},
		Counts:  [][]int{{0, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {2, 0, 0, 0}},
	}
	if diff := cmp.Diff(want, r.Confusion); diff != "" {
		t.Errorf("confusion (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Mistake{{"yellow", "blue", 2, 2}}, r.Confusion.Mistakes()); diff != "" {
		t.Errorf("mistakes (-want +got):\n%s", diff)
	}
}

// TestConstantModelIsLast holds that a model that tells nothing apart is not rewarded for ties.
func TestConstantModelIsLast(t *testing.T) {
	var set Set
	for i := range 7 {
		set.Pictures = append(set.Pictures, Picture{Name: fmt.Sprint(i), Captions: []string{fmt.Sprint(i)}, Labels: []string{fmt.Sprint(i)}, Vector: []float32{1}})
	}
	r := &Report{Set: set, Seed: 1, Prompts: []string{"{}"}}
	if err := errors.Join(r.Retrieve(t.Context(), constant{}), r.Classify(t.Context(), constant{})); err != nil {
		t.Fatal(err)
	}
	for _, result := range r.Results {
		for _, rank := range result.Sample.Rank {
			if rank != 7 {
				t.Errorf("%s %s: rank %d of 7", result.Task, result.Way, rank)
			}
		}
	}
}

// constant is an encoder to which all texts are the same.
type constant struct{}

func (constant) EncodeTexts(_ context.Context, texts []string) ([][]float32, error) {
	all := make([][]float32, len(texts))
	for i := range all {
		all[i] = []float32{1}
	}
	return all, nil
}

func TestWhatTheDataLack(t *testing.T) {
	none, e := colourSet(t, "red::")
	same, _ := colourSet(t, "red:a/a:x", "green:b:x")
	for name, test := range map[string]struct {
		set  Set
		run  func(*Report) error
		want error
	}{
		"captions":             {none, func(r *Report) error { return r.Retrieve(t.Context(), e) }, ErrNoCaptions},
		"captions for batches": {none, func(r *Report) error { return r.RetrieveInBatches(t.Context(), e) }, ErrNoCaptions},
		"captions for search":  {none, func(r *Report) error { return r.SearchThrough(t.Context(), e, nil) }, ErrNoCaptions},
		"second captions":      {same, func(r *Report) error { return r.SearchThrough(t.Context(), e, nil) }, ErrOneCaption},
		"labels":               {none, func(r *Report) error { return r.Classify(t.Context(), e) }, ErrNoLabels},
		"a second class":       {same, func(r *Report) error { return r.Classify(t.Context(), e) }, ErrOneClass},
	} {
		r := &Report{Set: test.set, Prompts: []string{"{}"}}
		if err := test.run(r); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
		if len(r.Results) > 0 {
			t.Errorf("%s: there are results", name)
		}
	}
	if err := (&Report{Set: same, Prompts: []string{"no place"}}).Classify(t.Context(), e); !errors.Is(err, ErrPrompt) {
		t.Errorf("prompt: %v", err)
	}
}
