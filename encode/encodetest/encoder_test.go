package encodetest

import (
	"context"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"math"
	"testing"

	"clipsearch/internal/vec"
	"github.com/google/go-cmp/cmp"
)

// plain returns a picture of one colour.
func plain(w, h int, c color.Color) *image.RGBA {
	img := image.NewRGBA(image.Rect(3, 5, 3+w, 5+h)) // not at the origin, as pictures may be
	draw.Draw(img, img.Bounds(), image.NewUniform(c), image.Point{}, draw.Src)
	return img
}

func TestColourWordsFindTheirPictures(t *testing.T) {
	pictures := map[string]*image.RGBA{
		"red":    plain(40, 30, color.RGBA{230, 20, 10, 255}),
		"green":  plain(40, 30, color.RGBA{20, 220, 30, 255}),
		"blue":   plain(9, 100, color.RGBA{0, 10, 240, 255}),
		"yellow": plain(1, 1, color.RGBA{250, 250, 20, 255}),
		"white":  plain(2, 700, color.RGBA{250, 250, 250, 255}),
		"black":  plain(64, 64, color.RGBA{5, 5, 5, 255}),
		"grey":   plain(64, 64, color.RGBA{120, 130, 125, 255}),
		"brown":  plain(64, 64, color.RGBA{140, 70, 20, 255}),
	}
	var e Encoder
	for name := range pictures {
		text := textOf(t, &e, "A picture, mostly "+name+".")
		best, similarity := "", float32(-1)
		for other, img := range pictures {
			if s := vec.Dot(text, pictureOf(t, &e, img)); s > similarity {
				best, similarity = other, s
			}
		}
		if best != name || similarity < 0.95 {
			t.Errorf("%s finds the %s picture, similarity %.3f", name, best, similarity)
		}
	}
}

// Each cell of the grid has the vector of its own colour.
func TestPatches(t *testing.T) {
	img := plain(80, 40, color.RGBA{250, 250, 250, 255})
	draw.Draw(img, image.Rect(13, 10, 23, 15).Intersect(img.Bounds()), image.NewUniform(color.RGBA{230, 20, 10, 255}), image.Point{}, draw.Src)
	var e Encoder
	got, err := e.EncodePatches(t.Context(), [][]uint8{e.PrepareWhole(img)})
	if err != nil {
		t.Fatal(err)
	}
	red := textOf(t, &e, "red")
	for i, patch := range got[0] { // the second column and row begin 10 and 5 px from the picture's corner at 3, 5
		if similarity := vec.Dot(red, patch); (similarity > 0.9) != (i == 9) {
			t.Errorf("patch %d has a similarity of %.2f to red", i, similarity)
		}
	}
	if len(got[0]) != 64 {
		t.Errorf("%d patches", len(got[0]))
	}
	if _, err := e.EncodePatches(t.Context(), [][]uint8{{1, 2}}); err == nil {
		t.Error("a picture of two numbers is taken")
	}
}

func TestVectorsAreUnitAndStable(t *testing.T) {
	var a, b Encoder
	for _, text := range []string{"", "dogs in the snow", "dogs in the rain", "red and green", "infrared"} {
		v := textOf(t, &a, text)
		if norm := math.Sqrt(float64(vec.Dot(v, v))); len(v) != Dims || math.Abs(norm-1) > 1e-6 {
			t.Errorf("text %q: %d numbers of norm %g", text, len(v), norm)
		}
		if diff := cmp.Diff(v, textOf(t, &b, text)); diff != "" {
			t.Errorf("text %q differs between encoders:\n%s", text, diff)
		}
	}
	if s := vec.Dot(textOf(t, &a, "dogs in the snow"), textOf(t, &a, "dogs in the rain")); s > 0.99 {
		t.Errorf("two texts without colours are the same to it: %.3f", s)
	}
}

func TestErrors(t *testing.T) {
	var e Encoder
	if _, err := e.EncodePixels(t.Context(), [][]uint8{{1, 2}}); err == nil {
		t.Error("a picture of two numbers is taken")
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.EncodeTexts(cancelled, []string{"red"}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := e.EncodeTexts(t.Context(), []string{"red"}); !errors.Is(err, ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

func textOf(t *testing.T, e *Encoder, text string) []float32 {
	t.Helper()
	v, err := e.EncodeTexts(t.Context(), []string{text})
	if err != nil {
		t.Fatal(err)
	}
	return v[0]
}

func pictureOf(t *testing.T, e *Encoder, img *image.RGBA) []float32 {
	t.Helper()
	v, err := e.EncodePixels(t.Context(), [][]uint8{e.Prepare(img)})
	if err != nil {
		t.Fatal(err)
	}
	return v[0]
}
