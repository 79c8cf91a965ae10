package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// shared returns a path below ../shared, which lies beside the repository, or
// skips the test.
func shared(t *testing.T, path string) string {
	t.Helper()
	full := filepath.Join("..", "..", "..", "shared", path)
	if _, err := os.Stat(full); err != nil {
		t.Skipf("needs ../shared/%s beside the repository; with it there: go test ./encode/checkpoint", path)
	}
	return full
}

// copyFiles copies files of a directory to a new one.
func copyFiles(t *testing.T, from string, names ...string) string {
	t.Helper()
	to := t.TempDir()
	for _, name := range names {
		writeFile(t, filepath.Join(to, name), readFile(t, filepath.Join(from, name)))
	}
	return to
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func writeFile(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// editJSON changes a JSON object in a file.
func editJSON(t *testing.T, path string, edit func(map[string]any)) {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal(readFile(t, path), &object); err != nil {
		t.Fatal(err)
	}
	edit(object)
	data, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, path, data)
}

// weightsIn returns copies of all weights of a directory, sorted by name.
func weightsIn(t *testing.T, dir string) []Tensor {
	t.Helper()
	c, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var list []Tensor
	for _, name := range c.Names() {
		tensor, err := c.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		tensor.Data = append([]byte(nil), tensor.Data...)
		list = append(list, tensor)
	}
	return list
}

// editWeights rewrites model.safetensors of a directory.
func editWeights(t *testing.T, dir string, edit func([]Tensor) []Tensor) {
	t.Helper()
	saveWeights(t, filepath.Join(dir, "model.safetensors"), edit(weightsIn(t, dir)))
}

func saveWeights(t *testing.T, path string, tensors []Tensor) {
	t.Helper()
	if err := WriteSafetensors(path, tensors, map[string]string{"format": "pt"}); err != nil {
		t.Fatal(err)
	}
}

// find returns the tensor of that name for changing.
func find(t *testing.T, tensors []Tensor, name string) *Tensor {
	t.Helper()
	for i := range tensors {
		if tensors[i].Name == name {
			return &tensors[i]
		}
	}
	t.Fatalf("no tensor %s", name)
	return nil
}

// checkFault fails the test unless err is an *Error of the kind want whose text
// has all the parts.
func checkFault(t *testing.T, err, want error, parts ...string) {
	t.Helper()
	var fault *Error
	if !errors.Is(err, want) || !errors.As(err, &fault) {
		t.Fatalf("error %v, want an *Error that is %v", err, want)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not say %q", err, part)
		}
	}
	if strings.Contains(err.Error(), "\n") || len(err.Error()) > 600 {
		t.Errorf("error is not one line of reasonable length: %q", err)
	}
}

// sameWeights fails the test unless two lists hold the same weights.
func sameWeights(t *testing.T, want, got []Tensor) {
	t.Helper()
	if len(want) != len(got) {
		t.Fatalf("%d weights, want %d", len(got), len(want))
	}
	for i, w := range want {
		g := got[i]
		if w.Name != g.Name || w.DType != g.DType || !slices.Equal(w.Shape, g.Shape) {
			t.Errorf("weight %s %v %v, want %s %v %v", g.Name, g.DType, g.Shape, w.Name, w.DType, w.Shape)
		} else if !bytes.Equal(w.Data, g.Data) { // cmp takes minutes for these
			t.Errorf("weight %s has other values", w.Name)
		}
	}
}

// isFault reports whether an error is an *Error.
func isFault(err error) bool {
	var fault *Error
	return errors.As(err, &fault)
}
