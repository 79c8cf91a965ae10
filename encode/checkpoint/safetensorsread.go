package checkpoint

import (
	"fmt"
	"slices"
)

// ReadSafetensors returns copies of all tensors of a safetensors file of this
// project's own, sorted by name: weights of any names and shapes, F32, F16 or
// BF16. Errors are an *Error.
func ReadSafetensors(path string) (tensors []Tensor, err error) {
	f, err := openWeightsFile(path, parseSafetensors)
	if err != nil {
		return nil, err
	}
	defer f.unmap() // read only
	for _, name := range sortedKeys(f.entries) {
		e := f.entries[name]
		dtype, err := ParseDType(e.dtype)
		if err != nil || dtype.Size() == 1 {
			return nil, tensorFaultf(path, name, "%w: type %s", ErrUnsupported, e.dtype)
		}
		if want := elements(e.shape) * dtype.Size(); len(e.data) != want {
			return nil, tensorFaultf(path, name, "%w: %s", ErrCorrupt, fmt.Sprintf("%d bytes, not %d", len(e.data), want))
		}
		tensors = append(tensors, Tensor{Name: name, DType: dtype, Shape: slices.Clone(e.shape), Data: slices.Clone(e.data)})
	}
	return tensors, nil
}
