package resample

import "encoding/binary"

// Two channels travel in one 64-bit word, 32 bits apart: c·(low + high·2³²) = c·low + (c·high)·2³², so one
// multiplication serves both. The low sum may be negative and then borrows from the high one; unpack undoes
// that. Both sums stay below 2³¹ by the choice of precision. A line is a row of pixels: first a word of R and B for
// each, then a word of G and A for each.
type line []int64

// halves returns the R and B words and the G and A words.
func (l line) halves() (even, odd line) {
	n := len(l) / 2
	return l[:n], l[n:][:n]
}

// rounding is half in both channels.
const rounding = int64(half) | int64(half)<<32

// spread writes RGBA pixels as words.
func spread(dst line, pixels []byte) {
	even, odd := dst.halves()
	for x := range even {
		p := binary.LittleEndian.Uint32(pixels[4*x:])
		even[x] = int64(p&0xff) | int64(p&0xff0000)<<16
		odd[x] = int64(p>>8&0xff) | int64(p>>24)<<32
	}
}

// unpack returns the two clamped 8-bit channels of a sum.
func unpack(sum int64) (low, high uint32) {
	l := int32(sum)
	h := int32((sum - int64(l)) >> 32)
	return clamp(l >> precision), clamp(h >> precision)
}

func clamp(v int32) uint32 {
	return uint32(min(max(v, 0), 255))
}

// pack rounds a line of sums to RGBA pixels.
func pack(dst []byte, sums line) {
	even, odd := sums.halves()
	for x := range even {
		r, b := unpack(even[x])
		g, a := unpack(odd[x])
		binary.LittleEndian.PutUint32(dst[4*x:], r|g<<8|b<<16|a<<24)
	}
}

// across reduces src, a line from column left on, to the columns of t, rounded to 8 bits.
func across(dst, src line, t taps, left int) {
	srcEven, srcOdd := src.halves()
	dstEven, dstOdd := dst.halves()
	for x, start := range t.start {
		coef := t.coef[x*t.width : x*t.width+t.count[x]]
		even, odd := srcEven[start-left:][:len(coef)], srcOdd[start-left:][:len(coef)]
		evenSum, oddSum := rounding, rounding
		for i, c := range coef {
			evenSum += c * even[i]
			oddSum += c * odd[i]
		}
		r, b := unpack(evenSum)
		g, a := unpack(oddSum)
		dstEven[x], dstOdd[x] = int64(r)|int64(b)<<32, int64(g)|int64(a)<<32
	}
}

// down writes the sum of lines by their coefficients, not yet rounded. It takes four at a time: so the sums are
// loaded and stored a quarter as often.
func down(sums line, lines []line, coef []int64) {
	for i := range sums {
		sums[i] = rounding
	}
	for ; len(coef) >= 4; lines, coef = lines[4:], coef[4:] {
		a, b, c, d := lines[0][:len(sums)], lines[1][:len(sums)], lines[2][:len(sums)], lines[3][:len(sums)]
		ca, cb, cc, cd := coef[0], coef[1], coef[2], coef[3]
		for i := range sums {
			sums[i] += ca*a[i] + cb*b[i] + cc*c[i] + cd*d[i]
		}
	}
	for n, c := range coef {
		a := lines[n][:len(sums)]
		for i := range sums {
			sums[i] += c * a[i]
		}
	}
}
