package encode

import (
	"encoding/binary"
	"encoding/json"
	"flag"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"clipsearch/encode/checkpoint"
)

var update = flag.Bool("update", false, "rewrite testdata from what the reference computes now")

// frozen is testdata/frozen.json: embeddings of two small checkpoints that are made anew from their seeds. They were written
// by the reference in reference_test.go, after it and libtorch had both agreed with ../shared/golden (TestGolden).
type frozen struct {
	Note        string
	Checkpoints map[string]frozenCheckpoint
}

type frozenCheckpoint struct {
	ID       string // a difference here means that the generator changed, not the towers
	Texts    map[string][]float32
	Pictures map[string][]float32
}

const frozenFile = "testdata/frozen.json"

func TestFrozen(t *testing.T) {
	if *update {
		writeFrozen(t)
	}
	data, err := os.ReadFile(frozenFile)
	if err != nil {
		t.Fatal(err)
	}
	var all frozen
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	for name, config := range smallConfigs {
		want := all.Checkpoints[name]
		c := openCheckpoint(t, smallCheckpoint(t, config))
		if c.ID != want.ID {
			t.Fatalf("%s: made checkpoint %s, frozen was %s: the generator has changed; if that is meant, run: go test -run Frozen ./encode -update",
				name, c.ID, want.ID)
		}
		for _, b := range testBackends {
			t.Run(name+"/"+b.name, func(t *testing.T) { checkFrozen(t, b.open(t, c), want, b.half) })
		}
	}
}

func checkFrozen(t *testing.T, m *Model, want frozenCheckpoint, half bool) {
	got := embedAll(t, m)
	tolerance, cosine := textTolerance, 0.999999
	if half {
		tolerance, cosine = 2, halfCosine
	}
	for text := range got.Texts {
		near(t, text, got.Texts[text], want.Texts[text], tolerance, cosine)
	}
	for name := range got.Pictures {
		near(t, name, got.Pictures[name], want.Pictures[name], tolerance, cosine)
	}
}

// writeFrozen rewrites the file of frozen embeddings.
func writeFrozen(t *testing.T) {
	all := frozen{Note: "made by go test -run Frozen ./encode -update; see frozen_test.go", Checkpoints: map[string]frozenCheckpoint{}}
	for name, config := range smallConfigs {
		c := openCheckpoint(t, smallCheckpoint(t, config))
		of := embedAll(t, openReference(t, c))
		of.ID = c.ID
		all.Checkpoints[name] = of
	}
	data, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(frozenFile, append(data, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// frozenTexts are texts of different and of equal lengths, the longest cut at the context length.
var frozenTexts = []string{
	"", "a", "dogs in the snow", "cats in the snow", "An aerial photograph of a baseball field.",
	"naïve café", "日本語", "a dog <|endoftext|> and a cat",
	"a very long text that goes on and on and on until it does not fit into the context of the small text tower any more",
}

// embedAll returns the embeddings of the frozen texts and pictures.
func embedAll(t *testing.T, m *Model) frozenCheckpoint {
	t.Helper()
	of := frozenCheckpoint{Texts: map[string][]float32{}, Pictures: map[string][]float32{}}
	vectors, err := m.EncodeTexts(t.Context(), frozenTexts)
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range frozenTexts {
		of.Texts[text] = vectors[i]
	}
	names, inputs := frozenPictures(m)
	if vectors, err = m.EncodePixels(t.Context(), inputs); err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		of.Pictures[name] = vectors[i]
	}
	return of
}

// frozenPictures returns prepared pictures that are computed, not decoded.
func frozenPictures(m *Model) (names []string, inputs [][]uint8) {
	for _, p := range []struct {
		name string
		w, h int
		at   func(x, y int) color.RGBA
	}{
		{"gradient", 64, 48, func(x, y int) color.RGBA { return color.RGBA{uint8(4 * x), uint8(5 * y), uint8(255 - 4*x), 255} }},
		{"checks", 33, 90, func(x, y int) color.RGBA {
			on := uint8(255 * ((x/8 + y/8) % 2))
			return color.RGBA{on, on / 2, 255 - on, 255}
		}},
		{"one pixel", 1, 1, func(x, y int) color.RGBA { return color.RGBA{200, 30, 60, 255} }},
		{"rings", 120, 120, func(x, y int) color.RGBA {
			d := math.Hypot(float64(x-60), float64(y-60))
			return color.RGBA{uint8(128 + 127*math.Sin(d/4)), uint8(2 * y), 90, 255}
		}},
	} {
		img := image.NewRGBA(image.Rect(0, 0, p.w, p.h))
		for y := range p.h {
			for x := range p.w {
				img.SetRGBA(x, y, p.at(x, y))
			}
		}
		names, inputs = append(names, p.name), append(inputs, m.Prepare(img))
	}
	return names, inputs
}

// smallConfigs are architectures that differ in whatever the towers read from a configuration. In both, patches do not fill
// the picture or heads have an odd width, which published ones never have.
var smallConfigs = map[string]checkpoint.Config{
	"quick_gelu": {
		Vision: checkpoint.VisionConfig{TowerConfig: tower(32, 2, 2, 64, "quick_gelu", 1e-5), ImageSize: 32, Patch: 8},
		Text:   checkpoint.TextConfig{TowerConfig: tower(24, 3, 3, 96, "quick_gelu", 1e-5), Vocab: 49408, Context: 24, EOS: 49407},
		Dims:   16, LogitScale: 2.6592,
	},
	"gelu": {
		Vision: checkpoint.VisionConfig{TowerConfig: tower(30, 3, 2, 50, "gelu", 1e-6), ImageSize: 34, Patch: 8},
		Text:   checkpoint.TextConfig{TowerConfig: tower(16, 2, 1, 40, "gelu", 1e-5), Vocab: 49408, Context: 77, EOS: 2},
		Dims:   20, LogitScale: 2.6592,
	},
}

func tower(width, layers, heads, mlp int, activation string, eps float64) checkpoint.TowerConfig {
	return checkpoint.TowerConfig{Width: width, Layers: layers, Heads: heads, MLP: mlp, Activation: activation, Eps: eps}
}

// smallCheckpoint makes a checkpoint from a seed and returns its folder. To what Create initialises, noise is added, so that
// no bias is 0 and no scale 1: a tower that forgot one would not be noticed otherwise.
func smallCheckpoint(t *testing.T, config checkpoint.Config) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "small")
	if err := checkpoint.Create(t.Context(), dir, config, 1, checkpoint.F32); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "model.safetensors")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	weights := data[8+binary.LittleEndian.Uint64(data):] // safetensors: length of the header, header, f32 little-endian
	for ; len(weights) >= 4; weights = weights[4:] {
		x := math.Float32frombits(binary.LittleEndian.Uint32(weights))
		binary.LittleEndian.PutUint32(weights, math.Float32bits(x+float32(0.1*random.NormFloat64())))
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}
