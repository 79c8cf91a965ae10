package locate

import (
	"image"
	"math"
)

// area is a part of a picture, in px that need not be whole.
type area struct{ left, top, right, bottom float64 }

// areaOf returns a rectangle as an area.
func areaOf(r image.Rectangle) area {
	return area{float64(r.Min.X), float64(r.Min.Y), float64(r.Max.X), float64(r.Max.Y)}
}

// tileScales are how many tiles fit across the shorter side, without overlap, at each size of tile: a thing is seen best
// when it fills its tile, and its size is not known.
var tileScales = []int{2, 3, 4}

// longestRow bounds the tiles along a picture, as a multiple of those across: beyond it tiles grow, so that an extremely
// long picture costs no more than one of 3:1.
const longestRow = 3

// tilesAt returns the tiles of a picture of the given size with count of them across its shorter side. Each overlaps its
// neighbours by half or a little more, and together they cover every pixel; none is empty.
func tilesAt(size image.Point, count int) []image.Rectangle {
	short, long := min(size.X, size.Y), max(size.X, size.Y)
	side := max(1, ceil(short, count), ceil(long, longestRow*count))
	columns, rows := steps(size.X, side, 2), steps(size.Y, side, 2)
	var tiles []image.Rectangle
	for _, y := range rows {
		for _, x := range columns {
			tiles = append(tiles, image.Rect(x, y, min(x+side, size.X), min(y+side, size.Y)))
		}
	}
	return tiles
}

// windowsAt returns the parts of a picture that are squashed to the tower's square for their patches: count across the
// shorter side, and as many along the longer as keep the squashing below 4:3.
func windowsAt(size image.Point, count int) []image.Rectangle {
	const most = 4.0 / 3 // photographs' usual aspect costs one window
	width, height := float64(size.X), float64(size.Y)
	columns := count * min(longestRow, int(math.Ceil(width/height/most-1e-9)))
	rows := count * min(longestRow, int(math.Ceil(height/width/most-1e-9)))
	var windows []image.Rectangle
	for _, y := range steps(size.Y, ceil(size.Y, rows), 1) {
		for _, x := range steps(size.X, ceil(size.X, columns), 1) {
			windows = append(windows, image.Rect(x, y, min(x+ceil(size.X, columns), size.X), min(y+ceil(size.Y, rows), size.Y)))
		}
	}
	return windows
}

// steps returns where pieces of length side begin that cover length px, evenly, so many to each side at least.
func steps(length, side, perSide int) []int {
	if side >= length {
		return []int{0}
	}
	gaps := ceil(perSide*(length-side), side)
	starts := make([]int, gaps+1)
	for i := range starts {
		starts[i] = i * (length - side) / gaps
	}
	return starts
}

// ceil returns a/b, rounded up.
func ceil(a, b int) int { return (a + b - 1) / b }

// grid returns the areas of the side×side patches of a window, row by row.
func grid(window image.Rectangle, side int) []area {
	w, h := float64(window.Dx())/float64(side), float64(window.Dy())/float64(side)
	areas := make([]area, 0, side*side)
	for row := range side {
		for column := range side {
			left, top := float64(window.Min.X)+float64(column)*w, float64(window.Min.Y)+float64(row)*h
			areas = append(areas, area{left, top, left + w, top + h})
		}
	}
	return areas
}
