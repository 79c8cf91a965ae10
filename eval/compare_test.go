package eval

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// reportOf returns a report on n pictures of one query each, with ranks by rank.
func reportOf(n int, rank func(picture int) int) *Report {
	r := &Report{Seed: 1}
	var s Sample
	for i := range n {
		r.Set.Pictures = append(r.Set.Pictures, Picture{Name: string(rune('a' + i%26))})
		s.add(i, rank(i))
	}
	r.add(Retrieval, TextToImage, s)
	return r
}

// baselineOf writes a report and reads it again.
func baselineOf(t *testing.T, r *Report) *Baseline {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	base, err := ReadBaseline(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return base
}

func TestCompareFindsWhatChanged(t *testing.T) {
	bad := func(i int) int { return 1 + i%20 }
	good := func(i int) int { return 1 + i%10 }
	base := baselineOf(t, reportOf(200, bad))
	better := reportOf(200, good)
	if err := better.Compare(base); err != nil {
		t.Fatal(err)
	}
	d := better.Changes[0].Metrics["recall@10"] // from half of the queries to all
	if math.Abs(d.Value-.5) > 1e-9 || d.Lo < .4 || d.Hi > .6 || d.P > .01 {
		t.Errorf("difference %+v", d)
	}
	if falls := better.Falls(0); len(falls) > 0 {
		t.Errorf("what rose fell: %+v", falls)
	}
	worse := reportOf(200, bad)
	if err := worse.Compare(baselineOf(t, better)); err != nil {
		t.Fatal(err)
	}
	if falls := worse.Falls(.4); len(falls) != 1 || falls[0].Metric != "recall@10" {
		t.Errorf("falls beyond .4: %+v", falls)
	}
	same := reportOf(200, bad)
	if err := same.Compare(base); err != nil {
		t.Fatal(err)
	}
	if d := same.Changes[0].Metrics["mrr@10"]; d != (Difference{P: 1}) || len(same.Falls(0)) > 0 {
		t.Errorf("the same differs: %+v", d)
	}
	if err := reportOf(199, bad).Compare(base); !errors.Is(err, ErrOtherSet) {
		t.Errorf("other pictures: %v", err)
	}
}

// TestIntervalsCover draws samples from known odds: nearly 95 % of the intervals must hold the odds.
func TestIntervalsCover(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	const trials, odds = 60, .3
	covered := 0
	for range trials {
		r := reportOf(150, func(int) int {
			if rng.Float64() < odds {
				return 1
			}
			return 100
		})
		if f := r.Results[0].Figures["recall@1"]; f.Lo <= odds && odds <= f.Hi {
			covered++
		}
	}
	if covered < 50 {
		t.Errorf("%d of %d intervals hold the truth", covered, trials)
	}
}

// TestCaptionsOfAPictureStandTogether holds that saying each query five times makes no interval narrower.
func TestCaptionsOfAPictureStandTogether(t *testing.T) {
	once := reportOf(100, func(i int) int { return 1 + i%2 })
	five := &Report{Seed: 1}
	var s Sample
	for i := range 500 {
		s.add(i/5, 1+i/5%2)
	}
	five.add(Retrieval, TextToImage, s)
	if diff := cmp.Diff(once.Results[0].Figures, five.Results[0].Figures, near); diff != "" {
		t.Errorf("-once +five times:\n%s", diff)
	}
}

// TestReportsAreByTheContract holds the form that scripts read.
func TestReportsAreByTheContract(t *testing.T) {
	r := reportOf(3, func(i int) int { return i + 1 })
	r.Results = append(r.Results, Result{Task: ZeroShot, Figures: Figures{"hits@1": {.5, .4, .6}}})
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Tasks struct {
			Retrieval struct {
				TextToImage map[string]Interval `json:"text_to_image"`
			}
			ZeroShot map[string]Interval
		}
		Queries int
	}
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if got.Queries != 3 || got.Tasks.Retrieval.TextToImage["median_rank"].Value != 2 || got.Tasks.ZeroShot["hits@1"] != (Interval{.5, .4, .6}) {
		t.Errorf("%s", data)
	}
}

// FuzzReadBaseline holds that what is taken can be compared with, and nothing else brings the program down.
func FuzzReadBaseline(f *testing.F) {
	data, err := json.Marshal(reportOf(3, func(i int) int { return i }))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"ranks":[{"task":"retrieval","picture":[9],"rank":[1]}],"set":{"pictures":["a"]}}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		base, err := ReadBaseline(bytes.NewReader(data))
		if err != nil {
			if !errors.Is(err, ErrReport) {
				t.Errorf("%v", err)
			}
			return
		}
		_ = reportOf(3, func(i int) int { return i }).Compare(base) // must not panic
	})
}

// TestIntervalByHand cuts off a fortieth on either side, 50 of 2,000 draws, and counts both tails.
func TestIntervalByHand(t *testing.T) {
	draws := make([]float64, resamples)
	for i := range draws {
		draws[len(draws)-1-i] = float64(i)
	}
	if diff := cmp.Diff(Interval{7, 50, 1949}, interval(7, draws)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for below, want := range map[int]float64{0: 1. / 2001, 9: 19. / 2001, 1000: 1, 1991: 19. / 2001} {
		for i := range draws {
			draws[i] = float64(i-below) + .5 // none is 0
		}
		if got := pValue(draws); got != want {
			t.Errorf("%d draws below 0: p is %v, want %v", below, got, want)
		}
	}
	clear(draws) // what never differs is no evidence
	if got := pValue(draws); got != 1 {
		t.Errorf("no difference: p is %v", got)
	}
}
