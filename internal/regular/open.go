// Package regular opens files that foreign hands may have put there: captions, pictures, models, tables. A pipe, socket or
// device in the place of one is an error at once, where os.Open would wait for a writer that never comes, out of reach of
// Ctrl-C.
//
// It does not help with files on a drive that does not answer.
package regular

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// ErrNotRegular says that what should be read is a folder, pipe, socket or device.
var ErrNotRegular = errors.New("not a regular file")

// Open opens a file for reading. Errors are *fs.PathErrors: ErrNotRegular, or the system's.
func Open(path string) (*os.File, error) {
	info, err := os.Stat(path) // first: to open a device may do something
	if err != nil {
		return nil, err
	}
	if err := check(path, info); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // it may be a pipe by now
	if err != nil {
		return nil, err
	}
	if info, err = file.Stat(); err == nil {
		err = check(path, info)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// ReadFile returns a file's content; errors are those of Open.
func ReadFile(path string) ([]byte, error) {
	file, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close() // only read
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	var data bytes.Buffer
	data.Grow(int(info.Size()) + bytes.MinRead) // the end is seen without growing
	_, err = data.ReadFrom(file)
	return data.Bytes(), err
}

func check(path string, info fs.FileInfo) error {
	if info.Mode().IsRegular() {
		return nil
	}
	return &fs.PathError{Op: "open", Path: path, Err: fmt.Errorf("%w but a %s", ErrNotRegular, kind(info.Mode()))}
}

// kind says what something is that is no regular file.
func kind(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "folder"
	case mode&fs.ModeNamedPipe != 0:
		return "pipe"
	case mode&fs.ModeSocket != 0:
		return "socket"
	}
	return "device"
}
