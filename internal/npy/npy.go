// Package npy reads and writes matrices in NumPy's file format: one array of two dimensions, row-major, little-endian,
// of half or single precision, or of 32-bit integers. The format is https://numpy.org/neps/nep-0001-npy-format.html,
// versions 1.0 to 3.0.
//
// It reads rows from the file as they are asked for, so a file may be larger than the memory. It does not read archives
// (npz), pickled objects, or arrays of other types.
package npy

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"strconv"

	"clipsearch/internal/regular"
	"clipsearch/internal/vec"
)

// Errors of Open and Read.
var (
	// ErrFormat: the file is no npy file, or its header or length is wrong.
	ErrFormat = errors.New("not an npy file")
	// ErrUnsupported: it is one, but not a row-major, little-endian matrix of a type that this package reads.
	ErrUnsupported = errors.New("not a matrix that can be read")
)

// DType is the type of the values in a file, as NumPy spells it.
type DType string

// The types.
const (
	F16 DType = "<f2"
	F32 DType = "<f4"
	I32 DType = "<i4"
)

// size returns the bytes of a value.
func (d DType) size() int {
	if d == F16 {
		return 2
	}
	return 4
}

var magic = []byte("\x93NUMPY")

// maxHeader is far more than the description of a matrix needs, in bytes.
const maxHeader = 1 << 16

// File is an open matrix. Its methods are safe for concurrent use.
type File struct {
	Path  string
	Rows  int
	Cols  int // values in a row; 1 for an array of one dimension
	DType DType

	file  *os.File
	start int64 // of the first value, in bytes
}

// Open opens a file and checks its header against its length. Errors name the file: ErrFormat, ErrUnsupported, or the
// system's.
func Open(path string) (*File, error) {
	file, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	f := &File{Path: path, file: file}
	if err := f.readHeader(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
	}
	return f, nil
}

// Close releases the file.
func (f *File) Close() error { return f.file.Close() }

// readHeader reads magic, version, header length and header.
func (f *File) readHeader() error {
	var lead [12]byte
	n, err := f.file.ReadAt(lead[:], 0)
	if err != nil && err != io.EOF {
		return err
	}
	if n < len(lead) || !bytes.HasPrefix(lead[:], magic) {
		return ErrFormat
	}
	length, at := int(binary.LittleEndian.Uint16(lead[8:])), int64(10)
	switch lead[6] {
	case 1:
	case 2, 3:
		length, at = int(binary.LittleEndian.Uint32(lead[8:])), 12
	default:
		return fmt.Errorf("%w: version %d", ErrUnsupported, lead[6])
	}
	if length > maxHeader {
		return fmt.Errorf("%w: a header of %d bytes", ErrFormat, length)
	}
	header := make([]byte, length)
	if _, err := f.file.ReadAt(header, at); err != nil {
		return fmt.Errorf("%w: the header ends early", ErrFormat)
	}
	f.start = at + int64(length)
	if f.DType, f.Rows, f.Cols, err = parseHeader(header); err != nil {
		return err
	}
	info, err := f.file.Stat()
	if err != nil {
		return err
	}
	want := f.start + int64(f.Rows)*int64(f.Cols)*int64(f.DType.size())
	if info.Size() < want {
		return fmt.Errorf("%w: it has %d bytes, its header says %d", ErrFormat, info.Size(), want)
	}
	return nil
}

// The three entries of the header, which is a Python dictionary.
var (
	descrEntry   = regexp.MustCompile(`['"]descr['"]\s*:\s*['"]([^'"]*)['"]`)
	fortranEntry = regexp.MustCompile(`['"]fortran_order['"]\s*:\s*(True|False)`)
	shapeEntry   = regexp.MustCompile(`['"]shape['"]\s*:\s*\(\s*(\d+)\s*,?\s*(\d*)\s*,?\s*\)`)
)

// parseHeader returns the type and shape of a matrix. An array of one dimension has one column.
func parseHeader(header []byte) (d DType, rows, cols int, err error) {
	descr, fortran, shape := descrEntry.FindSubmatch(header), fortranEntry.FindSubmatch(header), shapeEntry.FindSubmatch(header)
	if descr == nil || fortran == nil {
		return "", 0, 0, fmt.Errorf("%w: its header says neither type nor order", ErrFormat)
	}
	if shape == nil {
		return "", 0, 0, fmt.Errorf("%w: it has not one or two dimensions", ErrUnsupported)
	}
	d = DType(descr[1])
	switch {
	case d != F16 && d != F32 && d != I32:
		return "", 0, 0, fmt.Errorf("%w: its values are %q; they must be float16, float32 or int32, little-endian", ErrUnsupported, d)
	case string(fortran[1]) == "True":
		return "", 0, 0, fmt.Errorf("%w: it is in Fortran's order", ErrUnsupported)
	}
	cols = 1
	if rows, err = strconv.Atoi(string(shape[1])); err == nil && len(shape[2]) > 0 {
		cols, err = strconv.Atoi(string(shape[2]))
	}
	if err != nil || cols == 0 && rows > 0 || cols > 0 && rows > math.MaxInt64/8/cols {
		return "", 0, 0, fmt.Errorf("%w: its shape is %s", ErrFormat, shape[0])
	}
	return d, rows, cols, nil
}

// Read fills dst, whose length is a multiple of Cols, with the rows from row on, converted to single precision. Rows
// beyond the end are an error.
func (f *File) Read(row int, dst []float32) error {
	raw, err := f.read(row, len(dst))
	if err != nil {
		return err
	}
	switch f.DType {
	case F16:
		half := make([]uint16, len(dst))
		for i := range half {
			half[i] = binary.LittleEndian.Uint16(raw[2*i:])
		}
		vec.FromF16(dst, half)
	case F32:
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
	case I32:
		return fmt.Errorf("%s: %w: it holds integers", f.Path, ErrUnsupported)
	}
	return nil
}

// ReadInts is Read for a file of integers.
func (f *File) ReadInts(row int, dst []int32) error {
	if f.DType != I32 {
		return fmt.Errorf("%s: %w: it holds no integers", f.Path, ErrUnsupported)
	}
	raw, err := f.read(row, len(dst))
	if err != nil {
		return err
	}
	for i := range dst {
		dst[i] = int32(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return nil
}

// read returns the bytes of n values from the start of a row.
func (f *File) read(row, n int) ([]byte, error) {
	size := f.DType.size()
	if f.Cols == 0 || n%f.Cols != 0 || row < 0 || row+n/f.Cols > f.Rows {
		return nil, fmt.Errorf("%s: %d values from row %d of %d×%d", f.Path, n, row, f.Rows, f.Cols)
	}
	raw := make([]byte, n*size)
	if _, err := f.file.ReadAt(raw, f.start+int64(row)*int64(f.Cols)*int64(size)); err != nil {
		return nil, fmt.Errorf("read %s: %w", f.Path, err)
	}
	return raw, nil
}
