package vec

import "math"

// ToF16 writes v as IEEE 754 half-precision numbers, rounded to nearest even,
// to dst, which has at least len(v) elements.
func ToF16(dst []uint16, v []float32) {
	dst = dst[:len(v)]
	for i, x := range v {
		dst[i] = toHalf(x)
	}
}

// FromF16 writes the half-precision numbers h to dst, which has at least len(h)
// elements. It is exact.
func FromF16(dst []float32, h []uint16) {
	dst = dst[:len(h)]
	for i, x := range h {
		if dst[i] = finite(x); x&0x7c00 == 0x7c00 {
			dst[i] = special(x)
		}
	}
}

func toHalf(f float32) uint16 {
	b := math.Float32bits(f)
	sign := uint16(b>>16) & 0x8000
	abs := b & 0x7fffffff
	switch {
	case abs > 0x7f800000: // NaN: keep it one
		return sign | 0x7e00
	case abs >= 0x477ff000: // ≥ 65520 rounds to infinity
		return sign | 0x7c00
	case abs >= 0x38800000: // normal half: rebias 127 → 15, drop 13 bits
		abs += 0xfff + abs>>13&1 // to nearest, ties to even; may carry into the exponent
		return sign | uint16((abs-0x38000000)>>13)
	case abs < 0x33000000: // below half the smallest subnormal, 2⁻²⁵
		return sign
	}
	// Subnormal half: m · 2⁻²⁴.
	shift := 126 - abs>>23
	m := abs&0x7fffff | 0x800000
	m += 1<<(shift-1) - 1 + m>>shift&1
	return sign | uint16(m>>shift)
}

// special returns the infinity or NaN that h is.
func special(h uint16) float32 {
	return math.Float32frombits(uint32(h&0x8000)<<16 | 0x7f800000 | uint32(h&0x3ff)<<13)
}

// DotF16 returns the inner product of unit with the finite half-precision numbers h, of which it has as many, and that of h
// with itself.
func DotF16(unit []float32, h []uint16) (dot, square float32) {
	var d0, d1, d2, d3, s0, s1, s2, s3 float32
	for len(unit) >= 8 && len(h) >= 8 { // summed in the order of Dot
		x0, x1, x2, x3 := finite(h[0]), finite(h[1]), finite(h[2]), finite(h[3])
		x4, x5, x6, x7 := finite(h[4]), finite(h[5]), finite(h[6]), finite(h[7])
		d0 += unit[0]*x0 + unit[4]*x4
		d1 += unit[1]*x1 + unit[5]*x5
		d2 += unit[2]*x2 + unit[6]*x6
		d3 += unit[3]*x3 + unit[7]*x7
		s0 += x0*x0 + x4*x4
		s1 += x1*x1 + x5*x5
		s2 += x2*x2 + x6*x6
		s3 += x3*x3 + x7*x7
		unit, h = unit[8:], h[8:]
	}
	for i, x := range h {
		y := finite(x)
		d0 += unit[i] * y
		s0 += y * y
	}
	return (d0 + d1) + (d2 + d3), (s0 + s1) + (s2 + s3)
}

// finite returns the number that h is, neither infinity nor NaN: the bits moved to their places make a number whose exponent is
// too small by 127 − 15.
func finite(h uint16) float32 {
	return math.Float32frombits(uint32(h&0x8000)<<16|uint32(h&0x7fff)<<13) * 0x1p112
}
