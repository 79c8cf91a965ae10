package locate

import (
	"image"
	"math"
)

// heatLong is how many cells a map has along the longer side. A patch of ViT-B/16's finest layer is more than one of them; finer
// cells would only cost time when boxes are drawn.
const heatLong = 56

// Heat is a map of probability over a picture. The cells sum to 1.
type Heat struct {
	Width, Height int       // cells, ≥ 1
	Cells         []float64 // row by row, ≥ 0
}

// newHeat returns a map of zeros for a picture of the given size, with cells about as wide as high and none below a pixel.
func newHeat(size image.Point) Heat {
	unit := max(1, float64(max(size.X, size.Y))/heatLong)
	h := Heat{Width: max(1, int(math.Round(float64(size.X)/unit))), Height: max(1, int(math.Round(float64(size.Y)/unit)))}
	h.Cells = make([]float64, h.Width*h.Height)
	return h
}

// spread adds the probabilities p of a layer's areas, each evenly over the cells that its area covers.
func (h Heat) spread(areas []area, p []float64, size image.Point) {
	across, down := float64(h.Width)/float64(size.X), float64(h.Height)/float64(size.Y) // cells a px
	for i, a := range areas {
		columns, left := overlaps(a.left*across, a.right*across, h.Width)
		rows, top := overlaps(a.top*down, a.bottom*down, h.Height)
		for y, v := range rows {
			line := h.Cells[(top+y)*h.Width+left:]
			for x, u := range columns {
				line[x] += p[i] * u * v
			}
		}
	}
}

// overlaps returns the shares of the stretch [from, to) that lie in each of the cells [i, i+1) that it touches, of n, and
// the first of these. The shares sum to 1 if the stretch is within [0, n).
func overlaps(from, to float64, n int) (shares []float64, first int) {
	first = min(n-1, int(from))
	for i := first; i < n && float64(i) < to; i++ {
		shares = append(shares, max(0, min(to, float64(i+1))-max(from, float64(i)))/(to-from))
	}
	return shares, first
}

// normalize scales the map's cells to sum to 1, which they do not yet.
func (h Heat) normalize() Heat {
	total := 0.0
	for _, c := range h.Cells {
		total += c
	}
	for i := range h.Cells {
		h.Cells[i] /= total
	}
	return h
}

// denseWeight is the exponent of the patches' map where it refines that of tiles. Among 0.1, 0.25, 0.5 and 1, and as many
// weighted sums, none did better on the development half of the test with pasted things.
const denseWeight = 0.1

// refined returns the normalised product of the maps of tiles and, weighted, of patches. It reuses the former's memory.
func refined(tiles, dense Heat) Heat {
	for i, c := range dense.Cells {
		tiles.Cells[i] *= math.Pow(c, denseWeight)
	}
	return tiles.normalize()
}
