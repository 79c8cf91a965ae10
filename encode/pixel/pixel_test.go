package pixel_test

import (
	"errors"
	"image"
	"image/color"
	"math/rand/v2"
	"strings"
	"testing"

	"clipsearch/encode/pixel"
	"clipsearch/internal/resample"
)

func noise(w, h int) *image.RGBA {
	r := rand.New(rand.NewPCG(7, 7))
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = uint8(r.Uint32())
	}
	return img
}

// normalised returns what the tower's first layer sees of a picture, [3, Crop, Crop].
func normalised(spec pixel.Spec, img *image.RGBA) []float32 {
	planes := make([]uint8, spec.Len())
	spec.Planes(img, planes)
	out := make([]float32, spec.Len())
	for i, v := range planes {
		scale, shift := spec.Normal(i / (spec.Crop * spec.Crop))
		out[i] = float32(scale*float64(v) + shift)
	}
	return out
}

func plain(resize, crop int) pixel.Spec {
	return pixel.Spec{Resize: resize, Crop: crop, Std: [3]float32{1, 1, 1}}
}

// TestPlanes compares with the steps taken one by one: the whole picture resized, then cropped.
func TestPlanes(t *testing.T) {
	tests := []struct {
		name      string
		w, h      int
		spec      pixel.Spec
		whole     image.Point // after resizing
		left, top int         // of the crop; negative: of the picture in the padded crop
	}{
		{"wide", 60, 40, plain(32, 32), image.Pt(48, 32), 8, 0},
		{"tall, cut not rounded", 40, 59, plain(32, 32), image.Pt(32, 47), 0, 7},
		{"square", 32, 32, plain(32, 32), image.Pt(32, 32), 0, 0},
		{"larger resize", 60, 40, plain(48, 32), image.Pt(72, 48), 20, 8},
		{"odd margins", 61, 40, plain(40, 32), image.Pt(61, 40), 14, 4},
		{"upscaled", 7, 5, plain(32, 32), image.Pt(44, 32), 6, 0},
		{"padded", 30, 20, plain(21, 32), image.Pt(31, 21), -1, -6},
		{"padded one way", 90, 20, plain(20, 32), image.Pt(90, 20), 29, -6},
		{"squashed", 90, 20, pixel.Spec{Resize: 32, Squash: true, Crop: 32, Std: [3]float32{1, 1, 1}}, image.Pt(32, 32), 0, 0},
		{"bilinear", 60, 40, pixel.Spec{Resize: 32, Crop: 32, Std: [3]float32{1, 1, 1}, Resample: pixel.Bilinear}, image.Pt(48, 32), 8, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			img := noise(tt.w, tt.h)
			got := make([]uint8, tt.spec.Len())
			for i := range got {
				got[i] = 77
			}
			tt.spec.Planes(img, got)
			whole := resample.Scale(img, tt.whole, image.Rectangle{Max: tt.whole}, tt.spec.Resample)
			n := tt.spec.Crop
			for y := range n {
				for x := range n {
					c := color.RGBA{} // black outside
					if at := image.Pt(x+tt.left, y+tt.top); at.In(whole.Rect) {
						c = whole.RGBAAt(at.X, at.Y)
					}
					for i, v := range []uint8{c.R, c.G, c.B} {
						if got[i*n*n+y*n+x] != v {
							t.Fatalf("channel %d at %d, %d is %v, want %v", i, x, y, got[i*n*n+y*n+x], v)
						}
					}
				}
			}
		})
	}
}

// TestExtreme prepares lines of 30,000 px; as wholes they would be resized to 1.5 billion.
func TestExtreme(t *testing.T) {
	spec := pixel.CLIP(224)
	dst := make([]uint8, spec.Len())
	for _, size := range []image.Point{{1, 30000}, {30000, 1}} {
		img := noise(size.X, size.Y)
		result := testing.Benchmark(func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				spec.Planes(img, dst)
			}
		})
		if result.AllocedBytesPerOp() > 2<<20 {
			t.Errorf("%v: %d bytes allocated", size, result.AllocedBytesPerOp())
		}
	}
}

func TestNormalise(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 1, 1))
	img.SetRGBA(0, 0, color.RGBA{255, 0, 128, 255})
	dst := normalised(pixel.CLIP(1), img)
	// (1 − 0.48145466)/0.26862954, (0 − 0.4578275)/0.26130258, (128/255 − 0.40821073)/0.27577711
	for i, want := range []float32{1.9303361, -1.7520971, 0.33994868} {
		if d := dst[i] - want; d > 1e-6 || d < -1e-6 {
			t.Errorf("channel %d is %v, want %v", i, dst[i], want)
		}
	}
}

func TestValidate(t *testing.T) {
	good := pixel.CLIP(224)
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*pixel.Spec){
		"resize": func(s *pixel.Spec) { s.Resize = 0 },
		"crop":   func(s *pixel.Spec) { s.Crop = -1 },
		"huge":   func(s *pixel.Spec) { s.Crop = 1 << 20 },
		"std":    func(s *pixel.Spec) { s.Std[1] = 0 },
		"filter": func(s *pixel.Spec) { s.Resample = 9 },
	} {
		bad := good
		change(&bad)
		if err := bad.Validate(); !errors.Is(err, pixel.ErrSpec) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestResampleOf(t *testing.T) {
	for code, want := range map[int]pixel.Resample{2: pixel.Bilinear, 3: pixel.Bicubic} {
		if got, err := pixel.ResampleOf(code); got != want || err != nil {
			t.Errorf("%d: %v, %v", code, got, err)
		}
	}
	for code, says := range map[int]string{0: "nearest", 1: "Lanczos", 4: "resample 4", -1: "resample -1"} {
		if _, err := pixel.ResampleOf(code); !errors.Is(err, pixel.ErrSpec) || !strings.Contains(err.Error(), says) {
			t.Errorf("%d: %v", code, err)
		}
	}
}

func BenchmarkPlanes(b *testing.B) {
	for name, img := range map[string]*image.RGBA{"504x378": noise(504, 378), "4000x3000": noise(4000, 3000)} {
		b.Run(name, func(b *testing.B) {
			spec := pixel.CLIP(224)
			dst := make([]uint8, spec.Len())
			for b.Loop() {
				spec.Planes(img, dst)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "images/s")
		})
	}
}
