// Package resample scales 8-bit pictures with an antialiased filter, bit for bit as Pillow does.
//
// [Scale] computes any window of the scaled picture without computing the rest, so that a centre crop of an
// extremely long picture costs no more than the crop. It knows nothing of files, colour or tensors.
package resample

import (
	"fmt"
	"image"
)

// Filter is a convolution kernel. The zero value is Bicubic.
type Filter int

const (
	// Bicubic is Keys' cubic convolution with a = -0.5, support 2 (Keys 1981; Pillow's BICUBIC).
	Bicubic Filter = iota
	// Bilinear is the triangle of support 1 (Pillow's BILINEAR).
	Bilinear
)

// String returns the filter's name in lower case.
func (f Filter) String() string {
	switch f {
	case Bicubic:
		return "bicubic"
	case Bilinear:
		return "bilinear"
	}
	return fmt.Sprintf("filter(%d)", int(f))
}

// Scale resizes src to size (px) and returns the part of the result inside window, which must lie within
// (0,0)-size; the returned picture's bounds start at (0,0). All four channels are filtered alike and
// independently (no premultiplication: pass opaque pictures, or any four planes such as CMYK).
//
// The arithmetic is that of Pillow 9.4's ImagingResample for 8-bit channels: the filter is widened by the
// reduction factor, the horizontal pass comes first and rounds to 8 bits, coefficients are fixed point.
// Scale panics if src or window is empty, or window is not inside size: those are programming errors.
// Safe for concurrent use.
func Scale(src *image.RGBA, size image.Point, window image.Rectangle, f Filter) *image.RGBA {
	b := src.Bounds()
	if b.Empty() || window.Empty() || !window.In(image.Rectangle{Max: size}) {
		panic(fmt.Sprintf("resample: window %v of a picture scaled from %v to %v", window, b.Size(), size))
	}
	columns := newTaps(b.Dx(), size.X, window.Min.X, window.Max.X, f)
	rows := newTaps(b.Dy(), size.Y, window.Min.Y, window.Max.Y, f)

	out := image.NewRGBA(image.Rectangle{Max: window.Size()})
	left, right := columns.span()
	source := make(line, 2*(right-left))
	sums := make(line, 2*window.Dx())
	ring := make([]line, rows.width) // input row y, reduced across, lies in ring[y % rows.width]
	for i := range ring {
		ring[i] = make(line, 2*window.Dx())
	}
	lines := make([]line, 0, rows.width)
	next := 0 // first input row that is not in the ring yet
	for y, start := range rows.start {
		count := rows.count[y]
		for next = max(next, start); next < start+count; next++ {
			at := src.PixOffset(b.Min.X+left, b.Min.Y+next)
			spread(source, src.Pix[at:at+4*(right-left)])
			across(ring[next%len(ring)], source, columns, left)
		}
		lines = lines[:0]
		for i := range count {
			lines = append(lines, ring[(start+i)%len(ring)])
		}
		down(sums, lines, rows.coef[y*rows.width:y*rows.width+count])
		pack(out.Pix[y*out.Stride:(y+1)*out.Stride], sums)
	}
	return out
}
