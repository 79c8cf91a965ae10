//go:build native

package encode

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"
	"testing"

	"clipsearch/internal/imgio"
	"clipsearch/internal/resample"
	"clipsearch/internal/vec"
)

// scaledCosine is what the vectors of a picture that was shrunk while it was decoded must have with those of the whole one. The
// aim is 0.998, which 2 of 100 photographs miss when they are enlarged to 12 megapixels, the worst by 0.0003.
const scaledCosine = 0.9975

// TestScaledDecode compares the vectors of photographs decoded to twice the tower's input, as index does it, and to 1.5 times it,
// with those of full decodes: as they are, and enlarged to 12 megapixels, where the decoder leaves out most.
func TestScaledDecode(t *testing.T) {
	const model, photos = "../../shared/models/clip-dev-small", "../../shared/data/originals/samples/*.jpg"
	files, _ := filepath.Glob(photos)
	if _, err := os.Stat(model); err != nil || len(files) == 0 {
		t.Skipf("needs %s and %s; with them run: go test -tags native -run ScaledDecode ./encode", model, photos)
	}
	if os.Getenv("CLIPSEARCH_SOAK") == "" {
		files = files[:min(6, len(files))]
	}
	m, err := Open(model, Options{Device: "cpu", Precision: "f32"})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	worst := map[string]float64{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for name, data := range map[string][]byte{"as it is": data, "12 megapixels": enlarged(t, data)} {
			full := vectorOf(t, m, data, 0)
			for factor, short := range map[string]int{"1.5": m.InputSize() * 3 / 2, "2": m.InputSize() * 2} {
				cosine := float64(vec.Dot(full, vectorOf(t, m, data, short)))
				if cosine < scaledCosine && factor == "2" {
					t.Errorf("%s, %s: cosine %.5f", filepath.Base(file), name, cosine)
				}
				key := name + ", " + factor + " times the input"
				worst[key] = max(worst[key], 1-cosine)
			}
		}
	}
	for name, off := range worst {
		t.Logf("%d pictures, %s: cosine at least %.5f", len(files), name, 1-off)
	}
}

// vectorOf returns the vector of a picture decoded to a shorter side of at least short px; 0 is its full size.
func vectorOf(t *testing.T, m *Model, data []byte, short int) []float32 {
	t.Helper()
	p, err := imgio.Decode(data, imgio.Options{MinShort: short})
	if err != nil {
		t.Fatal(err)
	}
	vectors, err := m.EncodePixels(t.Context(), [][]uint8{m.Prepare(p.Image)})
	if err != nil {
		t.Fatal(err)
	}
	return vectors[0]
}

// enlarged returns a picture file as a JPEG of 12 megapixels.
func enlarged(t *testing.T, data []byte) []byte {
	t.Helper()
	p, err := imgio.Decode(data, imgio.Options{})
	if err != nil {
		t.Fatal(err)
	}
	by := math.Sqrt(12e6 / float64(p.Width*p.Height))
	size := image.Pt(int(by*float64(p.Width)), int(by*float64(p.Height)))
	var out bytes.Buffer
	big := resample.Scale(p.Image, size, image.Rectangle{Max: size}, resample.Bicubic)
	if err := jpeg.Encode(&out, big, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
