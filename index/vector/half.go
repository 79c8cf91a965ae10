package vector

import (
	"slices"

	"clipsearch/internal/vec"
)

// half is a vector in half precision, of any norm, with the factor that makes it one of unit norm.
type half struct {
	values  []uint16
	inverse float32
}

// newHalf returns v in half precision; ErrDims, ErrNotFinite, ErrZero. What has no more than half precision is kept as it
// is; all else is normalised first, so that its values are in range. A store's vectors, which are unit vectors in half
// precision, normalised again, become what the store holds: normalising moves them by less than half a step.
func newHalf(v []float32, dims int) (half, error) {
	unit, err := unitVector(v, dims)
	if err != nil {
		return half{}, err
	}
	h := half{values: make([]uint16, dims)}
	rounded := make([]float32, dims)
	vec.ToF16(h.values, v)
	vec.FromF16(rounded, h.values)
	if !slices.Equal(rounded, v) {
		vec.ToF16(h.values, unit)
		vec.FromF16(rounded, h.values)
	}
	h.inverse = 1 / vec.Normalize(rounded)
	return h, nil
}

// similarity returns the inner product of a unit vector with h. buffer has the length of both.
func (h half) similarity(unit, buffer []float32) float32 {
	vec.FromF16(buffer, h.values)
	// Rounding takes the product of unit vectors beyond 1 by a few units in the last place.
	return max(-1, min(1, vec.Dot(unit, buffer)*h.inverse))
}
