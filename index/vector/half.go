package vector

import (
	"fmt"
	"math"
	"slices"

	"clipsearch/internal/vec"
)

// half is a vector in half precision, of any norm, finite and not zero.
type half []uint16

// newHalf returns v in half precision; ErrDims, ErrNotFinite, ErrZero. What has no more than half precision is kept as it
// is; all else is normalised first, so that its values are in range. A store's vectors, which are unit vectors in half
// precision, normalised again, become what the store holds: normalising moves them by less than half a step.
func newHalf(v []float32, dims int) (half, error) {
	unit, err := unitVector(v, dims)
	if err != nil {
		return nil, err
	}
	h, rounded := make(half, dims), make([]float32, dims)
	vec.ToF16(h, v)
	vec.FromF16(rounded, h)
	if !slices.Equal(rounded, v) {
		vec.ToF16(h, unit)
	}
	return h, nil
}

// similarity returns the inner product of a unit vector with h scaled to unit norm.
func (h half) similarity(unit []float32) float32 {
	dot, square := vec.DotF16(unit, h)
	// Rounding takes the product of unit vectors beyond 1 by a few units in the last place.
	return max(-1, min(1, dot/float32(math.Sqrt(float64(square)))))
}

// unit writes h, scaled to unit norm, to dst.
func (h half) unit(dst []float32) {
	vec.FromF16(dst, h)
	vec.Normalize(dst)
}

// checkHalf refuses what newHalf would; ErrDims, ErrNotFinite, ErrZero.
func checkHalf(v []uint16, dims int) error {
	if len(v) != dims {
		return fmt.Errorf("%w: %d instead of %d", ErrDims, len(v), dims)
	}
	var any uint16
	for _, x := range v {
		if x&0x7c00 == 0x7c00 {
			return ErrNotFinite
		}
		any |= x & 0x7fff
	}
	if any == 0 {
		return ErrZero
	}
	return nil
}
