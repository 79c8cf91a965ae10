package eval

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestCaptionExamples(t *testing.T) {
	set, e := colourSet(t, "red:red/something red:", "green:green:", "blue:yellow:", "yellow::")
	r := &Report{Set: set}
	best, worst, err := r.Examples(t.Context(), e, Retrieval, 1)
	if err != nil {
		t.Fatal(err)
	}
	ignore := cmpopts.IgnoreFields(Example{}, "Margin")
	if diff := cmp.Diff([]Example{{Picture: 1, Text: "green", Rank: 1, Other: 0}}, best, ignore); diff != "" || best[0].Margin <= 0 {
		t.Errorf("best, margin %v (-want +got):\n%s", best[0].Margin, diff)
	}
	// "yellow" is said of the blue picture, and red and green are nearer.
	if diff := cmp.Diff([]Example{{Picture: 2, Text: "yellow", Rank: 3, Other: worst[0].Other}}, worst, ignore); diff != "" || worst[0].Margin >= 0 || worst[0].Other > 1 {
		t.Errorf("worst, margin %v (-want +got):\n%s", worst[0].Margin, diff)
	}
	// "red" and "something red" are the same to the model: picture 0 is there once.
	if best, _, err = r.Examples(t.Context(), e, Retrieval, 10); err != nil || len(best) != 2 {
		t.Errorf("at most one a picture: %v, %v", best, err)
	}
	if best, worst, err = r.Examples(t.Context(), e, Search, 10); err != nil || best != nil || worst != nil {
		t.Errorf("search: %v, %v, %v", best, worst, err)
	}
}

func TestLabelExamples(t *testing.T) {
	set, e := colourSet(t, "red::red", "green::green", "blue::yellow", "yellow:no label:")
	r := &Report{Set: set, Prompts: []string{"{}"}}
	best, worst, err := r.Examples(t.Context(), e, ZeroShot, 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(best) != 2 || best[0].Rank != 1 || best[0].Other != -1 || best[0].Wrong == "" || best[0].Wrong == best[0].Text {
		t.Errorf("best %+v", best)
	}
	if len(worst) != 1 || worst[0].Picture != 2 || worst[0].Text != "yellow" || worst[0].Rank != 3 || worst[0].Margin >= 0 {
		t.Errorf("worst %+v", worst)
	}
}

func TestWithin(t *testing.T) {
	s := Sample{Picture: []int{0, 1, 2, 3}, Rank: []int{1, 3, 0, 20}}
	for k, want := range map[int]float64{1: .25, 2: .25, 3: .5, 20: .75, 1000: .75} {
		if got := s.Within(k); got != want {
			t.Errorf("within %d: %v, want %v", k, got, want)
		}
	}
	if got := (Sample{}).Within(1); got != 0 {
		t.Errorf("of nothing: %v", got)
	}
}
