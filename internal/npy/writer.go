package npy

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"

	"clipsearch/internal/vec"
)

// headerBytes is the length of what comes before the values: magic, version, length and a padded header. NumPy asks for a
// multiple of 64; this one has room for any shape.
const headerBytes = 128

// Writer writes a matrix row by row. It is not safe for concurrent use.
type Writer struct {
	file  *os.File
	buf   *bufio.Writer
	cols  int
	rows  int
	dtype DType
	half  []uint16
}

// Create begins a file of rows with cols values each, of type F16 or F32. Until Close it says that it has no rows.
func Create(path string, cols int, dtype DType) (*Writer, error) {
	if dtype != F16 && dtype != F32 {
		return nil, fmt.Errorf("create %s: %w: %q", path, ErrUnsupported, dtype)
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	w := &Writer{file: file, buf: bufio.NewWriterSize(file, 1<<20), cols: cols, dtype: dtype, half: make([]uint16, cols)}
	_, err = w.buf.Write(w.header())
	return w, err
}

// header returns the first 128 bytes of the file for the rows written so far.
func (w *Writer) header() []byte {
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%d, %d), }", w.dtype, w.rows, w.cols)
	header := append([]byte(nil), magic...)
	header = append(header, 1, 0)
	header = binary.LittleEndian.AppendUint16(header, headerBytes-10)
	header = fmt.Appendf(header, "%-*s\n", headerBytes-11, text)
	return header
}

// Append writes one row of cols values.
func (w *Writer) Append(row []float32) error {
	if len(row) != w.cols {
		return fmt.Errorf("row of %d values in a matrix of %d columns", len(row), w.cols)
	}
	w.rows++
	if w.dtype == F16 {
		vec.ToF16(w.half, row)
		return binary.Write(w.buf, binary.LittleEndian, w.half)
	}
	var b [4]byte
	for _, x := range row {
		binary.LittleEndian.PutUint32(b[:], math.Float32bits(x))
		if _, err := w.buf.Write(b[:]); err != nil {
			return err
		}
	}
	return nil
}

// Close writes the number of rows into the header and brings the file to the disk.
func (w *Writer) Close() error {
	err := w.buf.Flush()
	if err == nil {
		_, err = w.file.WriteAt(w.header(), 0)
	}
	if err == nil {
		err = w.file.Sync()
	}
	return errors.Join(err, w.file.Close())
}
