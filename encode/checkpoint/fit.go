package checkpoint

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// slot says what a layout calls a weight and where it goes.
type slot struct {
	name  string // in the file
	shape []int  // in the file
	// into are the weights that the tensor holds, by Hugging Face's names: one,
	// or several that share its rows evenly.
	into       []string
	transposed bool // two dimensions, the file's are swapped
}

// huggingFaceSlots returns the slots of a Hugging Face file: every weight is
// there under its own name.
func huggingFaceSlots(c Config) []slot {
	var slots []slot
	for _, w := range weightsOf(c) {
		slots = append(slots, slot{name: w.name, shape: w.shape, into: []string{w.name}})
	}
	return slots
}

// buffers are tensors that belong to no weight: tables that older versions saved.
func buffer(name string) bool {
	return strings.HasSuffix(name, ".position_ids") || name == "attn_mask"
}

// fit puts the entries of the weight files where they belong. It fails if one is
// missing, misshapen, not a weight, or left over; where names the file for what
// is missing.
func fit(where string, slots []slot, entries map[string]entry) (map[string]stored, error) {
	weights := make(map[string]stored, len(slots))
	known := make(map[string]bool, len(slots))
	var missing []string
	for _, s := range slots {
		known[s.name] = true
		e, ok := entries[s.name]
		if !ok {
			missing = append(missing, s.name)
			continue
		}
		if err := place(weights, s, e, entries); err != nil {
			return nil, err
		}
		if e.dtype == Int8.String() {
			known[s.name+scaleSuffix] = true
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return nil, tensorFaultf(where, missing[0], "%w: it is missing%s", ErrMisfit, andMore(len(missing)-1))
	}
	return weights, checkLeftOver(known, entries)
}

// place checks one entry of the entries against its slot and adds what it holds
// to weights.
func place(weights map[string]stored, s slot, e entry, entries map[string]entry) error {
	shape := e.shape
	if s.name == logitScale && len(shape) == 1 && shape[0] == 1 {
		shape = []int{} // some versions of both layouts keep the scalar in a vector
	}
	if !slices.Equal(shape, s.shape) {
		return tensorFaultf(e.file, s.name, "%w: shape %v, but the configuration asks for %v", ErrMisfit, shape, s.shape)
	}
	dtype, err := e.weightsDType()
	if err != nil {
		return &Error{Path: e.file, Tensor: s.name, Err: err}
	}
	data := e.rowMajor(dtype.Size())
	if dtype == Int8 {
		return placeInt8(weights, s, e, data, entries)
	}
	if s.transposed {
		data = gather(make([]byte, 0, len(data)), data, []int{shape[1], shape[0]}, []int{1, shape[1]}, dtype.Size())
		shape = []int{shape[1], shape[0]}
	}
	part := len(data) / len(s.into)
	for i, name := range s.into {
		t := Tensor{Name: name, DType: dtype, Shape: slices.Clone(shape), Data: data[i*part : (i+1)*part : (i+1)*part]}
		if len(s.into) > 1 {
			t.Shape[0] /= len(s.into)
		}
		weights[name] = stored{Tensor: t}
	}
	return nil
}

// placeInt8 adds a weight of 8-bit rows.
func placeInt8(weights map[string]stored, s slot, e entry, data []byte, entries map[string]entry) error {
	if s.transposed || len(s.into) != 1 || len(s.shape) == 0 {
		return &Error{Path: e.file, Tensor: s.name, Err: errNotInt8}
	}
	w := stored{Tensor: Tensor{Name: s.into[0], DType: Int8, Shape: slices.Clone(s.shape), Data: data}}
	w, err := w.withScales(e.file, s.name, entries)
	weights[w.Name] = w
	return err
}

// checkLeftOver says which tensor of the files no slot wants.
func checkLeftOver(known map[string]bool, entries map[string]entry) error {
	var extra []string
	for name := range entries {
		if !known[name] && !buffer(name) {
			extra = append(extra, name)
		}
	}
	if len(extra) == 0 {
		return nil
	}
	slices.Sort(extra)
	return tensorFaultf(entries[extra[0]].file, extra[0], "%w: a model of this configuration has no such weight%s", ErrMisfit, andMore(len(extra)-1))
}

// andMore says that n further objects have the same fault.
func andMore(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return " (and 1 more)"
	}
	return fmt.Sprintf(" (and %d more)", n)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
