package kernel

import "fmt"

// Estimate says how the inner product of codes becomes a similarity, and how high that
// must be. The estimate of a row is
//
//	Base + Tilt·bias + Unit·scale·dot + Spread·margin
//
// with what the row has of bias, scale, dot and margin.
type Estimate struct {
	Base, Tilt, Unit, Spread float32
	Floor                    float32
}

// Rows is what Above reads of rows, besides their inner products: one value a row.
type Rows struct{ Bias, Scale, Margin []float32 }

// bitsPerWord is how many rows a word of Above's result tells of.
const bitsPerWord = 64

// Above sets bit i%64 of dst[i/64] for each row i of len(dots) whose estimate is not
// below e.Floor, and clears all other bits of dst. NaN is not below anything. Each
// product and sum, from the left, is rounded to a float32, so that all kernels set the
// same bits. dst has at least a bit a row, and all fields of rows have a value a row;
// fewer panic.
func (k Kernel) Above(dst []uint64, dots []int32, rows Rows, e Estimate) {
	n := len(dots)
	if min(len(rows.Bias), len(rows.Scale), len(rows.Margin), len(dst)*bitsPerWord) < n {
		panic(fmt.Sprintf("kernel: %d, %d, %d values and %d words for %d rows",
			len(rows.Bias), len(rows.Scale), len(rows.Margin), len(dst), n))
	}
	clear(dst)
	done := 0
	if k.above != nil && n >= group {
		done = n / group * group
		k.above(dst, dots[:done], rows, &e)
	}
	abovePlain(dst, done, dots, rows, &e)
}

// group is how many rows an assembly version of Above takes at a time.
const group = 16

// abovePlain does what Above says for the rows from first on, whose bits are clear.
func abovePlain(dst []uint64, first int, dots []int32, rows Rows, e *Estimate) {
	bias, scale, margin := rows.Bias[:len(dots)], rows.Scale[:len(dots)], rows.Margin[:len(dots)]
	for i := first; i < len(dots); i++ {
		// The conversions keep compilers from fusing a product with a sum.
		similarity := e.Base + float32(e.Tilt*bias[i])
		similarity += float32(e.Unit * scale[i] * float32(dots[i]))
		if !(similarity+float32(e.Spread*margin[i]) < e.Floor) {
			dst[i/bitsPerWord] |= 1 << (i % bitsPerWord)
		}
	}
}
