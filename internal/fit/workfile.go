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

// goVersion returns the go line of the checkout's go.mod, which a work file must not fall behind.
func goVersion(checkout string) (string, error) {
	mod, err := os.ReadFile(filepath.Join(checkout, "go.mod"))
	if err != nil {
		return "", fmt.Errorf("not the root of a Go module: %w", err)
	}
	version := goLine.FindSubmatch(mod)
	if version == nil {
		return "", fmt.Errorf("%s has no go line", filepath.Join(checkout, "go.mod"))
	}
	return string(version[1]), nil
}

// writeWorkFile returns the path of a go.work in o.Cache that builds o.Checkout with the gotch in dir. It
// replaces the one version that was fitted: after an upgrade in go.mod nothing is replaced by accident.
func writeWorkFile(o Options, goVersion string, module module, dir string) (string, error) {
	text := fmt.Appendf(nil, "go %s\n\nuse %s\n\nreplace %s %s => %s\n",
		goVersion, strconv.Quote(o.Checkout), gotchPath, module.Version, strconv.Quote(dir))
	path := filepath.Join(o.Cache, "work-"+shortHash(o.Checkout+"\n"+dir), "go.work")
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
