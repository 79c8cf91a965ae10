package checkpoint

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// WriteOptions say how a checkpoint is written.
type WriteOptions struct {
	// DType is how the weights are stored. Int8 keeps matrices in 8 bits with a
	// scale a row, as int8.go has it, and everything else in F32.
	DType DType
	// Weights gives the values of a weight, by its Hugging Face name, in row-major
	// order; nil: those of the checkpoint. It is asked for one weight after
	// another, and what it returns is not kept.
	Weights func(name string) ([]float32, error)
	// Files are further files of the directory, such as README.md, by name. They
	// take the place of what Write would put there.
	Files map[string][]byte
}

// Write makes a complete Hugging Face directory of the checkpoint's
// architecture, pre-processing and tokenizer, with its weights or those that o
// gives. The directory appears whole; dir may be an empty directory, anything
// else there is ErrExists. A weight that is not finite, or would not be in the
// precision asked for, is ErrNotFinite. Written in the precision that the
// checkpoint has (none is Int8), it has the checkpoint's ID.
func (c *Checkpoint) Write(ctx context.Context, dir string, o WriteOptions) error {
	if err := checkFree(dir); err != nil {
		return err
	}
	values := o.Weights
	if values == nil {
		values = c.values
	}
	return makeWhole(dir, func(temp string) error {
		files, err := c.textFiles(o)
		if err != nil {
			return err
		}
		for _, name := range sortedKeys(files) {
			if err := writeText(filepath.Join(temp, name), files[name]); err != nil {
				return err
			}
		}
		return writeWeights(ctx, filepath.Join(temp, "model.safetensors"), c.Config, o.DType, values)
	})
}

// values returns a weight of the checkpoint as float32.
func (c *Checkpoint) values(name string) ([]float32, error) {
	t, err := c.Tensor(name)
	if err != nil {
		return nil, err
	}
	return t.Float32s(), nil
}

// textFiles returns all files of the directory but the weights, by name.
func (c *Checkpoint) textFiles(o WriteOptions) (map[string][]byte, error) {
	files, err := c.tokenizerFiles()
	if err != nil {
		return nil, err
	}
	v := vocabulary{start: int(c.Tokenizer.Start()), end: int(c.Tokenizer.End())}
	described, err := describingFiles(c.Config, c.Pixels, v, o.DType)
	if err != nil {
		return nil, err
	}
	for _, more := range []map[string][]byte{described, o.Files} {
		for name, content := range more {
			if name != filepath.Base(name) || strings.HasPrefix(name, ".") {
				return nil, fmt.Errorf("%q is not the name of a file", name)
			}
			files[name] = content
		}
	}
	return files, nil
}

// tokenizerFiles returns the files of the checkpoint's tokenizer as they are, or
// CLIP's where it has none.
func (c *Checkpoint) tokenizerFiles() (map[string][]byte, error) {
	files := make(map[string][]byte)
	for _, name := range []string{vocabFile, mergesFile, tokenizerFile} {
		path := filepath.Join(c.Dir, name)
		if !exists(path) {
			continue
		}
		data, err := readText(path)
		if err != nil {
			return nil, err
		}
		files[name] = data
	}
	if len(files) > 0 {
		return files, nil
	}
	v, err := newVocabulary(defaultVocab)
	return map[string][]byte{vocabFile: v.vocabJSON, mergesFile: v.mergesTXT}, err
}

// part is one tensor of a file that is written.
type part struct {
	tensorInfo
	weight string // whose values it holds
	scales bool   // the scales of its rows
}

// partsOf lists the tensors of a model's file.
func partsOf(c Config, dtype DType) []part {
	var parts []part
	for _, w := range weightsOf(c) {
		switch {
		case dtype != Int8:
			parts = append(parts, part{tensorInfo{w.name, dtype, w.shape}, w.name, false})
		case heldAsInt8(w.name, w.shape):
			parts = append(parts,
				part{tensorInfo{w.name, Int8, w.shape}, w.name, false},
				part{tensorInfo{w.name + scaleSuffix, F32, w.shape[:1]}, w.name, true})
		default:
			parts = append(parts, part{tensorInfo{w.name, F32, w.shape}, w.name, false})
		}
	}
	return parts
}

// writeWeights writes a safetensors file of a model's weights.
func writeWeights(ctx context.Context, path string, c Config, dtype DType, values func(string) ([]float32, error)) error {
	parts := partsOf(c, dtype)
	infos := make([]tensorInfo, len(parts))
	for i, p := range parts {
		infos[i] = p.tensorInfo
	}
	var scales []byte // of the part before
	return writeSafetensors(path, infos, map[string]string{"format": "pt"}, func(i int, w io.Writer) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		p := parts[i]
		if p.scales {
			_, err := w.Write(scales)
			return err
		}
		v, err := values(p.weight)
		if err != nil {
			return err
		}
		if n := elements(p.shape); len(v) != n {
			return fmt.Errorf("tensor %s: %d values, its shape %v has %d", p.name, len(v), p.shape, n)
		}
		var data []byte
		if data, scales, err = p.encode(v); err != nil {
			return &Error{Path: filepath.Base(path), Tensor: p.name, Err: err}
		}
		_, err = w.Write(data)
		return err
	})
}

// encode returns values in the precision of the part; scales is nil but for Int8.
func (p part) encode(values []float32) (data, scales []byte, err error) {
	if i := firstNotFinite(values); i >= 0 {
		return nil, nil, fmt.Errorf("%w: element %d of %d is %v", ErrNotFinite, i, len(values), values[i])
	}
	if p.dtype == Int8 {
		data, scales = toInt8(values, p.shape[0])
		return data, scales, nil
	}
	data = fromFloat32s(nil, p.dtype, values)
	if p.dtype == F16 { // whose largest number is 65504
		back := make([]float32, len(values))
		toFloat32s(back, p.dtype, data)
		if i := firstNotFinite(back); i >= 0 {
			return nil, nil, fmt.Errorf("%w: element %d of %d, %v, is too large for %s", ErrNotFinite, i, len(values), values[i], p.dtype)
		}
	}
	return data, nil, nil
}
