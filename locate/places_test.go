package locate

import (
	"fmt"
	"image"
	"math/rand/v2"
	"testing"
)

// Tiles and windows cover every pixel of any picture, are inside it, and are not too many.
func TestPlacesCover(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	sizes := []image.Point{{1, 1}, {1, 2}, {7, 3}, {8, 8}, {300, 300}, {301, 299}, {900, 300}, {10, 400}, {3, 2000}}
	for range 40 {
		sizes = append(sizes, image.Pt(1+random.IntN(300), 1+random.IntN(300)))
	}
	for _, size := range sizes {
		for _, count := range tileScales {
			checkCover(t, fmt.Sprintf("%v: %d tiles across", size, count), size, tilesAt(size, count), 3*4*count*count)
		}
		for _, count := range windowScales {
			checkCover(t, fmt.Sprintf("%v: %d windows across", size, count), size, windowsAt(size, count), 3*4*count*count)
		}
	}
}

func checkCover(t *testing.T, name string, size image.Point, places []image.Rectangle, most int) {
	t.Helper()
	seen := make([]bool, size.X*size.Y)
	for _, r := range places {
		if r.Empty() || !r.In(image.Rectangle{Max: size}) {
			t.Errorf("%s: %v", name, r)
		}
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				seen[y*size.X+x] = true
			}
		}
	}
	for i, s := range seen {
		if !s {
			t.Fatalf("%s: pixel %d, %d is in none", name, i%size.X, i/size.X)
		}
	}
	if len(places) > most {
		t.Errorf("%s: %d places", name, len(places))
	}
}

func TestTiles(t *testing.T) {
	for _, test := range []struct {
		size  image.Point
		count int
		n     int
		side  image.Point
	}{
		{image.Pt(300, 300), 2, 9, image.Pt(150, 150)},
		{image.Pt(400, 300), 3, 5*6 + 5, image.Pt(100, 100)},
		{image.Pt(900, 300), 1, 5, image.Pt(300, 300)},
		{image.Pt(3000, 100), 2, 11, image.Pt(500, 100)}, // squashed, not many
		{image.Pt(2, 2), 4, 9, image.Pt(1, 1)},
	} {
		tiles := tilesAt(test.size, test.count)
		if len(tiles) != test.n || tiles[0].Size() != test.side {
			t.Errorf("%v, %d across: %d tiles of %v, want %d of %v", test.size, test.count, len(tiles), tiles[0].Size(), test.n, test.side)
		}
	}
}

// Photographs are one window; wide ones several, so that nothing is squashed by more than 4:3.
func TestWindows(t *testing.T) {
	for _, test := range []struct {
		size image.Point
		n    int
	}{
		{image.Pt(400, 400), 1}, {image.Pt(400, 300), 1}, {image.Pt(300, 400), 1}, {image.Pt(600, 400), 2}, {image.Pt(300, 100), 3}, {image.Pt(100, 3000), 3},
	} {
		if windows := windowsAt(test.size, 1); len(windows) != test.n {
			t.Errorf("%v: %v", test.size, windows)
		}
	}
}
