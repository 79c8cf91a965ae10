package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"

	"clipsearch/internal/regular"
)

// maxText bounds the size of a checkpoint's JSON and text files, bytes. CLIP's
// tokenizer.json has 2.2 MB; multilingual ones reach 17 MB.
const maxText = 64 << 20

// readText reads a JSON or text file of a checkpoint.
func readText(path string) ([]byte, error) {
	f, err := regular.Open(path)
	if err != nil {
		return nil, pathFault(path, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxText+1))
	if err != nil {
		return nil, pathFault(path, err)
	}
	if len(data) > maxText {
		return nil, faultf(path, "%w: larger than %d MB, which no such file is", ErrCorrupt, maxText>>20)
	}
	return data, nil
}

// pathFault wraps an error of the operating system without saying path twice.
func pathFault(path string, err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		err = fmt.Errorf("%s: %w", pe.Op, pe.Err)
	}
	return &Error{Path: path, Err: err}
}

// openSized opens a file and returns its size, bytes.
func openSized(path string) (*os.File, int, error) {
	f, err := regular.Open(path)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err == nil && info.Size() > math.MaxInt {
		err = &os.PathError{Op: "read", Path: path, Err: errors.New("too large for this machine")}
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, int(info.Size()), nil
}

// exists reports whether a directory has an entry of that name, even a link
// that leads nowhere: opening it then says so.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// parseJSON decodes data, the content of the file path, into v.
func parseJSON(path string, data []byte, v any) error {
	err := json.Unmarshal(data, v)
	var syntax *json.SyntaxError
	var mismatch *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case len(data) == 0:
		return faultf(path, "%w: the file is empty", ErrCorrupt)
	case errors.As(err, &syntax):
		return faultf(path, "%w: not JSON at byte %d: %v", ErrCorrupt, syntax.Offset, err)
	case errors.As(err, &mismatch) && mismatch.Field != "":
		return faultf(path, "%w: %s is a %s where a %s is expected", ErrCorrupt, jsonField(mismatch.Field), mismatch.Value, jsonKind(mismatch.Type))
	}
	return faultf(path, "%w: %v", ErrCorrupt, err)
}

// jsonKind returns what JSON calls a Go type.
func jsonKind(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Map, reflect.Struct:
		return "object"
	case reflect.Slice, reflect.Array:
		return "array"
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Float32, reflect.Float64:
		return "number"
	}
	return "whole number"
}

// jsonField returns a field's path as it is in the file: encoding/json adds the
// names of embedded Go types, which alone begin with "hf".
func jsonField(path string) string {
	parts := strings.Split(path, ".")
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return strings.HasPrefix(p, "hf") }), ".")
}
