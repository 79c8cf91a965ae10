//go:build native

package locate

import (
	"fmt"
	"image"
	"image/draw"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clipsearch/internal/imgio"
	"clipsearch/internal/resample"
)

// aerial is a set of aerial pictures with one label each, in the splits dev and test.
const aerial = "../../shared/data/ucm"

// things are the texts for the labels of the aerial set.
var things = map[string]string{
	"agricultural": "farmland", "airplane": "an airplane", "baseballdiamond": "a baseball diamond", "beach": "a beach",
	"buildings": "buildings", "chaparral": "chaparral", "denseresidential": "a dense residential area", "forest": "a forest",
	"freeway": "a freeway", "golfcourse": "a golf course", "harbor": "a harbor with boats", "intersection": "an intersection",
	"mediumresidential": "a medium residential area", "mobilehomepark": "a mobile home park", "overpass": "an overpass",
	"parkinglot": "a parking lot with cars", "river": "a river", "runway": "a runway", "sparseresidential": "a sparse residential area",
	"storagetanks": "storage tanks", "tenniscourt": "a tennis court",
}

// pasted is a picture with a thing in one quadrant of a background that is labelled otherwise.
type pasted struct {
	picture *image.RGBA
	where   image.Rectangle
	text    string
}

// labelled is one picture of the aerial set.
type labelled struct{ file, label string }

// pastedSet returns n pictures made of one split, the same ones for a seed. The test is skipped where the set is absent.
func pastedSet(t *testing.T, split string, n int) []pasted {
	t.Helper()
	table, err := os.ReadFile(filepath.Join(aerial, split+"_labels.tsv"))
	if err != nil {
		t.Skipf("%s is absent; with it beside the repository run: go test -tags native ./locate", aerial)
	}
	var all []labelled
	for line := range strings.Lines(string(table)) {
		file, label, _ := strings.Cut(strings.TrimSpace(line), "\t")
		all = append(all, labelled{file, label})
	}
	random := rand.New(rand.NewPCG(15, 6))
	sizes := []image.Point{{320, 320}, {400, 300}, {300, 400}, {560, 224}}
	var set []pasted
	for i := range n {
		thing, background := all[i%len(all)], all[random.IntN(len(all))]
		for background.label == thing.label {
			background = all[random.IntN(len(all))]
		}
		set = append(set, paste(t, thing, background, sizes[random.IntN(len(sizes))], random))
	}
	return set
}

// paste puts a thing, 30–45 % of the shorter side wide, somewhere in a quadrant of a background.
func paste(t *testing.T, thing, background labelled, size image.Point, random *rand.Rand) pasted {
	t.Helper()
	picture := scaled(t, background.file, size)
	side := int((0.3 + 0.15*random.Float64()) * float64(min(size.X, size.Y)))
	quadrant := image.Rectangle{Max: size.Div(2)}.Add(image.Pt(random.IntN(2)*size.X/2, random.IntN(2)*size.Y/2))
	at := quadrant.Min.Add(image.Pt(random.IntN(quadrant.Dx()-side+1), random.IntN(quadrant.Dy()-side+1)))
	where := image.Rectangle{at, at.Add(image.Pt(side, side))}
	draw.Draw(picture, where, scaled(t, thing.file, where.Size()), image.Point{}, draw.Src)
	return pasted{picture, where, things[thing.label]}
}

// scaled returns a picture of the aerial set at another size.
func scaled(t *testing.T, file string, size image.Point) *image.RGBA {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(aerial, file))
	if err != nil {
		t.Fatal(err)
	}
	p, err := imgio.Decode(data, imgio.Options{})
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", file, err))
	}
	return resample.Scale(p.Image, size, image.Rectangle{Max: size}, resample.Bicubic)
}
