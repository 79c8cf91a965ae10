package resample

import (
	"encoding/binary"
	"image"
)

// Two channels travel in one 64-bit word, 32 bits apart: c·(low + high·2³²) = c·low + (c·high)·2³², so one
// multiplication serves both. The low sum may be negative and then borrows from the high one; unpack undoes
// that. Both sums stay below 2³¹ by the choice of precision.

// spread returns bytes 0 and 2 of a pixel 32 bits apart.
func spread(p uint32) int64 {
	return int64(p&0xff) | int64(p&0xff0000)<<16
}

// unpack returns the two clamped 8-bit channels of an accumulated word.
func unpack(sum int64) (low, high uint8) {
	l := int32(sum)
	h := int32((sum - int64(l)) >> 32)
	return clamp(l >> precision), clamp(h >> precision)
}

func clamp(v int32) uint8 {
	return uint8(min(max(v, 0), 255))
}

// rounding is half in both words.
const rounding = int64(half) | int64(half)<<32

// horizontal returns rows top..bottom-1 of src, each reduced to the columns of t.
func horizontal(src *image.RGBA, t taps, top, bottom int) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, len(t.start), bottom-top))
	for y := range bottom - top {
		offset := src.PixOffset(src.Rect.Min.X, top+y)
		row := src.Pix[offset : offset+4*src.Rect.Dx()]
		line := out.Pix[y*out.Stride : y*out.Stride+4*len(t.start)]
		for x, start := range t.start {
			coef := t.coef[x*t.width : x*t.width+t.count[x]]
			pixels := row[4*start : 4*(start+len(coef))]
			even, odd := rounding, rounding
			for _, c := range coef {
				p := binary.LittleEndian.Uint32(pixels)
				pixels = pixels[4:]
				even += c * spread(p)
				odd += c * spread(p>>8)
			}
			r, b := unpack(even)
			g, a := unpack(odd)
			binary.LittleEndian.PutUint32(line[4*x:], uint32(r)|uint32(g)<<8|uint32(b)<<16|uint32(a)<<24)
		}
	}
	return out
}

// vertical returns src reduced to the rows of t; input row i of t lies at y = top+i of src.
func vertical(src *image.RGBA, t taps, top int) *image.RGBA {
	width := src.Rect.Dx()
	out := image.NewRGBA(image.Rect(0, 0, width, len(t.start)))
	even := make([]int64, width)
	odd := make([]int64, width)
	for y, start := range t.start {
		for x := range even {
			even[x], odd[x] = rounding, rounding
		}
		for i, c := range t.coef[y*t.width : y*t.width+t.count[y]] {
			offset := src.PixOffset(src.Rect.Min.X, top+start+i)
			row := src.Pix[offset : offset+4*width]
			for x := range even {
				p := binary.LittleEndian.Uint32(row[4*x:])
				even[x] += c * spread(p)
				odd[x] += c * spread(p>>8)
			}
		}
		line := out.Pix[y*out.Stride : y*out.Stride+4*width]
		for x := range even {
			r, b := unpack(even[x])
			g, a := unpack(odd[x])
			binary.LittleEndian.PutUint32(line[4*x:], uint32(r)|uint32(g)<<8|uint32(b)<<16|uint32(a)<<24)
		}
	}
	return out
}
