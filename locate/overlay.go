package locate

import (
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"

	"clipsearch/internal/resample"
)

const (
	panelLong  = 640 // px: longer side of a panel's picture; pictures are never enlarged beyond …
	panelShort = 240 // px: … this on the longer side, where a caption is readable
	margin     = 8   // px: around panels and captions
)

// sheet is the colour behind panels and captions.
var sheet = color.RGBA{24, 24, 27, 255}

// Overlay writes a PNG with a panel for each text: the picture in grey under the text's heat map, its boxes, and below them
// the text with the first box's probability. A scale of the map's colours closes the sheet. The letters are Go's own font:
// Latin, Greek and Cyrillic; others are shown as empty frames.
func (r Result) Overlay(w io.Writer) error {
	letters, err := newLetters()
	if err != nil {
		return err
	}
	size := panelSize(r.picture.Rect.Size())
	grey := faded(resample.Scale(r.picture, size, image.Rectangle{Max: size}, resample.Bilinear))
	cell := image.Pt(max(size.X, panelShort)+margin, size.Y+2*margin+letters.height)
	columns := columns(len(r.Texts), cell)
	rows := ceil(len(r.Texts), columns)
	img := image.NewRGBA(image.Rect(0, 0, columns*cell.X+margin, rows*cell.Y+2*margin+letters.height))
	draw.Draw(img, img.Rect, image.NewUniform(sheet), image.Point{}, draw.Src)
	colours := ramp()
	for i, found := range r.Texts {
		at := image.Pt(margin+i%columns*cell.X, margin+i/columns*cell.Y)
		panel := image.Rectangle{at, at.Add(size)}
		draw.Draw(img, panel, grey, image.Point{}, draw.Src)
		found.Heat.tint(img, panel, &colours)
		for n := len(found.Boxes) - 1; n >= 0; n-- { // the first on top
			frame(img, fitted(found.Boxes[n].Rectangle, r.Size, panel), n == 0)
		}
		letters.write(img, image.Pt(at.X, panel.Max.Y+margin), cell.X-margin, caption(found))
	}
	letters.scale(img, image.Pt(margin, rows*cell.Y+margin), &colours)
	return png.Encode(w, img)
}

// Layer writes a PNG of the first text's map to be laid over the picture: the likelier, the more colour and the less
// transparent, with its boxes. It has the picture's aspect.
func (r Result) Layer(w io.Writer) error {
	size := panelSize(r.Size)
	img := image.NewNRGBA(image.Rectangle{Max: size})
	colours, heat := ramp(), r.Texts[0].Heat
	peak := heat.peak()
	for y := range size.Y {
		for x := range size.X {
			value := heat.level(x, y, size, peak)
			c := colours[int(255*value+0.5)]
			img.SetNRGBA(x, y, color.NRGBA{c.R, c.G, c.B, uint8(math.Round(255 * layerOpacity * value))})
		}
	}
	for n := len(r.Texts[0].Boxes) - 1; n >= 0; n-- { // the first on top
		frame(img, fitted(r.Texts[0].Boxes[n].Rectangle, r.Size, img.Rect), n == 0)
	}
	return png.Encode(w, img)
}

// layerOpacity is how much of the picture the likeliest place covers: its colours are told apart, and what is there is seen.
const layerOpacity = 0.7

// panelSize returns how large a picture of the given size is drawn, in px.
func panelSize(size image.Point) image.Point {
	long := max(size.X, size.Y)
	to := min(panelLong, max(panelShort, long))
	return image.Pt(max(1, size.X*to/long), max(1, size.Y*to/long))
}

// columns returns how many panels of the given size stand side by side, so that n of them make about a square.
func columns(n int, panel image.Point) int {
	return min(n, max(1, int(math.Round(math.Sqrt(float64(n*panel.Y)/float64(panel.X))))))
}

// faded turns a picture to grey and takes 3/10 of its light, in place, so that only the map has colours.
func faded(img *image.RGBA) *image.RGBA {
	for i := 0; i < len(img.Pix); i += 4 {
		p := img.Pix[i : i+3]
		y := (299*int(p[0]) + 587*int(p[1]) + 114*int(p[2])) * 7 / 10000 // ITU-R BT.601
		p[0], p[1], p[2] = uint8(y), uint8(y), uint8(y)
	}
	return img
}

// tint lays the map over a panel: the likelier, the more colour.
func (h Heat) tint(img *image.RGBA, panel image.Rectangle, colours *[256]color.RGBA) {
	peak := h.peak()
	for y := panel.Min.Y; y < panel.Max.Y; y++ {
		for x := panel.Min.X; x < panel.Max.X; x++ {
			value := h.level(x-panel.Min.X, y-panel.Min.Y, panel.Size(), peak)
			c := colours[int(255*value+0.5)]
			p := img.Pix[img.PixOffset(x, y):]
			share := 0.35 + 0.4*value
			p[0], p[1], p[2] = mix(p[0], c.R, share), mix(p[1], c.G, share), mix(p[2], c.B, share)
		}
	}
}

// peak returns the map's highest cell.
func (h Heat) peak() float64 {
	peak := 0.0
	for _, c := range h.Cells {
		peak = max(peak, c)
	}
	return peak
}

// level returns the map's value at a px of a panel, as a share of the peak.
func (h Heat) level(x, y int, panel image.Point, peak float64) float64 {
	u, v := (float64(x)+0.5)/float64(panel.X), (float64(y)+0.5)/float64(panel.Y)
	return min(1, h.at(u, v)/peak)
}

// mix returns a with a share of b.
func mix(a, b uint8, share float64) uint8 {
	return uint8(math.Round(float64(a)*(1-share) + float64(b)*share))
}

// at returns the map's value at (u, v) in [0, 1]², linear between the middles of cells.
func (h Heat) at(u, v float64) float64 {
	x0, x1, dx := between(u, h.Width)
	y0, y1, dy := between(v, h.Height)
	top := h.Cells[y0*h.Width+x0]*(1-dx) + h.Cells[y0*h.Width+x1]*dx
	bottom := h.Cells[y1*h.Width+x0]*(1-dx) + h.Cells[y1*h.Width+x1]*dx
	return top*(1-dy) + bottom*dy
}

// between returns the two of n cells between whose middles u in [0, 1] lies, and how far it is from the first.
func between(u float64, n int) (first, second int, part float64) {
	at := min(max(u*float64(n)-0.5, 0), float64(n-1))
	first = int(at)
	return first, min(first+1, n-1), at - float64(first)
}

// fitted returns where a box of a picture of the given size lies on its panel.
func fitted(box image.Rectangle, size image.Point, panel image.Rectangle) image.Rectangle {
	at := func(p image.Point) image.Point {
		return panel.Min.Add(image.Pt(p.X*panel.Dx()/size.X, p.Y*panel.Dy()/size.Y))
	}
	return image.Rectangle{at(box.Min), at(box.Max)}
}

// frame draws a box's outline, white within black, so that it shows on any ground; the first box's is thicker.
func frame(img draw.Image, box image.Rectangle, first bool) {
	inner := 1
	if first {
		inner = 2
	}
	outline(img, box, inner+2, color.RGBA{A: 255})
	outline(img, box.Inset(1), inner, color.RGBA{255, 255, 255, 255})
}

// outline draws a rectangle's border of the given width, in px, inwards.
func outline(img draw.Image, r image.Rectangle, width int, c color.RGBA) {
	paint := image.NewUniform(c)
	for _, side := range []image.Rectangle{
		{r.Min, image.Pt(r.Max.X, r.Min.Y+width)}, {image.Pt(r.Min.X, r.Max.Y-width), r.Max},
		{r.Min, image.Pt(r.Min.X+width, r.Max.Y)}, {image.Pt(r.Max.X-width, r.Min.Y), r.Max},
	} {
		draw.Draw(img, side.Intersect(r), paint, image.Point{}, draw.Src)
	}
}
