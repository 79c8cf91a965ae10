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
		dst[i] = fromHalf(x)
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

func fromHalf(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	exp, m := uint32(h>>10&0x1f), uint32(h&0x3ff)
	switch exp {
	case 0: // zero or subnormal
		return math.Float32frombits(sign | math.Float32bits(float32(m)*(1.0/(1<<24))))
	case 0x1f: // infinity or NaN
		return math.Float32frombits(sign | 0x7f800000 | m<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | m<<13)
}
