package text

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/blevesearch/bleve/v2/index/scorch"
)

// A snapshot is the files of a scorch folder as a sequence of blocks. A block is
//
//	length of the file's name (varint), name: root.bolt, or 12 hex digits and .zap
//	length of its content (varint, at most blockBytes)
//	length of the packed content (varint), packed content (DEFLATE, RFC 1951)
//
// The blocks of a file follow each other; root.bolt comes last; a name of no bytes
// ends the sequence. Varints are those of encoding/binary. Checksums are the store's.

const (
	// packing is the version of that.
	packing = 1
	// blockBytes is small enough to unpack several at once in little memory.
	blockBytes = 1 << 20
	// rootFile lists the segments.
	rootFile = "root.bolt"
)

// pack writes the index as it is now.
func (e *engine) pack(w io.Writer) error {
	return guard(func() error {
		reader := e.scorch.(*scorch.Scorch).CopyReader()
		defer reader.CloseCopyReader()
		p, err := newPacker(w)
		if err != nil {
			return err
		}
		defer os.Remove(p.root.Name())
		if err := reader.CopyTo(p); err != nil {
			return err
		}
		return p.finish()
	})
}

// packer is the directory that scorch copies itself to.
type packer struct {
	w     io.Writer
	flate *flate.Writer
	root  *os.File // scorch wants a real file for its list of segments
}

func newPacker(w io.Writer) (*packer, error) {
	compressor, err := flate.NewWriter(nil, flate.BestSpeed)
	if err != nil {
		return nil, err
	}
	root, err := os.CreateTemp("", "clipsearch-text-*.bolt")
	return &packer{w, compressor, root}, err
}

// GetWriter implements index.Directory.
func (p *packer) GetWriter(path string) (io.WriteCloser, error) {
	name := filepath.Base(path)
	if name == rootFile {
		return p.root, nil
	}
	return &blockWriter{p: p, name: name}, nil
}

// finish adds the list of segments and the end.
func (p *packer) finish() error {
	f, err := os.Open(p.root.Name())
	if err != nil {
		return err
	}
	defer f.Close()
	w := &blockWriter{p: p, name: rootFile}
	if _, err := io.Copy(w, f); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	_, err = p.w.Write([]byte{0})
	return err
}

// blockWriter writes one file in blocks.
type blockWriter struct {
	p     *packer
	name  string
	block []byte
}

func (w *blockWriter) Write(data []byte) (int, error) {
	written := len(data)
	for len(data) > 0 {
		n := min(len(data), blockBytes-len(w.block))
		w.block, data = append(w.block, data[:n]...), data[n:]
		if len(w.block) == blockBytes {
			if err := w.flush(); err != nil {
				return 0, err
			}
		}
	}
	return written, nil
}

func (w *blockWriter) Close() error {
	if len(w.block) == 0 {
		return nil
	}
	return w.flush()
}

func (w *blockWriter) flush() error {
	var packed bytes.Buffer
	w.p.flate.Reset(&packed)
	if _, err := w.p.flate.Write(w.block); err != nil {
		return err
	}
	if err := w.p.flate.Close(); err != nil {
		return err
	}
	head := binary.AppendUvarint(nil, uint64(len(w.name)))
	head = append(head, w.name...)
	head = binary.AppendUvarint(head, uint64(len(w.block)))
	head = binary.AppendUvarint(head, uint64(packed.Len()))
	w.block = w.block[:0]
	if _, err := w.p.w.Write(head); err != nil {
		return fmt.Errorf("pack %s: %w", w.name, err)
	}
	_, err := w.p.w.Write(packed.Bytes())
	return err
}
