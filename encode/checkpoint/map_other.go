//go:build !unix

package checkpoint

import (
	"io"
	"os"
)

// mapFile reads a whole file: there is no map here. unmap does nothing.
func mapFile(path string) (data []byte, unmap func() error, err error) {
	f, size, err := openSized(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	data = make([]byte, size)
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, nil, &os.PathError{Op: "read", Path: path, Err: err}
	}
	return data, func() error { return nil }, nil
}
