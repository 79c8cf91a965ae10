package checkpoint

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
)

// An int8 weight NAME of shape [R, …] is two tensors of a file:
//
//	NAME        I8  [R, …]   q
//	NAME_scale  F32 [R]      s
//
// and stands for the numbers q·s, each row (all that has the same first index)
// with the s of its own, multiplied in float32. [Write] makes s the largest
// magnitude of a row divided by 127 and q the nearest whole number, so that no
// weight is further from its own than s/2. Any s and q are read.
//
// Nobody but this program reads that: config.json says so where transformers
// looks (quantization_config). It has no quant_method there, at which
// transformers stops; a method that it does not know is a warning in its
// version 5, after which it takes q for the weights. [Write] turns such a
// checkpoint into another.

// scaleSuffix is what the name of an int8 weight's scales ends with.
const scaleSuffix = "_scale"

// int8Most is the largest magnitude that is written; -128 is not, so that a
// weight and its negative are stored alike.
const int8Most = 127

// stored is a weight as its files hold it.
type stored struct {
	Tensor        // of an int8 weight the 8-bit numbers
	scales []byte // of an int8 weight: one a row, f32 little-endian; else nil
}

// heldAsInt8 reports whether an int8 checkpoint holds a weight as 8-bit rows:
// what inputs are multiplied with or looked up in. Norms, biases and positions
// are added, and too few to matter.
func heldAsInt8(name string, shape []int) bool {
	return len(shape) >= 2 && !strings.HasSuffix(name, ".position_embedding.weight")
}

// withScales finds the scales of an int8 weight, which its file calls name, among
// the entries.
func (w stored) withScales(file, name string, entries map[string]entry) (stored, error) {
	scales := name + scaleSuffix
	e, ok := entries[scales]
	if !ok {
		return w, tensorFaultf(file, name, "%w: it is stored in 8 bits, and its scales, %s, are missing", ErrMisfit, scales)
	}
	if want := w.Shape[:1]; !slices.Equal(e.shape, want) {
		return w, tensorFaultf(e.file, scales, "%w: shape %v, but there are %v rows", ErrMisfit, e.shape, want)
	}
	if e.dtype != F32.String() {
		return w, tensorFaultf(e.file, scales, "%w: scales of type %s (known is F32)", ErrUnsupported, e.dtype)
	}
	w.scales = e.rowMajor(F32.Size())
	return w, nil
}

// dense returns the weight in a precision that the towers take: an int8 one as
// F32 in new memory, others as they are.
func (w stored) dense() Tensor {
	if w.DType != Int8 {
		return w.Tensor
	}
	data := make([]byte, 0, F32.Size()*len(w.Data))
	rows := len(w.scales) / F32.Size()
	for r := range rows {
		scale := math.Float32frombits(binary.LittleEndian.Uint32(w.scales[4*r:]))
		row := w.Data[r*len(w.Data)/rows : (r+1)*len(w.Data)/rows]
		for _, q := range row {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(int8(q))*scale))
		}
	}
	return Tensor{Name: w.Name, DType: F32, Shape: w.Shape, Data: data}
}

// toInt8 returns values, which are finite and lie in rows, as 8-bit numbers and
// the scales of their rows.
func toInt8(values []float32, rows int) (codes, scales []byte) {
	codes, scales = make([]byte, 0, len(values)), make([]byte, 0, F32.Size()*rows)
	for row := range slices.Chunk(values, max(1, len(values)/rows)) {
		var most float32
		for _, v := range row {
			most = max(most, float32(math.Abs(float64(v))))
		}
		scale := most / int8Most
		scales = binary.LittleEndian.AppendUint32(scales, math.Float32bits(scale))
		for _, v := range row {
			codes = append(codes, byte(int8Of(v, scale)))
		}
	}
	return codes, scales
}

// int8Of returns the whole number nearest to v/scale.
func int8Of(v, scale float32) int8 {
	if scale == 0 { // a row of zeros, or of numbers too small to have a scale
		return 0
	}
	return int8(min(int8Most, max(-int8Most, math.RoundToEven(float64(v)/float64(scale)))))
}

// Storage returns how many weights are stored in each precision.
func (c *Checkpoint) Storage() map[DType]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	counts := make(map[DType]int)
	for _, w := range c.weights {
		counts[w.DType]++
	}
	return counts
}

// errNotInt8 says that a layout has no 8-bit form.
var errNotInt8 = fmt.Errorf("%w: 8-bit weights in this layout", ErrUnsupported)
