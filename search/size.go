package search

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"clipsearch/index/store"
)

// Size is a picture's extent in px, whichever way it is held. The zero value is no limit.
type Size struct{ Long, Short int }

// ParseSize reads "1080", which means both sides, or "1920x1080", whose order does not matter. "" is the zero Size;
// ErrBadQuery for anything else.
func ParseSize(s string) (Size, error) {
	if s == "" {
		return Size{}, nil
	}
	first, second, both := strings.Cut(strings.ToLower(s), "x")
	if !both {
		second = first
	}
	a, errA := strconv.ParseUint(first, 10, 31)
	b, errB := strconv.ParseUint(second, 10, 31)
	if errA != nil || errB != nil || a == 0 || b == 0 {
		return Size{}, badQuery("%q is no size in pixels; write 1080 or 1920x1080", s)
	}
	return Size{Long: int(max(a, b)), Short: int(min(a, b))}, nil
}

// Orientation is how a picture lies.
type Orientation string

// The orientations. What is less than a twentieth from square counts as square.
const (
	Landscape Orientation = "landscape"
	Portrait  Orientation = "portrait"
	Square    Orientation = "square"
)

const squareTolerance = 1.05

// orientationOf returns a picture's orientation, "" if its extent is unknown.
func orientationOf(d store.Document) Orientation {
	width, height := float64(d.Width), float64(d.Height)
	switch {
	case width <= 0 || height <= 0:
		return ""
	case math.Max(width, height) < squareTolerance*math.Min(width, height):
		return Square
	case width > height:
		return Landscape
	}
	return Portrait
}

// checkSizes returns what is wrong with the limits and the orientation, as an ErrBadQuery.
func (f Filter) checkSizes() error {
	if f.MaxSize != (Size{}) && (f.MinSize.Long > f.MaxSize.Long || f.MinSize.Short > f.MaxSize.Short) {
		return badQuery("no picture is at least %d×%d and at most %d×%d px", f.MinSize.Long, f.MinSize.Short, f.MaxSize.Long, f.MaxSize.Short)
	}
	if known := []Orientation{"", Landscape, Portrait, Square}; !slices.Contains(known, f.Orientation) {
		return badQuery("there is no orientation %q; it is landscape, portrait or square", f.Orientation)
	}
	return nil
}

// fits reports whether a picture has the extent and orientation asked for.
func (f Filter) fits(d store.Document) bool {
	long, short := max(d.Width, d.Height), min(d.Width, d.Height)
	switch {
	case long < f.MinSize.Long || short < f.MinSize.Short:
		return false
	case f.MaxSize != Size{} && (long > f.MaxSize.Long || short > f.MaxSize.Short):
		return false
	}
	return f.Orientation == "" || orientationOf(d) == f.Orientation
}
