//go:build native

package torch

import (
	"unsafe"

	lib "github.com/sugarme/gotch/libtch"
)

// Every operation of libtorch that the towers use is called here and nowhere else, so that a change of library, a fused
// kernel or a recorded graph has one place to go. All of them exist in libtorch 1.13 and in every 2.x.

// linear is a fully connected layer: y = x·weightᵀ + bias.
type linear struct {
	weight tensor // [out, in]
	bias   tensor // [out], or nil
	packed bool   // weight is of scope.packed; see packed.go
}

// norm is a layer normalisation over the last dimension. kind is the type that it is given its input in; it sums in f32
// whatever that is.
type norm struct {
	weight, bias tensor // of type kind, [width]
	kind         int32
	width        int64
	eps          float64
}

// linear returns x·weightᵀ + bias.
func (s *scope) linear(x tensor, l linear) tensor {
	if l.packed {
		return s.convolve(x, l)
	}
	return s.do("linear", func(out *tensor) { lib.AtgLinear(out, x, l.weight, l.bias) })
}

// How a kernel that is one place large moves over the places of three dimensions.
var (
	noPadding  = []int64{0, 0, 0}
	everyPlace = []int64{1, 1, 1}
)

// packed returns the weights [out, in] of a layer packed. Only convolve takes them.
func (s *scope) packed(weight tensor) tensor {
	return s.within(func(s *scope) tensor {
		kernel := s.permute(s.expand(weight, 1, 1, 1, -1, -1), 3, 4, 0, 1, 2) // [out, in, 1, 1, 1]
		kernel = s.do("packing", func(out *tensor) { lib.AtgToMkldnn(out, kernel, -1) })
		return s.do("packing", func(out *tensor) {
			lib.AtgMkldnnReorderConv3dWeight(out, kernel, noPadding, 3, everyPlace, 3, everyPlace, 3, 1)
		})
	})
}

// convolve returns x·weightᵀ + bias, [N, out], of x [N, in] and packed weights. Its memory is in the order of columns.
func (s *scope) convolve(x tensor, l linear) tensor {
	return s.within(func(s *scope) tensor {
		x := s.permute(s.expand(x, 1, 1, 1, -1, -1), 0, 4, 1, 2, 3) // [1, in, 1, 1, N]
		y := s.do("linear", func(out *tensor) {
			lib.AtgMkldnnConvolution(out, x, l.weight, l.bias, noPadding, 3, everyPlace, 3, everyPlace, 3, 1)
		}) // [1, out, 1, 1, N]
		y = s.permute(y, 0, 2, 3, 4, 1)                                         // [1, 1, 1, N, out]
		return s.do("view", func(out *tensor) { lib.AtgFlatten(out, y, 0, 3) }) // [N, out]
	})
}

// layerNorm returns x normalised over its last dimension, in the given type.
func (s *scope) layerNorm(x tensor, n norm, kind int32) tensor {
	return s.within(func(s *scope) tensor {
		x := s.as(x, n.kind)
		y := s.do("layer norm", func(out *tensor) {
			lib.AtgLayerNorm(out, x, []int64{n.width}, 1, n.weight, n.bias, n.eps, 1)
		})
		return s.as(y, kind)
	})
}

// embedding returns the rows of table that ids name.
func (s *scope) embedding(table, ids tensor) tensor {
	return s.do("embedding", func(out *tensor) { lib.AtgEmbedding(out, table, ids, -1, 0, 0) })
}

// bmm returns the products of two batches of matrices.
func (s *scope) bmm(a, b tensor) tensor {
	return s.do("matrix product", func(out *tensor) { lib.AtgBmm(out, a, b) })
}

// softmax returns the softmax over the last dimension, in the given type.
func (s *scope) softmax(x tensor, kind int32) tensor {
	return s.do("softmax", func(out *tensor) { lib.AtgSoftmax(out, x, -1, kind) })
}

// gelu returns x·Φ(x), with the exact Φ.
func (s *scope) gelu(x tensor) tensor {
	return s.do("gelu", func(out *tensor) { gelu(out, x) })
}

// silu returns x·σ(x), computed in place: x is not to be used any more.
func (s *scope) silu(x tensor) tensor {
	return s.do("silu", func(out *tensor) { lib.AtgSilu_(out, x) })
}

// attend returns softmax(q·kᵀ + mask)·v in one operation that never holds the scores: q, k and v are [B, H, T, W/H], in
// memory of whatever order; causal masks the tokens behind each. Only libtorch 2 has it.
func (s *scope) attend(q, k, v tensor, causal bool) tensor {
	return s.do("attention", func(out *tensor) { fusedAttention(out, q, k, v, causal) })
}

// add returns a + b, broadcast.
func (s *scope) add(a, b tensor) tensor {
	return s.do("sum", func(out *tensor) { lib.AtgAdd(out, a, b) })
}

// addTo returns a + b, computed in place of a, which is not to be used any more.
func (s *scope) addTo(a, b tensor) tensor {
	return s.do("sum", func(out *tensor) { lib.AtgAdd_(out, a, b) })
}

// shift returns x + term, computed in place of x.
func (s *scope) shift(x tensor, term float64) tensor {
	scalar := lib.AtsFloat(term)
	defer lib.AtsFree(scalar)
	return s.do("sum", func(out *tensor) { lib.AtgAddScalar_(out, x, scalar) })
}

// mul returns a·b of each pair of elements, broadcast.
func (s *scope) mul(a, b tensor) tensor {
	return s.do("product", func(out *tensor) { lib.AtgMul(out, a, b) })
}

// scale returns x·factor.
func (s *scope) scale(x tensor, factor float64) tensor {
	scalar := lib.AtsFloat(factor)
	defer lib.AtsFree(scalar)
	return s.do("product", func(out *tensor) { lib.AtgMulScalar(out, x, scalar) })
}

// cat joins tensors along a dimension.
func (s *scope) cat(dim int64, parts ...tensor) tensor {
	return s.do("concatenation", func(out *tensor) { lib.AtgCat(out, parts, len(parts), dim) })
}

// view returns x with another shape, without a copy; -1 stands for what is left.
func (s *scope) view(x tensor, shape ...int64) tensor {
	return s.do("view", func(out *tensor) { lib.AtgView(out, x, shape, len(shape)) })
}

// reshape returns x with another shape, copied if its memory is not in that order.
func (s *scope) reshape(x tensor, shape ...int64) tensor {
	return s.do("reshape", func(out *tensor) { lib.AtgReshape(out, x, shape, len(shape)) })
}

// permute returns x with its dimensions in another order, without a copy.
func (s *scope) permute(x tensor, order ...int64) tensor {
	return s.do("permute", func(out *tensor) { lib.AtgPermute(out, x, order, len(order)) })
}

// contiguous returns x with its memory in the order of its dimensions.
func (s *scope) contiguous(x tensor) tensor {
	return s.do("copy", func(out *tensor) { lib.AtgContiguous(out, x) })
}

// expand returns x repeated to shape along dimensions of size 1, without a copy.
func (s *scope) expand(x tensor, shape ...int64) tensor {
	return s.do("expand", func(out *tensor) { lib.AtgExpand(out, x, shape, len(shape), 0) })
}

// at returns the slice of x at one index of a dimension, which disappears.
func (s *scope) at(x tensor, dim, index int64) tensor {
	return s.do("select", func(out *tensor) { lib.AtgSelect(out, x, dim, index) })
}

// first returns the first n slices of x along a dimension.
func (s *scope) first(x tensor, dim, n int64) tensor { return s.part(x, dim, 0, n) }

// part returns n slices of x along a dimension, without a copy, the first being slice from.
func (s *scope) part(x tensor, dim, from, n int64) tensor {
	return s.do("narrow", func(out *tensor) { lib.AtgNarrow(out, x, dim, from, n) })
}

// to returns x on a device in a type; x itself, behind a second handle, if it is there already.
func (s *scope) to(x tensor, device, kind int32) tensor {
	return s.do("transfer", func(out *tensor) { lib.AtgToDevice(out, x, device, kind, 0, 0) })
}

// send is to without a wait: x must lie in pinned memory and stay as it is until the device has done what it was given.
func (s *scope) send(x tensor, device, kind int32) tensor {
	return s.do("transfer", func(out *tensor) { lib.AtgToDevice(out, x, device, kind, 1, 0) })
}

// empty returns a tensor of whatever was in its memory.
func (s *scope) empty(kind, device int32, shape ...int64) tensor {
	return s.do("tensor", func(out *tensor) { lib.AtgEmpty(out, shape, len(shape), kind, device) })
}

// random returns a tensor of numbers from the normal distribution.
func (s *scope) random(kind, device int32, shape ...int64) tensor {
	return s.do("random numbers", func(out *tensor) { lib.AtgRandn(out, shape, len(shape), kind, device) })
}

// pinned returns a copy of x in memory that a CUDA device reads by itself.
func (s *scope) pinned(x tensor) tensor {
	return s.do("pinned memory", func(out *tensor) { lib.AtgPinMemory(out, x, 0) })
}

// memory returns the n bytes of a tensor on the CPU, which live as long as it.
func (s *scope) memory(x tensor, n int) []byte {
	if s.err != nil {
		return nil
	}
	return unsafe.Slice((*byte)(lib.AtDataPtr(x)), n)
}

// as returns x in another element type.
func (s *scope) as(x tensor, kind int32) tensor {
	return s.do("conversion", func(out *tensor) { lib.AtgToDtype(out, x, kind, 0, 0) })
}

// ofBytes returns a tensor on the CPU with a copy of data, which holds its elements in row-major order.
func (s *scope) ofBytes(data []byte, kind int32, shape ...int64) tensor {
	return s.do("tensor", func(out *tensor) {
		*out = lib.AtTensorOfData(unsafe.Pointer(unsafe.SliceData(data)), shape, uint(len(shape)), kindSize(kind), int(kind))
	})
}

// ofFloats returns an f32 tensor on the CPU with a copy of data.
func (s *scope) ofFloats(data []float32, shape ...int64) tensor {
	return s.ofBytes(bytesOf(data), kindF32, shape...)
}

// ofInts returns an int64 tensor on the CPU with a copy of data.
func (s *scope) ofInts(data []int64, shape ...int64) tensor {
	return s.ofBytes(bytesOf(data), kindI64, shape...)
}

// floats copies the n elements of an f32 tensor, on whatever device, to Go memory.
func (s *scope) floats(x tensor, n int) []float32 {
	if s.err != nil {
		return nil
	}
	data := make([]float32, n)
	lib.AtCopyData(x, unsafe.Pointer(unsafe.SliceData(data)), uint(n), kindSize(kindF32))
	if err := lastError(); err != nil {
		s.fail("copy", err)
		return nil
	}
	return data
}

// bytesOf returns the memory of a slice of numbers.
func bytesOf[T float32 | int64](data []T) []byte {
	var element T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(data))), len(data)*int(unsafe.Sizeof(element)))
}
