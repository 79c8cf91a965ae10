package tune

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// TestRateAgreesWithPyTorch holds the learning rates of whole runs to those of PyTorch's schedulers, which
// bench/training/golden.py wrote down.
func TestRateAgreesWithPyTorch(t *testing.T) {
	data, err := os.ReadFile("testdata/schedule.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Plans []struct {
			Plan
			Rates []float64
		}
	}
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	if len(golden.Plans) < 5 {
		t.Fatalf("only %d plans", len(golden.Plans))
	}
	for _, p := range golden.Plans {
		if len(p.Rates) != p.Steps {
			t.Errorf("%s: %d rates for %d steps", p.Schedule, len(p.Rates), p.Steps)
		}
		for step, want := range p.Rates {
			if got := p.rate(step, float64(step)/float64(p.Steps)); math.Abs(got-want) > 1e-9*p.Rate {
				t.Errorf("%s, floor %v: step %d has rate %g, want %g", p.Schedule, p.Floor, step, got, want)
			}
		}
	}
}

// TestRateByTheClock holds that a run that is short of time goes through the whole schedule.
func TestRateByTheClock(t *testing.T) {
	p := Plan{Steps: 100, Warmup: 10, Rate: 1, Schedule: Linear}
	for _, test := range []struct{ step, want, done float64 }{{10, 1, 0.1}, {20, 0.5, 0.55}, {30, 0, 1}, {30, 0, 1.2}} {
		if got := p.rate(int(test.step), test.done); math.Abs(got-test.want) > 1e-9 {
			t.Errorf("step %v when %v is done: rate %g, want %g", test.step, test.done, got, test.want)
		}
	}
}
