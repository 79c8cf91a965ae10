//go:build native

package torch

import (
	"fmt"
	"math"

	"clipsearch/encode/checkpoint"
)

// loader copies weights out of a checkpoint to a device. What it returns belongs to its scope, which also keeps the first
// error.
type loader struct {
	*scope
	weights Weights
	device  int32
	kind    int32 // of the towers
}

// get returns the tensor called name in the towers' type.
func (l *loader) get(name string) tensor { return l.load(l.kind, name) }

// linear returns the fully connected layer below prefix, in the towers' type.
func (l *loader) linear(prefix string) linear {
	return linear{weight: l.get(prefix + ".weight"), bias: l.get(prefix + ".bias")}
}

// projection returns the layer without bias below prefix, in f32.
func (l *loader) projection(prefix string) linear {
	return linear{weight: l.load(kindF32, prefix+".weight")}
}

// scaled returns the tensor called name times a factor, rounded once to the towers' type.
func (l *loader) scaled(name string, factor float64) tensor {
	return l.within(func(s *scope) tensor {
		inner := loader{s, l.weights, l.device, l.kind}
		return s.as(s.scale(inner.load(kindF32, name), factor), l.kind)
	})
}

// attentionInput returns the layers that make a block's queries, keys and values as a single one whose outputs stand side by
// side. Queries are scaled by 1/√(W/H), so that attention need not do it.
func (l *loader) attentionInput(prefix string, head int64) linear {
	part := func(suffix string) tensor {
		return l.within(func(s *scope) tensor {
			inner := loader{s, l.weights, l.device, l.kind}
			return s.cat(0,
				inner.scaled(prefix+"q_proj"+suffix, 1/math.Sqrt(float64(head))),
				inner.get(prefix+"k_proj"+suffix),
				inner.get(prefix+"v_proj"+suffix))
		})
	}
	return linear{weight: part(".weight"), bias: part(".bias")}
}

// norm returns the layer normalisation below prefix, for the inside of a tower. On the CPU it is given f32: libtorch 1.13 is
// seven times slower at it in bf16 than at two conversions and f32. On CUDA it is given the towers' type.
func (l *loader) norm(prefix string, width int, eps float64) norm {
	kind := l.kind
	if l.device == deviceCPU {
		kind = kindF32
	}
	return l.normOf(kind, prefix, width, eps)
}

// lastNorm returns the layer normalisation below prefix in f32, for the end of a tower.
func (l *loader) lastNorm(prefix string, width int, eps float64) norm {
	return l.normOf(kindF32, prefix, width, eps)
}

func (l *loader) normOf(kind int32, prefix string, width int, eps float64) norm {
	return norm{
		weight: l.load(kind, prefix+".weight"),
		bias:   l.load(kind, prefix+".bias"),
		kind:   kind,
		width:  int64(width),
		eps:    eps,
	}
}

// load returns the tensor called name in the given type.
func (l *loader) load(kind int32, name string) tensor {
	if l.err != nil {
		return nil
	}
	stored, err := l.weights.Tensor(name)
	if err != nil {
		l.err = err
		return nil
	}
	storedKind, ok := map[checkpoint.DType]int32{
		checkpoint.F32: kindF32, checkpoint.F16: kindF16, checkpoint.BF16: kindBF16,
	}[stored.DType]
	if !ok {
		l.err = fmt.Errorf("tensor %s: type %v is none that the towers take", name, stored.DType)
		return nil
	}
	shape := make([]int64, len(stored.Shape))
	for i, n := range stored.Shape {
		shape[i] = int64(n)
	}
	return l.within(func(s *scope) tensor {
		return s.to(s.ofBytes(stored.Data, storedKind, shape...), l.device, kind)
	})
}
