package checkpoint

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A file of torch.save is a zip archive without compression: NAME/data.pkl is a
// pickle, NAME/data/KEY are the storages its tensors lie in, little-endian
// unless NAME/byteorder says "big". (pytorch, torch/serialization.py.)

// maxPickle bounds data.pkl, bytes: about 150 a tensor.
const maxPickle = 16 << 20

// legacyTorch begins the format before PyTorch 1.6: a pickle of protocol 2 that
// is the magic number 0x1950a86a20f9469cfc6c.
var legacyTorch = []byte("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19")

// parseTorch reads the table of a torch.save file; the entries alias data.
func parseTorch(path string, data []byte) (map[string]entry, error) {
	archive, err := openTorchZip(path, data)
	if err != nil {
		return nil, err
	}
	program, err := archive.program()
	if err != nil {
		return nil, &Error{Path: path, Err: err}
	}
	value, err := unpickle(program)
	if errors.Is(err, errPickle) {
		return nil, faultf(path, "%w: data.pkl: %w", ErrCorrupt, err)
	} else if err != nil {
		return nil, faultf(path, "data.pkl: %w", err)
	}
	table, ok := value.(*pyDict)
	if !ok {
		return nil, faultf(path, "%w: it holds %s, not a table of tensors", ErrUnsupported, pyKind(value))
	}
	return archive.entries(table)
}

// torchZip is the archive of a torch.save file.
type torchZip struct {
	path    string
	data    []byte
	records map[string]*zip.File // by name without the directory before it
}

// openTorchZip lists the records of an archive.
func openTorchZip(path string, data []byte) (*torchZip, error) {
	switch {
	case len(data) == 0:
		return nil, faultf(path, "%w: the file is empty", ErrCorrupt)
	case bytes.HasPrefix(data, legacyTorch):
		return nil, faultf(path, "%w: the file format of PyTorch before 1.6", ErrUnsupported).
			advise("load it in PyTorch and save it again with torch.save, or better as safetensors")
	case bytes.HasPrefix(data, []byte("version https://git-lfs")):
		return nil, lfsFault(path)
	case !bytes.HasPrefix(data, []byte("PK")):
		return nil, faultf(path, "%w: not a file of torch.save", ErrCorrupt)
	}
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, faultf(path, "%w: the file is cut short or no zip archive: %v", ErrCorrupt, err).advise(again)
	}
	z := &torchZip{path: path, data: data, records: map[string]*zip.File{}}
	for _, f := range r.File {
		_, name, _ := strings.Cut(f.Name, "/")
		if z.records[name] != nil {
			return nil, faultf(path, "%w: the archive has %.80q twice", ErrCorrupt, name)
		}
		z.records[name] = f
	}
	if z.records["constants.pkl"] != nil {
		return nil, faultf(path, "%w: a TorchScript program, not a table of tensors", ErrUnsupported).
			advise("save its state_dict as safetensors")
	}
	return z, nil
}

// program returns data.pkl.
func (z *torchZip) program() ([]byte, error) {
	if order := z.records["byteorder"]; order != nil {
		b, err := z.record(order)
		if err != nil {
			return nil, err
		}
		if string(b) != "little" {
			return nil, fmt.Errorf("%w: byte order %.20q", ErrUnsupported, b)
		}
	}
	f := z.records["data.pkl"]
	if f == nil {
		return nil, fmt.Errorf("%w: the archive has no data.pkl", ErrCorrupt)
	}
	if f.UncompressedSize64 > maxPickle {
		return nil, fmt.Errorf("%w: data.pkl has %d bytes, more than any table of weights", ErrCorrupt, f.UncompressedSize64)
	}
	if f.Method == zip.Store {
		return z.record(f)
	}
	r, err := f.Open() // not torch's doing, but harmless at this size
	if err != nil {
		return nil, fmt.Errorf("%w: data.pkl: %v", ErrCorrupt, err)
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, maxPickle))
	if err != nil {
		return nil, fmt.Errorf("%w: data.pkl: %v", ErrCorrupt, err)
	}
	return b, nil
}

// record returns the bytes of a record that is not compressed.
func (z *torchZip) record(f *zip.File) ([]byte, error) {
	if f.Method != zip.Store || f.CompressedSize64 != f.UncompressedSize64 {
		return nil, fmt.Errorf("%w: record %.80q is compressed", ErrUnsupported, f.Name)
	}
	begin, err := f.DataOffset()
	if err != nil {
		return nil, fmt.Errorf("%w: record %.80q: %v", ErrCorrupt, f.Name, err)
	}
	size := uint64(len(z.data))
	if begin < 0 || uint64(begin) > size || f.UncompressedSize64 > size-uint64(begin) {
		return nil, fmt.Errorf("%w: record %.80q reaches beyond the file", ErrCorrupt, f.Name)
	}
	end := uint64(begin) + f.UncompressedSize64
	return z.data[begin:end:end], nil
}

// entries returns the tensors of a table.
func (z *torchZip) entries(table *pyDict) (map[string]entry, error) {
	entries := make(map[string]entry, len(table.keys))
	for i, key := range table.keys {
		name, ok := key.(string)
		if !ok {
			return nil, faultf(z.path, "%w: a table of tensors with %s for a name", ErrUnsupported, pyKind(key))
		}
		if _, twice := entries[name]; twice {
			return nil, tensorFaultf(z.path, name, "%w: it is listed twice", ErrCorrupt)
		}
		t, ok := table.values[i].(*pyTensor)
		if !ok {
			return nil, tensorFaultf(z.path, name, "%w: it is %s; the file holds more than weights", ErrUnsupported, pyKind(table.values[i])).
				advise("save the model's state_dict by itself")
		}
		e, err := z.entry(t)
		if err != nil {
			return nil, &Error{Path: z.path, Tensor: name, Err: err}
		}
		entries[name] = e
	}
	return entries, nil
}

// entry checks that a tensor lies within its storage, and its storage within the
// file.
func (z *torchZip) entry(t *pyTensor) (entry, error) {
	f := z.records["data/"+t.storage.key]
	if f == nil {
		return entry{}, fmt.Errorf("%w: the archive has no record data/%.80s", ErrCorrupt, t.storage.key)
	}
	data, err := z.record(f)
	if err != nil {
		return entry{}, err
	}
	size := safetensorsSizes[t.storage.dtype]
	if t.storage.count != len(data)/size || len(data)%size != 0 {
		return entry{}, fmt.Errorf("%w: its storage has %d bytes, not %d numbers of %s", ErrCorrupt, len(data), t.storage.count, t.storage.dtype)
	}
	if !t.within(t.storage.count) {
		return entry{}, fmt.Errorf("%w: shape %v with strides %v at %d reaches beyond its storage of %d numbers",
			ErrCorrupt, t.shape, t.strides, t.offset, t.storage.count)
	}
	return entry{file: z.path, dtype: t.storage.dtype, shape: t.shape, strides: t.strides, data: data[t.offset*size:]}, nil
}

// within reports whether all elements of a tensor are among the first count of
// its storage.
func (t *pyTensor) within(count int) bool {
	if t.offset > count {
		return false
	}
	for _, n := range t.shape {
		if n == 0 {
			return true
		}
	}
	room := count - t.offset - 1 // what the last element's index may be
	for i, n := range t.shape {
		if n > 1 && t.strides[i] > room/(n-1) {
			return false
		}
		room -= (n - 1) * t.strides[i]
	}
	return room >= 0
}
