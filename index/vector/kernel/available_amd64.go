package kernel

import "golang.org/x/sys/cpu"

// Available returns the kernels that run on this processor, fastest first.
func Available() []Kernel {
	var kernels []Kernel
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512VNNI && cpu.X86.HasAVX2 {
		kernels = append(kernels, Kernel{
			Name: "avx512-vnni",
			dots: func(dst []int32, q []int8, codes []uint8) {
				dotsVNNI(&dst[0], &q[0], &codes[0], len(dst), len(q))
			},
			dotsAt: func(dst []int32, q []int8, rows [][]uint8) {
				dotsAtVNNI(&dst[0], &q[0], &rows[0], len(rows), len(q))
			},
			above: func(dst []uint64, dots []int32, r Rows, e *Estimate) {
				aboveAVX512(&dst[0], &dots[0], &r.Bias[0], &r.Scale[0], &r.Margin[0], len(dots), e)
			},
			crumbDots: func(dst []int32, q []int8, rows []uint8) {
				crumbDotsVNNI(&dst[0], &q[0], &rows[0], len(dst), len(q))
			},
		})
	}
	if cpu.X86.HasAVX2 {
		kernels = append(kernels, Kernel{
			Name: "avx2",
			dots: func(dst []int32, q []int8, codes []uint8) {
				dotsAVX2(&dst[0], &q[0], &codes[0], len(dst), len(q))
			},
			dotsAt: func(dst []int32, q []int8, rows [][]uint8) {
				dotsAtAVX2(&dst[0], &q[0], &rows[0], len(rows), len(q))
			},
			above: func(dst []uint64, dots []int32, r Rows, e *Estimate) {
				aboveAVX2(&dst[0], &dots[0], &r.Bias[0], &r.Scale[0], &r.Margin[0], len(dots), e)
			},
			crumbDots: func(dst []int32, q []int8, rows []uint8) {
				crumbDotsAVX2(&dst[0], &q[0], &rows[0], len(dst), len(q))
			},
		})
	}
	return append(kernels, plain())
}

// dotsVNNI needs AVX-512F, AVX-512 VNNI and AVX2. rows > 0; dims > 0, a multiple of 64.
//
//go:noescape
func dotsVNNI(dst *int32, q *int8, codes *uint8, rows, dims int)

// dotsAtVNNI needs what dotsVNNI needs. n > 0; dims > 0, a multiple of 64.
//
//go:noescape
func dotsAtVNNI(dst *int32, q *int8, rows *[]uint8, n, dims int)

// dotsAVX2 needs AVX2. rows > 0; dims > 0, a multiple of 64.
//
//go:noescape
func dotsAVX2(dst *int32, q *int8, codes *uint8, rows, dims int)

// dotsAtAVX2 needs AVX2. n > 0; dims > 0, a multiple of 64.
//
//go:noescape
func dotsAtAVX2(dst *int32, q *int8, rows *[]uint8, n, dims int)

// aboveAVX512 needs AVX-512F. rows > 0, a multiple of 16.
//
//go:noescape
func aboveAVX512(dst *uint64, dots *int32, bias, scale, margin *float32, rows int, e *Estimate)

// aboveAVX2 needs AVX2. rows > 0, a multiple of 8.
//
//go:noescape
func aboveAVX2(dst *uint64, dots *int32, bias, scale, margin *float32, rows int, e *Estimate)

// crumbDotsVNNI needs what dotsVNNI needs. n > 0; dims > 0, a multiple of 256.
//
//go:noescape
func crumbDotsVNNI(dst *int32, q *int8, rows *uint8, n, dims int)

// crumbDotsAVX2 needs AVX2. n > 0; dims > 0, a multiple of 256.
//
//go:noescape
func crumbDotsAVX2(dst *int32, q *int8, rows *uint8, n, dims int)
