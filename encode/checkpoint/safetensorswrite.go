package checkpoint

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// WriteSafetensors writes tensors to a new safetensors file at path, in the
// order given, with metadata beside them (nil: none; transformers wants
// {"format": "pt"}). The file appears whole or not at all; one that is there is
// replaced.
func WriteSafetensors(path string, tensors []Tensor, metadata map[string]string) error {
	infos := make([]tensorInfo, len(tensors))
	for i, t := range tensors {
		infos[i] = tensorInfo{t.Name, t.DType, t.Shape}
	}
	return writeSafetensors(path, infos, metadata, func(i int, w io.Writer) error {
		_, err := w.Write(tensors[i].Data)
		return err
	})
}

// tensorInfo is a tensor without its data.
type tensorInfo struct {
	name  string
	dtype DType
	shape []int
}

// bytes returns the size of the data.
func (t tensorInfo) bytes() int64 { return int64(elements(t.shape)) * int64(t.dtype.Size()) }

// writeSafetensors writes a file whose data come from fill, one tensor after
// another, so that they need not be in memory together.
func writeSafetensors(path string, infos []tensorInfo, metadata map[string]string, fill func(i int, w io.Writer) error) error {
	header, err := safetensorsHeader(infos, metadata)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return writeWhole(path, func(w io.Writer) error {
		if _, err := w.Write(header); err != nil {
			return err
		}
		for i, info := range infos {
			c := &countingWriter{w: w}
			if err := fill(i, c); err != nil {
				return err
			}
			if c.n != info.bytes() {
				return fmt.Errorf("tensor %s: %d bytes of data, its shape %v of %s has %d", info.name, c.n, info.shape, info.dtype, info.bytes())
			}
		}
		return nil
	})
}

// safetensorsHeader returns all that stands before the data, padded with spaces
// to a multiple of 8 bytes as the reference implementation does.
func safetensorsHeader(infos []tensorInfo, metadata map[string]string) ([]byte, error) {
	var b bytes.Buffer
	b.Write(make([]byte, safetensorsPrefix))
	b.WriteByte('{')
	if metadata != nil {
		if err := writeMember(&b, metadataKey, metadata); err != nil {
			return nil, err
		}
	}
	seen := map[string]bool{metadataKey: true}
	var at int64
	for _, t := range infos {
		if seen[t.name] {
			return nil, fmt.Errorf("tensor %s: its name is taken", t.name)
		}
		seen[t.name] = true
		shape := t.shape
		if shape == nil {
			shape = []int{} // null is not a shape
		}
		dtype, offsets := t.dtype.String(), []int64{at, at + t.bytes()}
		if err := writeMember(&b, t.name, headerEntry{&dtype, &shape, &offsets}); err != nil {
			return nil, err
		}
		at += t.bytes()
	}
	b.WriteByte('}')
	for b.Len()%8 != 0 {
		b.WriteByte(' ')
	}
	header := b.Bytes()
	binary.LittleEndian.PutUint64(header, uint64(len(header)-safetensorsPrefix))
	return header, nil
}

// writeMember appends "name": value to a JSON object.
func writeMember(b *bytes.Buffer, name string, value any) error {
	if b.Bytes()[b.Len()-1] != '{' {
		b.WriteByte(',')
	}
	key, err := json.Marshal(name)
	if err != nil {
		return err
	}
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	b.Write(key)
	b.WriteByte(':')
	b.Write(text)
	return nil
}

// countingWriter counts what passes through.
type countingWriter struct {
	w io.Writer
	n int64
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// writeWhole writes a file so that it appears whole: beside its place, to the
// disk, then renamed.
func writeWhole(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fmt.Errorf("write %s: %w", path, err)
		}
	}()
	w := bufio.NewWriterSize(f, 1<<20)
	if err := write(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil { // CreateTemp's files are private
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
