package locate_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"os"
	"testing"

	"clipsearch/encode/encodetest"
	"clipsearch/locate"
)

// The sheet holds a panel for each text, coloured where its thing is, whatever the picture's shape.
func TestOverlay(t *testing.T) {
	thing := image.Rect(300, 40, 380, 120)
	result, err := locate.Find(t.Context(), new(encodetest.Encoder), meadow(image.Pt(400, 300), thing), []string{"red"}, locate.Options{Top: 2})
	if err != nil {
		t.Fatal(err)
	}
	img := overlay(t, result)
	on, off := img.At(8+340, 8+80), img.At(8+40, 8+250) // behind a margin of 8 px
	if bright(on) < 2*bright(off) {
		t.Errorf("the thing is %v, the meadow %v", on, off)
	}
}

func TestOverlayOfAnyShape(t *testing.T) {
	for _, size := range []image.Point{{1, 1}, {8, 8}, {1, 3000}, {3000, 1}, {2000, 1500}} {
		for _, texts := range [][]string{{"red"}, {"red", "green", "a text that is far too long for the width of any panel, and then some", "Ελλάδα", "日本語"}} {
			picture := meadow(size, image.Rect(0, 0, 1, 1))
			result, err := locate.Find(t.Context(), new(encodetest.Encoder), picture, texts, locate.Options{Method: locate.Dense})
			if err != nil {
				t.Fatal(err)
			}
			if b := overlay(t, result).Bounds(); b.Dx() > 5000 || b.Dy() > 5000 || b.Dx() < 200 {
				t.Errorf("%v, %d texts: %v", size, len(texts), b)
			}
		}
	}
}

// The layer has the picture's aspect, covers the thing, and leaves the rest to be seen.
func TestLayer(t *testing.T) {
	thing := image.Rect(300, 40, 380, 120)
	result, err := locate.Find(t.Context(), new(encodetest.Encoder), meadow(image.Pt(400, 300), thing), []string{"red"}, locate.Options{Size: image.Pt(800, 600)})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := result.Layer(&b); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	if size := img.Bounds().Size(); size != image.Pt(640, 480) {
		t.Fatalf("its size is %v", size)
	}
	_, _, _, on := img.At(544, 128).RGBA()
	_, _, _, off := img.At(60, 400).RGBA()
	if on < 0x9000 || off > 0x1000 {
		t.Errorf("opacity %#x on the thing, %#x beside it", on, off)
	}
}

// Errors of the writer come back.
func TestOverlayFails(t *testing.T) {
	result, err := locate.Find(t.Context(), new(encodetest.Encoder), meadow(image.Pt(20, 20), image.Rectangle{}), []string{"red"}, locate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	full := errors.New("disk full")
	if err := result.Overlay(failingWriter{full}); !errors.Is(err, full) {
		t.Errorf("%v", err)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

// overlay returns a result's overlay as a picture. With $OVERLAY it is kept there, to be looked at.
func overlay(t *testing.T, result locate.Result) image.Image {
	t.Helper()
	var b bytes.Buffer
	if err := result.Overlay(&b); err != nil {
		t.Fatal(err)
	}
	if path := os.Getenv("OVERLAY"); path != "" {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// bright returns how bright a colour is.
func bright(c color.Color) int { return int(color.GrayModel.Convert(c).(color.Gray).Y) }
