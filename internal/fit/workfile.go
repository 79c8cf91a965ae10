package fit

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
)

var goLine = regexp.MustCompile(`(?m)^go (\S+)`)

// writeWorkFile returns the path of a go.work in cache that builds checkout with the gotch in dir. It
// replaces the one version that was fitted: after an upgrade in go.mod nothing is replaced by accident.
func writeWorkFile(cache, checkout string, module module, dir string) (string, error) {
	mod, err := os.ReadFile(filepath.Join(checkout, "go.mod"))
	if err != nil {
		return "", fmt.Errorf("work file: %w", err)
	}
	version := goLine.FindSubmatch(mod)
	if version == nil {
		return "", errors.New("work file: go.mod has no go line")
	}
	text := fmt.Appendf(nil, "go %s\n\nuse %s\n\nreplace %s %s => %s\n",
		version[1], strconv.Quote(checkout), gotchPath, module.Version, strconv.Quote(dir))
	path := filepath.Join(cache, "work-"+shortHash(checkout+"\n"+dir), "go.work")
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, text) {
		return path, nil
	}
	return path, writeWhole(path, text)
}

// writeWhole makes a file appear whole, with the folder it lies in.
func writeWhole(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("work file: %w", err)
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".new-")
	if err != nil {
		return fmt.Errorf("work file: %w", err)
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(data)
	if err := errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return fmt.Errorf("work file: %w", err)
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		return fmt.Errorf("work file: %w", err)
	}
	return nil
}
