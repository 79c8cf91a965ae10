package kernel

import "golang.org/x/sys/cpu"

// Available returns the kernels that run on this processor, fastest first.
func Available() []Kernel {
	var kernels []Kernel
	if cpu.ARM64.HasASIMDDP {
		kernels = append(kernels, Kernel{
			Name: "neon-dotprod",
			dots: func(dst []int32, q []int8, codes []uint8) {
				dotsDotProd(&dst[0], &q[0], &codes[0], len(dst), len(q))
			},
			dotsAt: func(dst []int32, q []int8, rows [][]uint8) {
				for i, row := range rows {
					dotsDotProd(&dst[i], &q[0], &row[0], 1, len(q))
				}
			},
			crumbDots: func(dst []int32, q []int8, rows []uint8) {
				crumbDotsDotProd(&dst[0], &q[0], &rows[0], len(dst), len(q))
			},
		})
	}
	if cpu.ARM64.HasASIMD {
		kernels = append(kernels, Kernel{
			Name: "neon",
			dots: func(dst []int32, q []int8, codes []uint8) {
				dotsNEON(&dst[0], &q[0], &codes[0], len(dst), len(q))
			},
			dotsAt: func(dst []int32, q []int8, rows [][]uint8) {
				for i, row := range rows {
					dotsNEON(&dst[i], &q[0], &row[0], 1, len(q))
				}
			},
			crumbDots: func(dst []int32, q []int8, rows []uint8) {
				crumbDotsNEON(&dst[0], &q[0], &rows[0], len(dst), len(q))
			},
		})
	}
	return append(kernels, plain())
}

// dotsDotProd needs the dot product instructions of ARMv8.2. rows > 0; dims > 0, a multiple of 64.
//
//go:noescape
func dotsDotProd(dst *int32, q *int8, codes *uint8, rows, dims int)

// dotsNEON runs on every arm64. rows > 0; dims > 0, a multiple of 64.
//
//go:noescape
func dotsNEON(dst *int32, q *int8, codes *uint8, rows, dims int)

// crumbDotsDotProd needs the dot product instructions of ARMv8.2. n > 0; dims > 0, a multiple of 256.
//
//go:noescape
func crumbDotsDotProd(dst *int32, q *int8, rows *uint8, n, dims int)

// crumbDotsNEON runs on every arm64. n > 0; dims > 0, a multiple of 256.
//
//go:noescape
func crumbDotsNEON(dst *int32, q *int8, rows *uint8, n, dims int)
