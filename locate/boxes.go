package locate

import (
	"image"
	"math"
)

// boxLevel is where a box ends, as a share of the map's highest cell: cells below it count against the box. Lower levels
// overlap the thing better and higher ones hit its quadrant more often (0.25: mean overlap 0.43, quadrant 72 %; 0.5: 0.34,
// 79 %; on the development half of the test with pasted things, by tiles).
const boxLevel = 0.4

// boxes returns at most top boxes that do not overlap, for a picture of the given size. The first is the rectangle whose
// cells exceed the level by most in sum; the next ones are found likewise among the cells that are left.
func (h Heat) boxes(top int, size image.Point) []Box {
	left := append([]float64(nil), h.Cells...)
	var found []Box
	for len(found) < top {
		peak := 0.0
		for _, c := range left {
			peak = max(peak, c)
		}
		if peak == 0 {
			break
		}
		r := h.densest(left, boxLevel*peak)
		p := 0.0
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				p += h.Cells[y*h.Width+x]
				left[y*h.Width+x] = math.Inf(-1)
			}
		}
		found = append(found, Box{h.pixels(r, size), min(1, p)})
	}
	return found
}

// densest returns the rectangle of cells with the largest sum of cell − level, at least one of which is positive: the best
// run of columns (Kadane) for each band of rows.
func (h Heat) densest(cells []float64, level float64) image.Rectangle {
	best, where := math.Inf(-1), image.Rectangle{}
	columns := make([]float64, h.Width)
	for top := range h.Height {
		clear(columns)
		for bottom := top; bottom < h.Height; bottom++ {
			sum, from := 0.0, 0
			for x := range columns {
				columns[x] += cells[bottom*h.Width+x] - level
				if sum <= 0 {
					sum, from = 0, x
				}
				if sum += columns[x]; sum > best {
					best, where = sum, image.Rect(from, top, x+1, bottom+1)
				}
			}
		}
	}
	return where
}

// pixels returns the part of a picture of the given size that cells cover, widened to whole px.
func (h Heat) pixels(r image.Rectangle, size image.Point) image.Rectangle {
	return image.Rect(
		r.Min.X*size.X/h.Width, r.Min.Y*size.Y/h.Height,
		ceil(r.Max.X*size.X, h.Width), ceil(r.Max.Y*size.Y, h.Height))
}
