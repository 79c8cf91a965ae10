package pixel_test

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"clipsearch/encode/pixel"
	"clipsearch/internal/imgio"
)

const golden = "../../../shared/golden"

// TestGolden compares tensors with those of PyTorch and Pillow 9.4: to the last digit of the reference, but for JPEG and
// WebP in the build with Go's decoders, which differ from Pillow's libraries by a level here and there.
func TestGolden(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(golden, "golden.json"))
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("%s is absent; with it beside the repository run: go test ./encode/pixel", golden)
	}
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Images []struct {
			File   string
			Mean   [3]float64 `json:"pixels_mean"`
			First  [3]float64 `json:"pixels_0_0"`
			Middle [3]float64 `json:"pixels_111_111"`
		}
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	spec := pixel.CLIP(224)
	for _, w := range want.Images {
		t.Run(w.File, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(golden, "images", w.File))
			if err != nil {
				t.Fatal(err)
			}
			p, err := imgio.Decode(data, imgio.Options{})
			if err != nil {
				t.Fatal(err)
			}
			got := normalised(spec, p.Image)
			// A reference printed to 5 digits; its mean was summed in float32.
			tolerance, single := 2e-5, 1e-5
			if p.Format == "jpeg" || p.Format == "webp" {
				tolerance, single = lossyMean, lossySingle
			}
			area := spec.Crop * spec.Crop
			for c := range 3 {
				plane := got[c*area : (c+1)*area]
				mean := 0.0
				for _, v := range plane {
					mean += float64(v)
				}
				mean /= float64(area)
				off := []float64{mean - w.Mean[c], float64(plane[0]) - w.First[c], float64(plane[111*spec.Crop+111]) - w.Middle[c]}
				t.Logf("channel %d: mean %+.5f, first pixel %+.5f, middle pixel %+.5f off", c, off[0], off[1], off[2])
				if math.Abs(off[0]) > tolerance || math.Abs(off[1]) > single || math.Abs(off[2]) > single {
					t.Errorf("channel %d: off by %.5f (mean), %.5f, %.5f (pixels)", c, off[0], off[1], off[2])
				}
			}
		})
	}
}

// TestScaledDecode compares the tensors of a picture decoded in full and shrunk to 1.5 times what the tower takes.
func TestScaledDecode(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(golden, "images", "home-large.jpg"))
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("%s is absent; with it beside the repository run: go test ./encode/pixel", golden)
	}
	if err != nil {
		t.Fatal(err)
	}
	spec := pixel.CLIP(224)
	var tensors [2][]float32
	for i, opts := range []imgio.Options{{}, {MinShort: 336}} {
		p, err := imgio.Decode(data, opts)
		if err != nil {
			t.Fatal(err)
		}
		tensors[i] = normalised(spec, p.Image)
	}
	var dot, a, b float64
	for i := range tensors[0] {
		x, y := float64(tensors[0][i]), float64(tensors[1][i])
		dot, a, b = dot+x*y, a+x*x, b+y*y
	}
	if cosine := dot / math.Sqrt(a*b); cosine < 0.999 {
		t.Errorf("the cosine of the tensors is %.5f", cosine)
	} else {
		t.Logf("the cosine of the tensors is %.5f", cosine)
	}
}
