//go:build native

package torch

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"clipsearch/encode/checkpoint"
)

// tinyTrainer returns a trainer of the architecture tiny on the CPU, and its configuration and weights.
func tinyTrainer(t *testing.T, options TrainOptions) (*Trainer, *checkpoint.Checkpoint) {
	t.Helper()
	dir := t.TempDir() + "/tiny"
	a, err := checkpoint.ArchitectureNamed("tiny")
	if err != nil {
		t.Fatal(err)
	}
	if err := checkpoint.Create(t.Context(), dir, a.Config, 1, checkpoint.F32); err != nil {
		t.Fatal(err)
	}
	c, err := checkpoint.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	options.Device, options.Mean, options.Std = "cpu", c.Pixels.Mean, c.Pixels.Std
	if options.Precision == "" {
		options.Precision = "f32"
	}
	if options.MaxScale == 0 {
		options.MaxScale = math.Log(100)
	}
	trainer, err := OpenTrainer(c.Config, c, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { trainer.Close() })
	return trainer, c
}

// randomBatch returns n samples of noise for an architecture; every third sample repeats the picture before it.
func randomBatch(c checkpoint.Config, n int, seed uint64) *Batch {
	rng := rand.New(rand.NewPCG(seed, 0))
	b := &Batch{Seed: seed}
	for i := range n {
		size := 3 * c.Vision.ImageSize * c.Vision.ImageSize
		for range size {
			b.Pixels = append(b.Pixels, byte(rng.IntN(256)))
		}
		ids := []int32{int32(c.Text.Vocab - 2)}
		for range 1 + rng.IntN(6) {
			ids = append(ids, int32(rng.IntN(c.Text.Vocab-2)))
		}
		b.Texts = append(b.Texts, append(ids, int32(c.Text.Vocab-1)))
		b.Pictures, b.Captions = append(b.Pictures, int64(i)), append(b.Captions, int64(i))
		if i%3 == 2 {
			b.Pictures[i] = int64(i - 1)
		}
	}
	return b
}

// lossOf returns the loss of a batch at the trainer's weights, and its gradient if asked for.
func lossOf(t *testing.T, trainer *Trainer, b *Batch, micro int, slope bool) (float64, []float32) {
	t.Helper()
	var s scope
	var loss float64
	var gradient []float32
	err := trainer.run(t.Context(), func() {
		defer s.close()
		leaf := s.leaf(s.detach(trainer.vector))
		var l tensor
		if micro > 0 {
			l = trainer.cached(&s, leaf, b, micro)
		} else {
			l = trainer.direct(&s, leaf, b)
		}
		if v := s.floats(l, 1); v != nil {
			loss = float64(v[0])
		}
		if slope {
			gradient = s.floats(s.gradient(leaf), int(trainer.layout.size))
		}
	})
	if err != nil || s.err != nil {
		t.Fatal(err, s.err)
	}
	return loss, gradient
}

// TestGradient holds the gradient against central differences of the loss, along random directions within each weight.
func TestGradient(t *testing.T) {
	for _, test := range []struct {
		name    string
		options TrainOptions
	}{
		{"plain", TrainOptions{}},
		{"everything", TrainOptions{Smoothing: 0.1, PictureLoss: 0.5, PatchDrop: 0.25, DropPath: 0.3}},
		{"low rank", TrainOptions{LowRank: 2, LowRankScale: 2}},
		{"low rank of one tower", TrainOptions{LowRank: 2, LowRankScale: 2, Frozen: func(name string) bool { return strings.HasPrefix(name, "text_") }}},
	} {
		t.Run(test.name, func(t *testing.T) {
			trainer, c := tinyTrainer(t, test.options)
			b := randomBatch(c.Config, 6, 7)
			if test.options.LowRank > 0 { // the second factors are 0, which hides the first ones'
				shake(t, trainer, 1, func(p place) float64 { return 0.1 })
			}
			_, gradient := lossOf(t, trainer, b, 0, true)
			rng := rand.New(rand.NewPCG(3, 3))
			for i, p := range trainer.layout.pieces {
				if trainer.still[i] {
					for _, g := range gradient[p.at:][:p.len()] {
						if g != 0 {
							t.Fatalf("%v: a gradient of %g though it is not trained", p.names, g)
						}
					}
					continue
				}
				direction := make([]float32, trainer.layout.size)
				var along, length float64
				for k := p.at; k < p.at+p.len(); k++ {
					direction[k] = float32(rng.NormFloat64())
					length += float64(direction[k]) * float64(direction[k])
				}
				for k := range direction {
					direction[k] /= float32(math.Sqrt(length))
					along += float64(direction[k]) * float64(gradient[k])
				}
				const h = 5e-3
				ahead := shifted(t, trainer, direction, h, func() float64 { l, _ := lossOf(t, trainer, b, 0, false); return l })
				behind := shifted(t, trainer, direction, -h, func() float64 { l, _ := lossOf(t, trainer, b, 0, false); return l })
				if got := (ahead - behind) / (2 * h); math.Abs(got-along) > 2e-3+0.03*math.Abs(along) {
					t.Errorf("%v: slope %g by differences, %g by the gradient", p.names, got, along)
				}
			}
		})
	}
}

// shifted returns what f gives at weights moved along a direction.
func shifted(t *testing.T, trainer *Trainer, direction []float32, by float64, f func() float64) float64 {
	t.Helper()
	move := func(by float64) {
		var s scope
		err := trainer.run(t.Context(), func() {
			defer s.close()
			noGrad(func() {
				x := s.ofFloats(direction, int64(len(direction)))
				s.set(trainer.vector, s.add(trainer.vector, s.scale(x, by)))
			})
		})
		if err != nil || s.err != nil {
			t.Fatal(err, s.err)
		}
	}
	move(by)
	defer move(-by)
	return f()
}

// shake adds noise to all weights.
func shake(t *testing.T, trainer *Trainer, seed uint64, size func(place) float64) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 0))
	direction := make([]float32, trainer.layout.size)
	for _, p := range trainer.layout.places() {
		for k := p.at; k < p.at+p.size; k++ {
			direction[k] = float32(rng.NormFloat64() * size(p))
		}
	}
	var s scope
	err := trainer.run(t.Context(), func() {
		defer s.close()
		noGrad(func() { s.set(trainer.vector, s.add(trainer.vector, s.ofFloats(direction, int64(len(direction))))) })
	})
	if err != nil || s.err != nil {
		t.Fatal(err, s.err)
	}
}

// TestCachedGradient holds that a batch in parts has the loss and the gradient of the batch at once.
func TestCachedGradient(t *testing.T) {
	trainer, c := tinyTrainer(t, TrainOptions{Smoothing: 0.1, PictureLoss: 0.5})
	b := randomBatch(c.Config, 7, 5)
	loss, gradient := lossOf(t, trainer, b, 0, true)
	for _, micro := range []int{1, 3, 6} {
		gotLoss, got := lossOf(t, trainer, b, micro, true)
		if math.Abs(gotLoss-loss) > 1e-5 {
			t.Errorf("parts of %d: loss %g, want %g", micro, gotLoss, loss)
		}
		for i := range got {
			if math.Abs(float64(got[i]-gradient[i])) > 1e-4 {
				t.Fatalf("parts of %d: gradient[%d] %g, want %g", micro, i, got[i], gradient[i])
			}
		}
	}
}

// TestTrainerAgrees holds that the towers in training, nothing left out, give what Model gives.
func TestTrainerAgrees(t *testing.T) {
	trainer, c := tinyTrainer(t, TrainOptions{})
	model, err := Open(c.Config, c.Pixels, c, Options{Device: "cpu", Precision: "f32"})
	if err != nil {
		t.Fatal(err)
	}
	defer model.Close()
	b := randomBatch(c.Config, 5, 9)
	var s scope
	var pictures, texts []float32
	err = trainer.run(t.Context(), func() {
		defer s.close()
		noGrad(func() {
			m := newTrainee(&s, trainer, trainer.vector)
			f := trainer.forward(&s, m, b, 0, 5, true)
			pictures = s.floats(s.linear(f.pictures, m.projectImage), 5*c.Config.Dims)
			texts = s.floats(s.linear(f.texts, m.projectText), 5*c.Config.Dims)
		})
	})
	if err != nil || s.err != nil {
		t.Fatal(err, s.err)
	}
	side := c.Config.Vision.ImageSize * c.Config.Vision.ImageSize
	var pixels [][]uint8
	for i := range 5 {
		pixels = append(pixels, b.Pixels[i*3*side:(i+1)*3*side])
	}
	wantPictures, err := model.Images(context.Background(), pixels)
	if err != nil {
		t.Fatal(err)
	}
	wantTexts, err := model.Texts(context.Background(), b.Texts)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		same(t, fmt.Sprintf("picture %d", i), pictures[i*c.Config.Dims:][:c.Config.Dims], wantPictures[i])
		same(t, fmt.Sprintf("text %d", i), texts[i*c.Config.Dims:][:c.Config.Dims], wantTexts[i])
	}
}

func same(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i := range want {
		if math.Abs(float64(got[i]-want[i])) > 1e-4 {
			t.Errorf("%s: [%d] is %g, want %g", what, i, got[i], want[i])
			return
		}
	}
}

// TestSteps holds that steps lower the loss, that the state restores bit for bit, and that the weights come out whole.
func TestSteps(t *testing.T) {
	options := TrainOptions{AdamW: AdamW{0.9, 0.98, 1e-6, 0.1}, Clip: 1, DropPath: 0.1, PatchDrop: 0.25, Average: 0.9, PictureLoss: 0.1}
	trainer, c := tinyTrainer(t, options)
	var first, middle Learned
	learn := func(trainer *Trainer, from, to int) []Learned {
		for i := from; i < to; i++ {
			b := randomBatch(c.Config, 8, 11)
			b.Seed = uint64(i)
			if err := trainer.Step(t.Context(), b, 1e-3, 0); err != nil {
				t.Fatal(err)
			}
		}
		all, err := trainer.Learned(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	all := learn(trainer, 0, 30)
	first, middle = all[0], all[29]
	if !(middle.Loss < first.Loss*0.9) {
		t.Errorf("loss %g after 30 steps, %g at first", middle.Loss, first.Loss)
	}
	steps, state, err := trainer.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := learn(trainer, 30, 40)
	again, _ := tinyTrainer(t, options)
	if err := again.Restore(t.Context(), steps, byName(state)); err != nil {
		t.Fatal(err)
	}
	got := learn(again, 30, 40)
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("step %d after resuming: %+v, want %+v", i, got[i], want[i])
		}
	}
	weights, err := trainer.Weights(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	if len(weights) != len(c.Names()) {
		t.Errorf("%d weights, the checkpoint has %d", len(weights), len(c.Names()))
	}
}

// byName gives tensors by their names.
type tensorMap map[string]checkpoint.Tensor

func byName(tensors []checkpoint.Tensor) tensorMap {
	m := tensorMap{}
	for _, x := range tensors {
		m[x.Name] = x
	}
	return m
}

func (m tensorMap) Tensor(name string) (checkpoint.Tensor, error) {
	if x, ok := m[name]; ok {
		return x, nil
	}
	return checkpoint.Tensor{}, fmt.Errorf("tensor %s: %w", name, checkpoint.ErrNoTensor)
}

// TestUpdates holds that the optimiser for a device's memory does what the one for this process's memory does.
func TestUpdates(t *testing.T) {
	options := TrainOptions{
		AdamW: AdamW{0.9, 0.98, 1e-6, 0.2}, Clip: 0.5, Average: 0.9, PictureLoss: 0.3,
		Frozen: func(name string) bool { return name == "text_projection.weight" },
	}
	here, c := tinyTrainer(t, options)
	there, _ := tinyTrainer(t, options)
	if err := there.run(t.Context(), func() { noGrad(func() { there.loadMasks(&there.owned) }) }); err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		b := randomBatch(c.Config, 8, uint64(i))
		var s scope
		err := there.run(t.Context(), func() {
			defer s.close()
			leaf := s.leaf(s.detach(there.vector))
			loss := there.direct(&s, leaf, b)
			noGrad(func() { there.updateThere(&s, loss, s.gradient(leaf), 1e-3) })
		})
		if err != nil || s.err != nil {
			t.Fatal(err, s.err)
		}
		if err := here.Step(t.Context(), b, 1e-3, 0); err != nil {
			t.Fatal(err)
		}
	}
	want, err := here.Learned(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got, err := there.Learned(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if d := math.Abs(got[i].Loss-want[i].Loss) + math.Abs(got[i].Norm-want[i].Norm); d > 1e-3 || got[i].Step != want[i].Step {
			t.Errorf("step %d: %+v, want %+v", i, got[i], want[i])
		}
	}
	for _, averaged := range []bool{false, true} {
		a, err := here.Weights(t.Context(), averaged)
		if err != nil {
			t.Fatal(err)
		}
		b, err := there.Weights(t.Context(), averaged)
		if err != nil {
			t.Fatal(err)
		}
		for i := range a {
			same(t, a[i].Name, b[i].Float32s(), a[i].Float32s())
		}
	}
}

// TestOverfit learns 64 pairs of noise by heart: each picture then finds its text, and each text its picture.
func TestOverfit(t *testing.T) {
	trainer, c := tinyTrainer(t, TrainOptions{AdamW: AdamW{0.9, 0.98, 1e-6, 0}, Clip: 1})
	const n = 64
	b := randomBatch(c.Config, n, 21)
	for i := range b.Pictures {
		b.Pictures[i] = int64(i)
	}
	right := 0
	for step := 0; step < 600 && right < 2*n; step++ {
		if err := trainer.Step(t.Context(), b, 3e-3*min(1, float64(step+1)/20), 0); err != nil {
			t.Fatal(err)
		}
		if step%50 == 49 {
			right = nearestOwn(t, trainer, c, b)
		}
	}
	if right < 2*n*99/100 {
		t.Errorf("%d of %d find their own", right, 2*n)
	}
}

// nearestOwn returns how many pictures have their own text as the most similar one, and how many texts their picture.
func nearestOwn(t *testing.T, trainer *Trainer, c *checkpoint.Checkpoint, b *Batch) int {
	t.Helper()
	weights, err := trainer.Weights(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	model, err := Open(c.Config, c.Pixels, byName(weights), Options{Device: "cpu", Precision: "f32"})
	if err != nil {
		t.Fatal(err)
	}
	defer model.Close()
	side := 3 * c.Config.Vision.ImageSize * c.Config.Vision.ImageSize
	var pixels [][]uint8
	for i := range b.Texts {
		pixels = append(pixels, b.Pixels[i*side:(i+1)*side])
	}
	pictures, err := model.Images(t.Context(), pixels)
	if err != nil {
		t.Fatal(err)
	}
	texts, err := model.Texts(t.Context(), b.Texts)
	if err != nil {
		t.Fatal(err)
	}
	own := func(from, to [][]float32) (n int) {
		for i := range from {
			best, most := -1, math.Inf(-1)
			for k := range to {
				var dot, length float64
				for d := range to[k] {
					dot += float64(from[i][d]) * float64(to[k][d])
					length += float64(to[k][d]) * float64(to[k][d])
				}
				if similarity := dot / math.Sqrt(length); similarity > most {
					best, most = k, similarity
				}
			}
			if best == i {
				n++
			}
		}
		return n
	}
	return own(pictures, texts) + own(texts, pictures)
}
