//go:build !unix

package checkpoint

import (
	"io"
	"os"
)

// mapFile reads a whole file: there is no map here. unmap does nothing.
func mapFile(path string) (data []byte, unmap func() error, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	size, err := sizeOf(f)
	if err != nil {
		return nil, nil, err
	}
	data = make([]byte, size)
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, nil, &os.PathError{Op: "read", Path: path, Err: err}
	}
	return data, func() error { return nil }, nil
}
