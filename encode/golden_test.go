package encode

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"clipsearch/encode/checkpoint"
	"clipsearch/internal/imgio"
	"clipsearch/internal/vec"
)

// sharedGolden holds reference values of an independent implementation (PyTorch 1.13 and Pillow 9.4); its README gives the
// tolerances below.
const sharedGolden = "../../shared/golden"

const (
	textTolerance  = 2e-4  // of each number, f32
	imageTolerance = 2e-3  // of each number, f32, pictures that every decoder decodes alike
	lossyCosine    = 0.998 // JPEG and WebP: decoders differ by a grey level here and there
	halfCosine     = 0.999 // bf16 to f32
)

// golden is the part of golden.json that concerns embeddings.
type golden struct {
	Texts []struct {
		Text      string
		Embedding []float32
	}
	Images []struct {
		File      string
		Embedding []float32
	}
}

func TestGolden(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(sharedGolden, "golden.json"))
	if err != nil {
		t.Skipf("no reference values; put them there and run: go test -tags native -run Golden ./encode (%v)", err)
	}
	var want golden
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	for _, weights := range []string{"model.safetensors", "pytorch_model.bin"} {
		c := openCheckpoint(t, withWeights(t, filepath.Join(sharedGolden, "tiny-clip"), weights))
		for _, b := range testBackends {
			if b.slow && weights != "model.safetensors" {
				continue // the weights are the same; the fast backends read both files
			}
			t.Run(weights+"/"+b.name, func(t *testing.T) {
				m := b.open(t, c)
				checkGoldenTexts(t, m, want, b.half)
				checkGoldenImages(t, m, want, b.half)
			})
		}
	}
}

func checkGoldenTexts(t *testing.T, m *Model, want golden, half bool) {
	var texts []string
	for _, w := range want.Texts {
		texts = append(texts, w.Text)
	}
	got, err := m.EncodeTexts(t.Context(), texts)
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range want.Texts {
		tolerance, cosine := textTolerance, 0.999999
		if half {
			tolerance, cosine = 2, halfCosine
		}
		near(t, w.Text, got[i], w.Embedding, tolerance, cosine)
	}
}

func checkGoldenImages(t *testing.T, m *Model, want golden, half bool) {
	for _, w := range want.Images {
		data, err := os.ReadFile(filepath.Join(sharedGolden, "images", w.File))
		if err != nil {
			t.Fatal(err)
		}
		picture, err := imgio.Decode(data, imgio.Options{})
		if err != nil {
			t.Errorf("%s: %v", w.File, err)
			continue
		}
		got, err := m.EncodePixels(t.Context(), [][]uint8{m.Prepare(picture.Image)})
		if err != nil {
			t.Fatal(err)
		}
		tolerance, cosine := imageTolerance, lossyCosine
		switch ext := filepath.Ext(w.File); {
		case ext == ".jpg" || ext == ".webp":
			tolerance = 2
		case half:
			tolerance, cosine = 2, halfCosine
		}
		near(t, w.File, got[0], w.Embedding, tolerance, cosine)
	}
}

// withWeights returns a copy of a model directory, in symbolic links, that has only one of its two files of weights.
func withWeights(t *testing.T, dir, weights string) string {
	t.Helper()
	dir, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	for _, f := range files {
		if ext := filepath.Ext(f.Name()); (ext == ".safetensors" || ext == ".bin") && f.Name() != weights {
			continue
		}
		if err := os.Symlink(filepath.Join(dir, f.Name()), filepath.Join(out, f.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// openCheckpoint opens a checkpoint for the length of a test.
func openCheckpoint(t *testing.T, dir string) *checkpoint.Checkpoint {
	t.Helper()
	c, err := checkpoint.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// near reports vectors that differ by more than tolerance in a number, or whose cosine is below the given one. Both are unit
// vectors.
func near(t *testing.T, name string, got, want []float32, tolerance, cosine float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d numbers, want %d", name, len(got), len(want))
		return
	}
	worst := 0.0
	for i := range want {
		worst = max(worst, max(float64(got[i]-want[i]), float64(want[i]-got[i])))
	}
	if c := float64(vec.Dot(got, want)); !(worst <= tolerance && c >= cosine) { // NaN must not pass
		t.Errorf("%s: differs by %.2g (at most %.2g), cosine %.6f (at least %.6f)", name, worst, tolerance, c, cosine)
	}
}
