//go:build native

package torch

import (
	"unsafe"

	lib "github.com/sugarme/gotch/libtch"
)

// The operations that only training needs. Those of ops.go are differentiable as they stand, apart from quickGELU, which
// works in place.

// noGrad runs f without recording anything for a gradient. It belongs to the OS thread that it is called on.
func noGrad(f func()) {
	before := lib.AtGradSetEnabled(0)
	defer lib.AtGradSetEnabled(before & 1)
	f()
}

// leaf makes x something that a gradient is wanted for, and returns it.
func (s *scope) leaf(x tensor) tensor {
	return s.do("leaf", func(out *tensor) { lib.AtgSetRequiresGrad(out, x, 1) })
}

// backward adds the gradient of x, one number, to every leaf that it depends on.
func (s *scope) backward(x tensor) {
	if s.err != nil {
		return
	}
	lib.AtBackward(x, 0, 0)
	if err := lastError(); err != nil {
		s.fail("backward", err)
	}
}

// gradient returns the gradient of a leaf.
func (s *scope) gradient(leaf tensor) tensor {
	return s.do("gradient", func(out *tensor) { lib.AtgGrad(out, leaf) })
}

// split cuts x along its first dimension.
func (s *scope) split(x tensor, sizes []int64) []tensor {
	if s.err != nil {
		return nil
	}
	list := lib.AtgSplitWithSizes(x, sizes, len(sizes), 0)
	if list == nil {
		s.fail("split", lastError())
		return nil
	}
	defer freeList(unsafe.Pointer(list))
	parts := make([]tensor, len(sizes))
	copy(parts, unsafe.Slice(list, len(sizes)))
	s.owned = append(s.owned, parts...)
	return parts
}

// div returns a/b, broadcast.
func (s *scope) div(a, b tensor) tensor {
	return s.do("quotient", func(out *tensor) { lib.AtgDiv(out, a, b) })
}

// matmul returns a·b of two matrices.
func (s *scope) matmul(a, b tensor) tensor {
	return s.do("matrix product", func(out *tensor) { lib.AtgMm(out, a, b) })
}

// transpose returns a matrix transposed, without a copy.
func (s *scope) transpose(x tensor) tensor {
	return s.do("transpose", func(out *tensor) { lib.AtgT(out, x) })
}

// pick returns the slices of x along its first dimension that index names.
func (s *scope) pick(x, index tensor) tensor {
	return s.do("index", func(out *tensor) { lib.AtgIndexSelect(out, x, 0, index) })
}

// exp returns eˣ.
func (s *scope) exp(x tensor) tensor {
	return s.do("exponential", func(out *tensor) { lib.AtgExp(out, x) })
}

// logSoftmax returns the logarithm of the softmax over the last dimension.
func (s *scope) logSoftmax(x tensor) tensor {
	return s.do("log softmax", func(out *tensor) { lib.AtgLogSoftmax(out, x, -1, kindF32) })
}

// sum returns the sum of all numbers of x, in f32.
func (s *scope) sum(x tensor) tensor {
	return s.do("sum", func(out *tensor) { lib.AtgSum(out, x, kindF32) })
}

// sumRows returns the sums of the last dimension of x, which stays with size 1, in f32.
func (s *scope) sumRows(x tensor) tensor {
	return s.do("sum", func(out *tensor) { lib.AtgSumDimIntlist(out, x, []int64{-1}, 1, 1, kindF32) })
}

// plus returns x + number.
func (s *scope) plus(x tensor, number float64) tensor {
	scalar := lib.AtsFloat(number)
	defer lib.AtsFree(scalar)
	return s.do("sum", func(out *tensor) { lib.AtgAddScalar(out, x, scalar) })
}

// atMost returns x, or limit where x is larger.
func (s *scope) atMost(x tensor, limit float64) tensor {
	scalar := lib.AtsFloat(limit)
	defer lib.AtsFree(scalar)
	return s.do("clamp", func(out *tensor) { lib.AtgClampMax(out, x, scalar) })
}

// atLeast returns x, or limit where x is smaller.
func (s *scope) atLeast(x tensor, limit float64) tensor {
	scalar := lib.AtsFloat(limit)
	defer lib.AtsFree(scalar)
	return s.do("clamp", func(out *tensor) { lib.AtgClampMin(out, x, scalar) })
}

// norm returns the Euclidean norm of all numbers of x.
func (s *scope) norm(x tensor) tensor {
	return s.do("norm", func(out *tensor) { lib.AtgNorm(out, x) })
}

// unit returns the rows of x [N, D] with Euclidean norm 1.
func (s *scope) unit(x tensor) tensor {
	squares := s.sumRows(s.mul(x, x)) // [N, 1]
	return s.div(x, s.sqrt(s.plus(squares, 1e-12)))
}

// sqrt returns √x.
func (s *scope) sqrt(x tensor) tensor {
	return s.do("root", func(out *tensor) { lib.AtgSqrt(out, x) })
}

// equal returns where a and b, broadcast, are the same, as f32 0 and 1.
func (s *scope) equal(a, b tensor) tensor {
	return s.as(s.do("comparison", func(out *tensor) { lib.AtgEqTensor(out, a, b) }), kindF32)
}

// smoothGELU is quickGELU without working in place.
func (s *scope) smoothGELU(x tensor) tensor {
	scaled := s.scale(x, 1.702)
	gate := s.do("sigmoid", func(out *tensor) { lib.AtgSigmoid(out, scaled) })
	return s.mul(gate, x)
}

// relu returns x, or 0 where it is negative.
func (s *scope) relu(x tensor) tensor {
	return s.do("relu", func(out *tensor) { lib.AtgRelu(out, x) })
}

// detach returns x as a constant.
func (s *scope) detach(x tensor) tensor {
	return s.do("detach", func(out *tensor) { lib.AtgDetach(out, x) })
}

// between returns a moved towards b by a share.
func (s *scope) between(a, b tensor, share float64) tensor {
	scalar := lib.AtsFloat(share)
	defer lib.AtsFree(scalar)
	return s.do("interpolation", func(out *tensor) { lib.AtgLerp(out, a, b, scalar) })
}

// limit makes the numbers of x that are larger than most that, in place.
func (s *scope) limit(x tensor, most float64) {
	scalar := lib.AtsFloat(most)
	defer lib.AtsFree(scalar)
	s.do("clamp", func(out *tensor) { lib.AtgClampMax_(out, x, scalar) })
}

// move turns a towards the numbers of b by a share, in place.
func (s *scope) move(a, b tensor, share float64) {
	scalar := lib.AtsFloat(share)
	defer lib.AtsFree(scalar)
	s.do("interpolation", func(out *tensor) { lib.AtgLerp_(out, a, b, scalar) })
}

// set copies b over a's numbers.
func (s *scope) set(a, b tensor) {
	if s.err != nil {
		return
	}
	lib.AtCopy_(a, b)
	if err := lastError(); err != nil {
		s.fail("copy", err)
	}
}

// diagonal returns the identity matrix [n, n], f32, where like is.
func (s *scope) diagonal(n int64, like tensor) tensor {
	return s.do("identity", func(out *tensor) {
		lib.AtgEye(out, n, kindF32, int32(lib.AtDevice(like)))
	})
}

// lengthOf returns the size of x along its first dimension; 0 if there is no x.
func lengthOf(x tensor) int64 {
	if x == nil {
		return 0
	}
	shape := make([]int64, lib.AtDim(x))
	lib.AtShape(x, unsafe.Pointer(unsafe.SliceData(shape)))
	return shape[0]
}

// reciprocal returns 1/x.
func (s *scope) reciprocal(x tensor) tensor {
	return s.do("reciprocal", func(out *tensor) { lib.AtgReciprocal(out, x) })
}

// apart runs f in a scope of its own, all of whose tensors are freed.
func (s *scope) apart(f func(inner *scope)) {
	if s.err != nil {
		return
	}
	var inner scope
	defer inner.close()
	f(&inner)
	s.err = inner.err
}

// pair is within for two results, which it appends to a and b.
func (s *scope) pair(f func(inner *scope) (tensor, tensor), a, b *[]tensor) {
	s.apart(func(inner *scope) {
		x, y := f(inner)
		if inner.err != nil {
			return
		}
		inner.release(x)
		inner.release(y)
		s.owned = append(s.owned, x, y)
		*a, *b = append(*a, x), append(*b, y)
	})
}
