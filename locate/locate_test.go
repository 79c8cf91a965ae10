package locate_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clipsearch/encode/encodetest"
	"clipsearch/locate"
)

var red = color.RGBA{230, 20, 10, 255}

// meadow returns a green picture of the given size with a red rectangle.
func meadow(size image.Point, thing image.Rectangle) *image.RGBA {
	img := image.NewRGBA(image.Rectangle{Max: size})
	draw.Draw(img, img.Rect, image.NewUniform(color.RGBA{20, 220, 30, 255}), image.Point{}, draw.Src)
	draw.Draw(img, thing, image.NewUniform(red), image.Point{}, draw.Src)
	return img
}

var methods = map[string]locate.Method{"both": locate.Both, "dense": locate.Dense, "tiles": locate.Tiles}

// The first box lies on the thing, in pictures of any aspect, whichever way they are looked at.
func TestFindsThing(t *testing.T) {
	for name, method := range methods {
		for _, test := range []struct {
			size  image.Point
			thing image.Rectangle
		}{
			{image.Pt(400, 400), image.Rect(250, 50, 350, 150)},
			{image.Pt(400, 300), image.Rect(0, 0, 110, 110)},
			{image.Pt(300, 400), image.Rect(190, 290, 300, 400)},
			{image.Pt(900, 300), image.Rect(600, 100, 740, 240)},
			{image.Pt(200, 1800), image.Rect(40, 1500, 180, 1650)},
			{image.Pt(8, 8), image.Rect(4, 4, 8, 8)},
		} {
			t.Run(fmt.Sprint(name, test.size), func(t *testing.T) {
				box := findOne(t, meadow(test.size, test.thing), locate.Options{Method: method})
				in := box.Intersect(test.thing)
				covered := share(in, test.thing)
				if middle := box.Min.Add(box.Max).Div(2); !middle.In(test.thing) || covered < 0.3 || share(in, box.Rectangle) < 0.2 {
					t.Errorf("box %v, thing %v: covers %.2f of it", box.Rectangle, test.thing, covered)
				}
				if box.Probability < 0.2 || box.Probability > 1 {
					t.Errorf("probability %.3f", box.Probability)
				}
			})
		}
	}
}

// findOne returns the box of something red.
func findOne(t *testing.T, picture *image.RGBA, opts locate.Options) locate.Box {
	t.Helper()
	result, err := locate.Find(t.Context(), new(encodetest.Encoder), picture, []string{"something red"}, opts)
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Texts) != 1 || len(result.Texts[0].Boxes) != 1 {
		t.Fatalf("%+v", result.Texts)
	}
	return result.Texts[0].Boxes[0]
}

// share returns which part of b's area a has.
func share(a, b image.Rectangle) float64 {
	return float64(a.Dx()*a.Dy()) / float64(b.Dx()*b.Dy())
}

// Boxes are given in the full picture's pixels where the one at hand is a shrunk one, and whatever its origin.
func TestSizeAndOrigin(t *testing.T) {
	thing := image.Rect(50, 50, 100, 100)
	picture := meadow(image.Pt(200, 100), thing)
	plain := findOne(t, picture, locate.Options{})
	full := findOne(t, picture, locate.Options{Size: image.Pt(600, 300)})
	if d := full.Rectangle.Min.Sub(plain.Min.Mul(3)); max(d.X, -d.X, d.Y, -d.Y) > 3 {
		t.Errorf("%v at full size, %v shrunk to a third", full.Rectangle, plain.Rectangle)
	}
	larger := meadow(image.Pt(300, 150), thing.Add(image.Pt(100, 50)))
	part := larger.SubImage(image.Rect(100, 50, 300, 150)).(*image.RGBA)
	if box := findOne(t, part, locate.Options{}); box != plain {
		t.Errorf("%v in a part of a picture, %v in a picture of its own", box, plain)
	}
}

// Any picture gives maps that sum to 1 and boxes within it.
func TestAnyShape(t *testing.T) {
	for _, size := range []image.Point{{1, 1}, {1, 30000}, {30000, 1}, {2, 3}, {8, 8}, {57, 56}, {1000, 3}, {333, 777}} {
		for name, method := range methods {
			picture := meadow(size, image.Rect(0, 0, size.X/2, size.Y/2))
			result, err := locate.Find(t.Context(), new(encodetest.Encoder), picture, []string{"red", "nothing in particular"}, locate.Options{Method: method, Top: 5})
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range result.Texts {
				checkHeat(t, fmt.Sprint(name, size), found.Heat)
				checkBoxes(t, fmt.Sprint(name, size), found.Boxes, size)
			}
		}
	}
}

func checkHeat(t *testing.T, name string, h locate.Heat) {
	t.Helper()
	total := 0.0
	for _, c := range h.Cells {
		if !(c >= 0) {
			t.Fatalf("%s: a cell of %v", name, c)
		}
		total += c
	}
	if len(h.Cells) != h.Width*h.Height || math.Abs(total-1) > 1e-9 {
		t.Errorf("%s: %d cells, %d×%d, that sum to %v", name, len(h.Cells), h.Width, h.Height, total)
	}
}

func checkBoxes(t *testing.T, name string, boxes []locate.Box, size image.Point) {
	t.Helper()
	total := 0.0
	for _, b := range boxes {
		if b.Empty() || !b.In(image.Rectangle{Max: size}) {
			t.Errorf("%s: box %v", name, b.Rectangle)
		}
		total += b.Probability
	}
	if len(boxes) < 1 || len(boxes) > 5 || total > 1+1e-9 {
		t.Errorf("%s: %d boxes of %v together", name, len(boxes), total)
	}
}

// Two things alike are two boxes.
func TestTop(t *testing.T) {
	left, right := image.Rect(40, 60, 140, 160), image.Rect(420, 200, 520, 300)
	picture := meadow(image.Pt(600, 400), left)
	draw.Draw(picture, right, image.NewUniform(red), image.Point{}, draw.Src)
	result, err := locate.Find(t.Context(), new(encodetest.Encoder), picture, []string{"red"}, locate.Options{Method: locate.Dense, Top: 2})
	if err != nil {
		t.Fatal(err)
	}
	boxes := result.Texts[0].Boxes
	if len(boxes) != 2 {
		t.Fatalf("%d boxes", len(boxes))
	}
	for _, thing := range []image.Rectangle{left, right} {
		if share(boxes[0].Intersect(thing), thing) < 0.25 && share(boxes[1].Intersect(thing), thing) < 0.25 {
			t.Errorf("nothing at %v: %v", thing, boxes)
		}
	}
}

func TestBadArguments(t *testing.T) {
	picture := meadow(image.Pt(20, 20), image.Rectangle{})
	for _, test := range []struct {
		name    string
		picture *image.RGBA
		texts   []string
		want    error
	}{
		{"no text", picture, nil, locate.ErrNoText},
		{"blank", picture, []string{"red", " \t"}, locate.ErrNoText},
		{"no picture", nil, []string{"red"}, locate.ErrNoPicture},
		{"empty picture", image.NewRGBA(image.Rectangle{}), []string{"red"}, locate.ErrNoPicture},
	} {
		if _, err := locate.Find(t.Context(), new(encodetest.Encoder), test.picture, test.texts, locate.Options{}); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	if _, err := locate.ParseMethod("guess"); err == nil || err.Error() != `method "guess": it must be tiles, dense or both` {
		t.Errorf("%v", err)
	}
}

// failing is an encoder that gives up at one of its steps.
type failing struct {
	encodetest.Encoder
	pixels, patches error
}

func (f *failing) EncodePixels(ctx context.Context, inputs [][]uint8) ([][]float32, error) {
	if f.pixels != nil {
		return nil, f.pixels
	}
	return f.Encoder.EncodePixels(ctx, inputs)
}

func (f *failing) EncodePatches(ctx context.Context, inputs [][]uint8) ([][][]float32, error) {
	if f.patches != nil {
		return nil, f.patches
	}
	return make([][][]float32, 0), nil
}

func TestEncoderFails(t *testing.T) {
	broken := errors.New("out of memory")
	picture := meadow(image.Pt(20, 20), image.Rectangle{})
	for _, encoder := range []*failing{{pixels: broken}, {patches: broken}} {
		if _, err := locate.Find(t.Context(), encoder, picture, []string{"red"}, locate.Options{Method: locate.Both}); !errors.Is(err, broken) {
			t.Errorf("%v", err)
		}
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := locate.Find(cancelled, new(encodetest.Encoder), picture, []string{"red"}, locate.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// countingEncoder counts the pictures that it encodes.
type countingEncoder struct {
	encodetest.Encoder
	pictures int
}

func (e *countingEncoder) EncodePixels(ctx context.Context, inputs [][]uint8) ([][]float32, error) {
	e.pictures += len(inputs)
	return e.Encoder.EncodePixels(ctx, inputs)
}

// A picture that has been seen is not looked at again, and holds the same.
func TestSeen(t *testing.T) {
	encoder := new(countingEncoder)
	picture := meadow(image.Pt(300, 200), image.Rect(200, 20, 260, 80))
	seen, err := locate.Look(t.Context(), encoder, picture, locate.Tiles)
	if err != nil {
		t.Fatal(err)
	}
	once := encoder.pictures
	for _, text := range []string{"red", "green", "red"} {
		got, err := seen.Find(t.Context(), encoder, []string{text}, locate.Options{Top: 3})
		if err != nil {
			t.Fatal(err)
		}
		want, err := locate.Find(t.Context(), new(encodetest.Encoder), picture, []string{text}, locate.Options{Top: 3})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.Texts, got.Texts); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
	if encoder.pictures != once {
		t.Errorf("%d pictures were encoded after the first look", encoder.pictures-once)
	}
	if _, err := seen.Find(t.Context(), encoder, nil, locate.Options{}); !errors.Is(err, locate.ErrNoText) {
		t.Errorf("no text: %v", err)
	}
}
