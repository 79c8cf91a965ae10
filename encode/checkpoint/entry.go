package checkpoint

import (
	"fmt"
	"path/filepath"
	"slices"
)

// entry is one tensor of a weights file as the file describes it.
type entry struct {
	file  string // path
	dtype string // safetensors' name, one this package may not read: "F32", "I64"
	shape []int
	data  []byte // from the first element on
	// strides are elements from one index of a dimension to the next; nil means
	// row-major and len(data) exact. The last element lies within data.
	strides []int
}

// weightsFile is an open file of tensors.
type weightsFile struct {
	path    string
	entries map[string]entry
	unmap   func() error
}

// openWeightsFile maps a file and reads its table of tensors with parse, which
// must not keep what it needs longer than the map.
func openWeightsFile(path string, parse func(path string, data []byte) (map[string]entry, error)) (*weightsFile, error) {
	data, unmap, err := mapFile(path)
	if err != nil {
		return nil, pathFault(path, err)
	}
	entries, err := parse(path, data)
	if err != nil {
		unmap()
		return nil, err
	}
	return &weightsFile{path, entries, unmap}, nil
}

// weightFiles are all files that hold a checkpoint's weights.
type weightFiles []*weightsFile

// Close unmaps them all.
func (w weightFiles) Close() error {
	var first error
	for _, f := range w {
		if err := f.unmap(); err != nil && first == nil {
			first = pathFault(f.path, err)
		}
	}
	return first
}

// merge returns the tensors of all files by name.
func (w weightFiles) merge() (map[string]entry, error) {
	if len(w) == 1 {
		return w[0].entries, nil
	}
	all := map[string]entry{}
	for _, f := range w {
		for _, name := range sortedKeys(f.entries) {
			if other, ok := all[name]; ok {
				return nil, tensorFaultf(f.path, name, "%w: it is in %s as well", ErrCorrupt, filepath.Base(other.file))
			}
			all[name] = f.entries[name]
		}
	}
	return all, nil
}

// weightsDType returns the precision of an entry, or what is wrong with it.
func (e entry) weightsDType() (DType, error) {
	for d, name := range dtypes {
		if name == e.dtype {
			return DType(d), nil
		}
	}
	return 0, fmt.Errorf("%w: weights of type %s (known are F32, F16, BF16, I8)", ErrUnsupported, e.dtype)
}

// rowMajor returns the bytes of an entry in row-major order: the file's own
// where they lie so, a copy otherwise. size is that of one element.
func (e entry) rowMajor(size int) []byte {
	n := elements(e.shape)
	if e.strides == nil || n == 0 || slices.Equal(e.strides, rowMajorStrides(e.shape)) {
		return e.data[: n*size : n*size]
	}
	return gather(make([]byte, 0, n*size), e.data, e.shape, e.strides, size)
}

// gather appends the elements of a strided array in row-major order.
func gather(dst, src []byte, shape, strides []int, size int) []byte {
	if len(shape) == 0 {
		return append(dst, src[:size]...)
	}
	for i := range shape[0] {
		dst = gather(dst, src[i*strides[0]*size:], shape[1:], strides[1:], size)
	}
	return dst
}

// rowMajorStrides returns the strides of a dense row-major array.
func rowMajorStrides(shape []int) []int {
	strides := make([]int, len(shape))
	n := 1
	for i := len(shape) - 1; i >= 0; i-- {
		strides[i] = n
		n *= shape[i]
	}
	return strides
}
