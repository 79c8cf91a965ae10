package locate

import (
	"fmt"
	"image"
	"image/color"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// letters write one line of text.
type letters struct {
	face   font.Face
	height int // px, of a line
}

// newLetters loads Go's own font.
func newLetters() (letters, error) {
	parsed, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return letters{}, err
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: 16, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		return letters{}, err
	}
	metrics := face.Metrics()
	return letters{face, (metrics.Ascent + metrics.Descent).Ceil()}, nil
}

// write writes text with its top left corner at a point; what is wider than width px is cut.
func (l letters) write(img *image.RGBA, at image.Point, width int, text string) {
	ink := image.NewUniform(color.RGBA{240, 240, 240, 255})
	dot := fixed.P(at.X, at.Y+l.face.Metrics().Ascent.Ceil())
	d := font.Drawer{Dst: img, Src: ink, Face: l.face, Dot: dot}
	d.DrawString(l.cut(text, width))
}

// cut returns text or, if it is wider than width px, as much of it as fits with an ellipsis.
func (l letters) cut(text string, width int) string {
	runes := []rune(text)
	for n := len(runes); n > 0; n-- {
		if font.MeasureString(l.face, text).Ceil() <= width {
			return text
		}
		text = strings.TrimSpace(string(runes[:n-1])) + "…"
	}
	return text
}

// width returns how wide text is, in px.
func (l letters) width(text string) int { return font.MeasureString(l.face, text).Ceil() }

// scale draws the map's colours from left to right at a point, with what they mean.
func (l letters) scale(img *image.RGBA, at image.Point, colours *[256]color.RGBA) {
	const width = 96 // px
	low, high := "unlikely", "likeliest"
	l.write(img, at, l.width(low), low)
	at.X += l.width(low) + margin
	for x := range width {
		for y := range l.height {
			img.SetRGBA(at.X+x, at.Y+y, colours[x*255/(width-1)])
		}
	}
	at.X += width + margin
	l.write(img, at, l.width(high), high)
}

// caption is what stands below a panel.
func caption(f Found) string {
	return fmt.Sprintf("%.0f %%  %s", 100*f.Boxes[0].Probability, strings.Join(strings.Fields(f.Text), " "))
}
