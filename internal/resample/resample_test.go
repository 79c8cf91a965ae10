package resample

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"testing"
)

func noise(w, h int) *image.RGBA {
	r := rand.New(rand.NewPCG(uint64(w), uint64(h)))
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = uint8(r.Uint32())
	}
	// Flat areas at both ends of the range provoke overshoot.
	for i := range len(img.Pix) / 4 {
		img.Pix[i] = uint8(i / 64 % 2 * 255)
	}
	return img
}

// slow is the same filter in floating point, pixel by pixel, rounding to 8 bits between the passes and at the end.
func slow(src *image.RGBA, size image.Point, f Filter) *image.RGBA {
	pass := func(in func(i int) float64, n, out, at int) float64 {
		scale := float64(n) / float64(out)
		stretch := max(scale, 1)
		center := (float64(at) + 0.5) * scale
		low := max(int(math.Floor(center-f.support()*stretch+0.5)), 0)
		high := min(int(math.Floor(center+f.support()*stretch+0.5)), n)
		sum, weights := 0.0, 0.0
		for i := low; i < high; i++ {
			w := f.weight((float64(i) + 0.5 - center) / stretch)
			sum += w * in(i)
			weights += w
		}
		return min(max(math.Floor(sum/weights+0.5), 0), 255)
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	wide := image.NewRGBA(image.Rect(0, 0, size.X, h))
	for y := range h {
		for x := range size.X {
			for c := range 4 {
				v := pass(func(i int) float64 { return float64(src.Pix[src.PixOffset(src.Rect.Min.X+i, src.Rect.Min.Y+y)+c]) }, w, size.X, x)
				wide.Pix[wide.PixOffset(x, y)+c] = uint8(v)
			}
		}
	}
	out := image.NewRGBA(image.Rectangle{Max: size})
	for y := range size.Y {
		for x := range size.X {
			for c := range 4 {
				v := pass(func(i int) float64 { return float64(wide.Pix[wide.PixOffset(x, i)+c]) }, h, size.Y, y)
				out.Pix[out.PixOffset(x, y)+c] = uint8(v)
			}
		}
	}
	return out
}

var sizes = []struct{ from, to image.Point }{
	{image.Pt(64, 48), image.Pt(31, 17)},
	{image.Pt(31, 17), image.Pt(64, 48)},
	{image.Pt(50, 50), image.Pt(50, 20)},
	{image.Pt(50, 50), image.Pt(20, 50)},
	{image.Pt(50, 40), image.Pt(50, 40)},
	{image.Pt(1, 1), image.Pt(24, 24)},
	{image.Pt(1, 90), image.Pt(7, 630)},
	{image.Pt(300, 3), image.Pt(24, 1)},
	{image.Pt(200, 150), image.Pt(24, 18)},
}

// TestScale compares with the floating-point filter: values may differ by one where a sum lies close to a half.
func TestScale(t *testing.T) {
	for _, f := range []Filter{Bicubic, Bilinear} {
		for _, s := range sizes {
			t.Run(fmt.Sprint(f, s.from, s.to), func(t *testing.T) {
				src := noise(s.from.X, s.from.Y)
				got, want := Scale(src, s.to, image.Rectangle{Max: s.to}, f), slow(src, s.to, f)
				if got.Rect != want.Rect {
					t.Fatalf("got %v, want %v", got.Rect, want.Rect)
				}
				differ := 0
				for i := range got.Pix {
					d := int(got.Pix[i]) - int(want.Pix[i])
					if d < -1 || d > 1 {
						t.Fatalf("value %d is %d, want %d", i, got.Pix[i], want.Pix[i])
					}
					if d != 0 {
						differ++
					}
				}
				// The triangle's weights are simple fractions, with which sums often are exactly a half.
				if limit := map[Filter]int{Bicubic: 1000, Bilinear: 10}[f]; differ*limit > len(got.Pix) {
					t.Errorf("%d of %d values differ by one", differ, len(got.Pix))
				}
			})
		}
	}
}

// TestWindow expects of any window what the whole has there, also of pictures that do not start at 0, 0.
func TestWindow(t *testing.T) {
	for _, s := range sizes {
		src := noise(s.from.X+3, s.from.Y+2).SubImage(image.Rect(3, 2, s.from.X+3, s.from.Y+2)).(*image.RGBA)
		whole := Scale(src, s.to, image.Rectangle{Max: s.to}, Bicubic)
		for _, window := range []image.Rectangle{
			image.Rect(0, 0, 1, 1), image.Rect(s.to.X-1, s.to.Y-1, s.to.X, s.to.Y), image.Rect(s.to.X/3, s.to.Y/4, s.to.X/3+1, s.to.Y),
			image.Rect(0, s.to.Y/2, s.to.X, s.to.Y/2+1), image.Rect(s.to.X/2, 0, s.to.X/2+1, s.to.Y),
		} {
			part := Scale(src, s.to, window, Bicubic)
			for y := range window.Dy() {
				for x := range window.Dx() {
					if got, want := part.RGBAAt(x, y), whole.RGBAAt(window.Min.X+x, window.Min.Y+y); got != want {
						t.Fatalf("%v → %v, window %v: pixel %d, %d is %v, want %v", s.from, s.to, window, x, y, got, want)
					}
				}
			}
		}
	}
}

// TestExtreme scales a line 30,000 px long so that the whole would have 1.5 billion pixels.
func TestExtreme(t *testing.T) {
	src := noise(1, 30000)
	size := image.Pt(224, 6720000)
	allocated := testing.AllocsPerRun(1, func() {
		Scale(src, size, image.Rect(0, 3359888, 224, 3360112), Bicubic)
	})
	if allocated > 30 {
		t.Errorf("%v allocations", allocated)
	}
	got := Scale(src, size, image.Rect(0, 3359888, 224, 3360112), Bicubic)
	// Output row y lies at input (y+0.5)/224-0.5: the window spans input rows 14999.5 and 15000.
	for c := range 3 {
		low, high := min(src.Pix[4*14998+c], src.Pix[4*14999+c], src.Pix[4*15000+c], src.Pix[4*15001+c]), max(src.Pix[4*14998+c], src.Pix[4*14999+c], src.Pix[4*15000+c], src.Pix[4*15001+c])
		v := got.Pix[got.PixOffset(100, 112)+c]
		if int(v) < int(low)-30 || int(v) > int(high)+30 {
			t.Errorf("channel %d is %d, between %d and %d wanted", c, v, low, high)
		}
	}
}

func TestScalePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a window outside the picture was accepted")
		}
	}()
	Scale(noise(4, 4), image.Pt(2, 2), image.Rect(0, 0, 3, 1), Bicubic)
}

func BenchmarkScale(b *testing.B) {
	src := noise(504, 378)
	size := image.Pt(298, 224)
	for b.Loop() {
		Scale(src, size, image.Rect(37, 0, 261, 224), Bicubic)
	}
}
