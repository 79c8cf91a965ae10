package checkpoint

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"clipsearch/internal/vec"
)

// DType is how a weight is stored. The zero value is F32.
type DType uint8

// The precisions of weights.
const (
	F32 DType = iota
	F16
	BF16
	// Int8 is how a file holds a matrix in 8-bit numbers with a scale a row
	// (int8.go); no Tensor that Open gives has it.
	Int8
)

// dtypes lists the names as safetensors spells them.
var dtypes = [...]string{F32: "F32", F16: "F16", BF16: "BF16", Int8: "I8"}

// String returns the name as safetensors spells it: "F32", "F16", "BF16" or "I8".
func (d DType) String() string { return dtypes[d] }

// Size returns the bytes of one weight.
func (d DType) Size() int {
	switch d {
	case F32:
		return 4
	case Int8:
		return 1
	}
	return 2
}

// ParseDType returns the precision called name, in any case: "f32", "BF16", "int8".
func ParseDType(name string) (DType, error) {
	for d, n := range dtypes {
		if strings.EqualFold(n, name) || DType(d) == Int8 && strings.EqualFold(name, "int8") {
			return DType(d), nil
		}
	}
	return 0, fmt.Errorf("precision %q: %w (known are f32, f16, bf16, int8)", name, ErrUnsupported)
}

// Tensor is a named array of weights.
type Tensor struct {
	Name  string
	DType DType
	Shape []int // empty for a scalar
	// Data holds the weights little-endian in row-major order. It aliases the
	// checkpoint's memory map: it must not be written to, nor used after Close.
	// It need not be aligned.
	Data []byte
}

// NewTensor returns a tensor of type F32 with the given values, row-major.
func NewTensor(name string, shape []int, values []float32) Tensor {
	return Tensor{Name: name, DType: F32, Shape: shape, Data: fromFloat32s(nil, F32, values)}
}

// Len returns the number of weights.
func (t Tensor) Len() int { return len(t.Data) / t.DType.Size() }

// Float32s returns the weights converted to float32, exactly, in new memory.
func (t Tensor) Float32s() []float32 {
	v := make([]float32, t.Len())
	toFloat32s(v, t.DType, t.Data)
	return v
}

// toFloat32s converts len(dst) weights.
func toFloat32s(dst []float32, d DType, data []byte) {
	switch d {
	case F32:
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		}
	case BF16:
		for i := range dst {
			dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(data[2*i:])) << 16)
		}
	case F16:
		h := make([]uint16, len(dst))
		for i := range h {
			h[i] = binary.LittleEndian.Uint16(data[2*i:])
		}
		vec.FromF16(dst, h)
	}
}

// fromFloat32s appends the weights v to data, rounded to nearest even.
func fromFloat32s(data []byte, d DType, v []float32) []byte {
	switch d {
	case F32:
		for _, x := range v {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(x))
		}
	case BF16:
		for _, x := range v {
			data = binary.LittleEndian.AppendUint16(data, toBF16(x))
		}
	case F16:
		h := make([]uint16, len(v))
		vec.ToF16(h, v)
		for _, x := range h {
			data = binary.LittleEndian.AppendUint16(data, x)
		}
	}
	return data
}

// toBF16 rounds to nearest, ties to even.
func toBF16(x float32) uint16 {
	b := math.Float32bits(x)
	if b&0x7fffffff > 0x7f800000 { // NaN: keep it one
		return uint16(b>>16) | 0x40
	}
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}

// elements returns the product of a shape; the shape is known to be small.
func elements(shape []int) int {
	n := 1
	for _, s := range shape {
		n *= s
	}
	return n
}

// elementsWithin returns the product of a foreign shape, false if a size is
// negative or the product exceeds max.
func elementsWithin(shape []int, max int) (int, bool) {
	n := 1
	for _, s := range shape {
		if s < 0 {
			return 0, false
		}
	}
	for _, s := range shape {
		if s == 0 {
			return 0, true
		}
	}
	for _, s := range shape {
		if n > max/s {
			return 0, false
		}
		n *= s
	}
	return n, true
}
