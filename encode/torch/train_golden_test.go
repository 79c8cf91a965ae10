//go:build native

package torch

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"clipsearch/encode/checkpoint"
)

// trainGolden is testdata/adamw.json: what bench/training/golden.py, a CLIP of PyTorch's own modules and optimiser, found in f64.
type trainGolden struct {
	Eps                               float64
	Mean, Std                         [3]float32
	Side, Patch, Dims, Vocab, Context int
	Vision, Text                      struct{ Width, Layers, Heads, MLP int }
	Texts                             [][]int32
	Pictures, Captions                []int64
	Cases                             []goldenCase
}

// goldenCase is a run of a few steps, all on the same batch.
type goldenCase struct {
	Name, Activation string
	Clip, Decay      float64
	MaxScale         float64 `json:"max_scale"`
	Pixels           []int   // [N, 3, S, S]
	Weights          map[string][]float32
	Gradient         map[string][]float32 // of the first step
	AfterOne         map[string][]float32 `json:"after_one"` // weights
	AfterAll         map[string][]float32 `json:"after_all"`
	Steps            []struct{ Rate, Loss, Norm, Scale float64 }
}

// How far f32 may be from f64. AdamW divides each gradient by its own size, so that the rounding of a small one is a large share of
// a step: of 0.02 here.
const (
	lossError     = 5e-5 // of the loss, the norm and the scale, as a share; 1.4e-5 was met
	gradientError = 2e-5 // as a share of the largest number of the tensor, or of 1; 1.5e-6 was met
	weightError   = 2e-4 // the same of weights; 9e-5 was met, after all steps
)

// TestAdamWAgreesWithPyTorch holds loss, gradient, clipping, AdamW and the scale's bound to PyTorch's, with both optimisers: with
// steps that are cut and some that are not, matrices that decay and vectors that do not, several samples that belong together.
func TestAdamWAgreesWithPyTorch(t *testing.T) {
	data, err := os.ReadFile("testdata/adamw.json")
	if err != nil {
		t.Fatal(err)
	}
	var g trainGolden
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	for _, c := range g.Cases {
		for _, there := range []bool{false, true} {
			name := c.Name + " in this process"
			if there {
				name = c.Name + " as on a device"
			}
			t.Run(name, func(t *testing.T) { g.check(t, c, there) })
		}
	}
}

// config returns the architecture of a case.
func (g trainGolden) config(activation string) checkpoint.Config {
	tower := func(width, layers, heads, mlp int) checkpoint.TowerConfig {
		return checkpoint.TowerConfig{Width: width, Layers: layers, Heads: heads, MLP: mlp, Activation: activation, Eps: g.Eps}
	}
	return checkpoint.Config{
		Vision: checkpoint.VisionConfig{TowerConfig: tower(g.Vision.Width, g.Vision.Layers, g.Vision.Heads, g.Vision.MLP), ImageSize: g.Side, Patch: g.Patch},
		Text:   checkpoint.TextConfig{TowerConfig: tower(g.Text.Width, g.Text.Layers, g.Text.Heads, g.Text.MLP), Vocab: g.Vocab, Context: g.Context},
		Dims:   g.Dims,
	}
}

// check does a case's steps with the optimiser for this process's memory, or with that for a device's.
func (g trainGolden) check(t *testing.T, c goldenCase, there bool) {
	weights := tensorMap{}
	for name, values := range c.Weights {
		weights[name] = checkpoint.NewTensor(name, []int{len(values)}, values)
	}
	trainer, err := OpenTrainer(g.config(c.Activation), weights, TrainOptions{
		Device: "cpu", Precision: "f32", AdamW: AdamW{0.9, 0.98, 1e-6, c.Decay}, Clip: c.Clip, MaxScale: c.MaxScale, Mean: g.Mean, Std: g.Std,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer trainer.Close()
	if len(trainer.layout.places()) != len(c.Weights) {
		t.Fatalf("%d weights, PyTorch's model has %d", len(trainer.layout.places()), len(c.Weights))
	}
	if there {
		if err := trainer.run(t.Context(), func() { noGrad(func() { trainer.loadMasks(&trainer.owned) }) }); err != nil {
			t.Fatal(err)
		}
	}
	b := &Batch{Texts: g.Texts, Pictures: g.Pictures, Captions: g.Captions}
	for _, v := range c.Pixels {
		b.Pixels = append(b.Pixels, byte(v))
	}
	_, gradient := lossOf(t, trainer, b, 0, true)
	for _, p := range trainer.layout.places() {
		near(t, "gradient of "+p.name, gradient[p.at:][:p.size], c.Gradient[p.name], gradientError)
	}
	for i, want := range c.Steps {
		takeStep(t, trainer, b, want.Rate, there)
		found, err := trainer.Learned(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got := []float32{float32(found[0].Loss / want.Loss), float32(found[0].Norm / want.Norm), float32(found[0].Scale / want.Scale)}
		near(t, fmt.Sprintf("step %d: loss, norm and scale over PyTorch's", i+1), got, []float32{1, 1, 1}, lossError)
		if i == 0 {
			g.checkWeights(t, trainer, "after one step: ", c.AfterOne)
		}
	}
	g.checkWeights(t, trainer, "after all steps: ", c.AfterAll)
}

// takeStep does a step as a CPU does it or, with there, as a CUDA device does.
func takeStep(t *testing.T, trainer *Trainer, b *Batch, rate float64, there bool) {
	t.Helper()
	if !there {
		if err := trainer.Step(t.Context(), b, rate, 0); err != nil {
			t.Fatal(err)
		}
		return
	}
	var s scope
	err := trainer.run(t.Context(), func() {
		defer s.close()
		leaf := s.leaf(s.detach(trainer.vector))
		loss := trainer.direct(&s, leaf, b)
		noGrad(func() { trainer.updateThere(&s, loss, s.gradient(leaf), rate) })
	})
	if err != nil || s.err != nil {
		t.Fatal(err, s.err)
	}
}

// checkWeights compares a trainer's weights with others.
func (g trainGolden) checkWeights(t *testing.T, trainer *Trainer, when string, want map[string][]float32) {
	t.Helper()
	all, err := trainer.Weights(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range all {
		if strings.HasSuffix(w.Name, "k_proj.bias") { // it shifts all scores of a query alike: its gradient is rounding alone
			continue
		}
		near(t, when+w.Name, w.Float32s(), want[w.Name], weightError)
	}
}

// near reports numbers that differ by more than a share of the largest one, or of 1 where all are smaller.
func near(t *testing.T, what string, got, want []float32, share float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d numbers, not %d", what, len(got), len(want))
		return
	}
	size, worst := 1.0, 0.0
	for i := range want {
		size = max(size, math.Abs(float64(want[i])))
		worst = max(worst, math.Abs(float64(got[i]-want[i])))
		if got[i] != got[i] {
			worst = math.Inf(1)
		}
	}
	if worst > share*size {
		t.Errorf("%s: off by %.2g of %.3g", what, worst, size)
	}
}
