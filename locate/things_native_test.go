//go:build native

package locate

import (
	"fmt"
	"image"
	"testing"

	"clipsearch/encode"
)

// score is how a method did on a set of pasted things.
type score struct {
	right   int     // first boxes whose middle is in the thing's quadrant
	overlap float64 // intersection over union of first boxes and things, summed
	n       int
}

func (s score) String() string {
	return fmt.Sprintf("%.1f %% of %d in the right quadrant, mean overlap %.3f", 100*s.share(), s.n, s.overlap/float64(s.n))
}

// share returns the share of right boxes.
func (s score) share() float64 { return float64(s.right) / float64(s.n) }

// add counts one box.
func (s *score) add(box image.Rectangle, p pasted) {
	size := p.picture.Rect.Size()
	if quadrantOf(box, size) == quadrantOf(p.where, size) {
		s.right++
	}
	in, a, b := box.Intersect(p.where), box.Size(), p.where.Size()
	both := float64(in.Dx() * in.Dy())
	s.overlap += both / (float64(a.X*a.Y+b.X*b.Y) - both)
	s.n++
}

// quadrantOf says whether the middle of a rectangle is in the right and in the lower half of a picture.
func quadrantOf(r image.Rectangle, size image.Point) [2]bool {
	return [2]bool{r.Min.X+r.Max.X >= size.X, r.Min.Y+r.Max.Y >= size.Y}
}

// A pasted thing's quadrant is found far above chance, which is 25 %. What could be chosen (sizes of tiles and windows,
// level of boxes, weight and default of the methods) was chosen on dev; this is about test, and the log has the figures.
func TestPastedThings(t *testing.T) {
	const checkpoint = "../../shared/models/clip-dev-small"
	set := pastedSet(t, "test", 210)
	model, err := encode.Open(checkpoint, encode.Options{Device: "cpu", Threads: 1})
	if err != nil {
		t.Skipf("needs %s: go test -tags native -run Pasted -v ./locate (%v)", checkpoint, err)
	}
	defer model.Close()
	scores := map[Method]*score{Tiles: {}, Dense: {}, Both: {}}
	for _, p := range set {
		words, err := model.EncodeTexts(t.Context(), []string{p.text})
		if err != nil {
			t.Fatal(err)
		}
		all, err := look(t.Context(), model, p.picture, Both)
		if err != nil {
			t.Fatal(err)
		}
		for method, l := range map[Method]looks{Both: all, Tiles: {tiles: all.tiles}, Dense: {dense: all.dense}} {
			heat := l.heat(words[0], model.LogitScale(), p.picture.Rect.Size())
			scores[method].add(heat.boxes(1, p.picture.Rect.Size())[0].Rectangle, p)
		}
	}
	for _, want := range []struct {
		name   string
		method Method
		least  float64 // three standard errors below what was seen
	}{{"tiles", Tiles, 0.58}, {"dense", Dense, 0.38}, {"both", Both, 0.58}} {
		got := scores[want.method]
		t.Logf("%s: %v", want.name, got)
		if got.share() < want.least {
			t.Errorf("%s: %v, want %.2f", want.name, got, want.least)
		}
	}
}
