package tune

import (
	"image"
	"image/color"
	"math/rand/v2"
	"testing"
)

// gradient is a picture whose red grows to the right and whose green grows downwards.
func gradient(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetRGBA(x, y, color.RGBA{uint8(255 * x / (w - 1)), uint8(255 * y / (h - 1)), 128, 255})
		}
	}
	return img
}

func BenchmarkApply(b *testing.B) {
	img, dst := gradient(120, 120), make([]byte, 3*96*96)
	a, rng := Augments()["aerial"], rand.New(rand.NewPCG(1, 1))
	for b.Loop() {
		a.apply(img, 96, rng, dst)
	}
}

// TestApplyNone holds that the zero Augment scales the middle square and changes nothing else.
func TestApplyNone(t *testing.T) {
	const side = 16
	dst := make([]byte, 3*side*side)
	Augment{}.apply(gradient(64, 32), side, rand.New(rand.NewPCG(1, 1)), dst)
	for y := range side {
		for x := range side {
			wantRed := 255 * (16 + (2*float64(x) + 0.5)) / 63
			wantGreen := 255 * (2*float64(y) + 0.5) / 31
			if got := float64(dst[y*side+x]); got < wantRed-2 || got > wantRed+2 {
				t.Fatalf("red at %d, %d is %v, want %v", x, y, got, wantRed)
			}
			if got := float64(dst[side*side+y*side+x]); got < wantGreen-2 || got > wantGreen+2 {
				t.Fatalf("green at %d, %d is %v, want %v", x, y, got, wantGreen)
			}
			if got := dst[2*side*side+y*side+x]; got != 128 {
				t.Fatalf("blue at %d, %d is %d, want 128", x, y, got)
			}
		}
	}
}

// TestApplyMoves holds that each of the changes that an Augment allows happens, and no other.
func TestApplyMoves(t *testing.T) {
	const side = 8
	orientations := func(a Augment) map[[2]bool]map[bool]int {
		seen := map[[2]bool]map[bool]int{}
		rng := rand.New(rand.NewPCG(2, 2))
		dst := make([]byte, 3*side*side)
		for range 200 {
			a.apply(gradient(32, 32), side, rng, dst)
			turned := dst[side-1] < 64 && dst[0] < 64 || dst[side-1] > 192 && dst[0] > 192 // red is even along the first row
			red, green := dst[:side*side], dst[side*side:2*side*side]
			key := [2]bool{red[0] > 128, green[0] > 128}
			if seen[key] == nil {
				seen[key] = map[bool]int{}
			}
			seen[key][turned]++
		}
		return seen
	}
	for _, test := range []struct {
		name string
		a    Augment
		want int
	}{
		{"none", Augment{}, 1},
		{"flip", Augment{FlipX: true}, 2},
		{"both", Augment{FlipX: true, FlipY: true}, 4},
		{"all", Augment{FlipX: true, FlipY: true, Turn: true}, 8},
	} {
		n := 0
		for _, turns := range orientations(test.a) {
			n += len(turns)
		}
		if n != test.want {
			t.Errorf("%s: %d orientations, want %d", test.name, n, test.want)
		}
	}
}

// TestJitter holds that colours change, that grey takes all colour, and that without either nothing changes.
func TestJitter(t *testing.T) {
	img := gradient(16, 16)
	rng := rand.New(rand.NewPCG(3, 3))
	if m := (Augment{}).jitter(img, rng); m.value(0, 200, 10, 90) != 200 || m.value(2, 200, 10, 90) != 90 {
		t.Error("colours change though nothing allows it")
	}
	if m := (Augment{Grey: 1}).jitter(img, rng); m.value(0, 200, 10, 90) != m.value(1, 200, 10, 90) {
		t.Error("colour is left in grey")
	}
	seen := map[byte]bool{}
	for range 50 {
		m := Augment{Light: 0.4}.jitter(img, rng)
		seen[m.value(0, 100, 100, 100)] = true
	}
	if len(seen) < 20 {
		t.Errorf("%d brightnesses in 50 draws", len(seen))
	}
}
