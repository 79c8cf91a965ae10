//go:build native

package torch

import (
	"fmt"

	"clipsearch/encode/checkpoint"
)

// Weights gives a checkpoint's tensors by their Hugging Face names. Their shapes have been checked against the
// architecture.
type Weights interface {
	Tensor(name string) (checkpoint.Tensor, error)
}

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

// joined returns the layers below prefix+names as a single one whose outputs stand side by side.
func (l *loader) joined(prefix string, names ...string) linear {
	part := func(suffix string) tensor {
		return l.within(func(s *scope) tensor {
			inner := loader{s, l.weights, l.device, l.kind}
			parts := make([]tensor, len(names))
			for i, name := range names {
				parts[i] = inner.get(prefix + name + suffix)
			}
			return s.cat(0, parts...)
		})
	}
	return linear{weight: part(".weight"), bias: part(".bias")}
}

// norm returns the layer normalisation below prefix.
func (l *loader) norm(prefix string, width int, eps float64) norm {
	return norm{
		weight: l.load(kindF32, prefix+".weight"),
		bias:   l.load(kindF32, prefix+".bias"),
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
