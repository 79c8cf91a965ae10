//go:build native

package torch

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"clipsearch/encode/checkpoint"
	"clipsearch/encode/pixel"
)

// config is a model too small to be of any use.
var config = checkpoint.Config{
	Vision: checkpoint.VisionConfig{TowerConfig: tower(64, 2), ImageSize: 64, Patch: 16},
	Text:   checkpoint.TextConfig{TowerConfig: tower(64, 2), Vocab: 100, Context: 20, EOS: 99},
	Dims:   32,
}

func tower(width, layers int) checkpoint.TowerConfig {
	return checkpoint.TowerConfig{Width: width, Layers: layers, Heads: 2, MLP: 4 * width, Activation: checkpoint.QuickGELU, Eps: 1e-5}
}

// made are weights without a checkpoint: every tensor has the shape that want gives it, and all its numbers are alike.
type made struct{ want func(name string) []int }

func (m made) Tensor(name string) (checkpoint.Tensor, error) {
	shape := m.want(name)
	n := 4
	for _, s := range shape {
		n *= s
	}
	return checkpoint.Tensor{Name: name, DType: checkpoint.F32, Shape: shape, Data: make([]byte, n)}, nil
}

// shapeOf returns the shape of a weight of config.
func shapeOf(name string) []int {
	const w, mlp, dims = 64, 256, 32
	for _, s := range []struct {
		suffix string
		shape  []int
	}{
		{"token_embedding.weight", []int{100, w}},
		{"text_model.embeddings.position_embedding.weight", []int{20, w}},
		{"vision_model.embeddings.position_embedding.weight", []int{17, w}},
		{"patch_embedding.weight", []int{w, 3, 16, 16}},
		{"fc1.weight", []int{mlp, w}},
		{"fc1.bias", []int{mlp}},
		{"fc2.weight", []int{w, mlp}},
		{"_proj.weight", []int{w, w}},
		{"projection.weight", []int{dims, w}},
	} {
		if strings.HasSuffix(name, s.suffix) {
			return s.shape
		}
	}
	return []int{w} // layer norms, other biases, the class embedding
}

func open(t *testing.T) *Model {
	t.Helper()
	m, err := Open(config, pixel.CLIP(64), made{shapeOf}, Options{Device: "cpu", Precision: "f32"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// libtorch's memory is not Go's: a handle that is not freed is lost for good.
func TestNothingLeaks(t *testing.T) {
	m := open(t)
	pixels := make([][]uint8, 8)
	for i := range pixels {
		pixels[i] = make([]uint8, 3*64*64)
	}
	use := func() {
		if _, err := m.Images(t.Context(), pixels); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Patches(t.Context(), pixels); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Texts(t.Context(), [][]int32{{1, 2, 3, 99}, {1, 99}, {4, 5, 6, 99}}); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		use()
	}
	before := resident(t)
	for range 200 {
		use()
	}
	// The activations of one block's MLP alone are 8·17·256 numbers, which makes 28 MB if one of them is kept each time.
	if grown := resident(t) - before; grown > 14<<20 {
		t.Errorf("200 batches left %d MB behind", grown>>20)
	}
	for range 20 { // models, too
		if err := open(t).Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// resident returns the bytes of this process's memory that are no file's.
func resident(t *testing.T) int64 {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skipf("needs Linux: %v", err)
	}
	var kB int64
	_, after, _ := strings.Cut(string(status), "RssAnon:")
	if _, err := fmt.Sscan(after, &kB); err != nil {
		t.Fatal(err)
	}
	return kB << 10
}

func TestBadInput(t *testing.T) {
	m := open(t)
	for _, test := range []struct {
		ids  []int32
		want string
	}{
		{nil, "text 1: no end token, 99, among its 0 tokens"},
		{[]int32{1, 2}, "text 1: no end token, 99, among its 2 tokens"},
		{[]int32{1, 100, 99}, "text 1: token 100 is not below the vocabulary's size, 100"},
		{[]int32{-1, 99}, "text 1: token -1 is not below the vocabulary's size, 100"},
		{append(make([]int32, 20), 99), "text 1: 21 tokens are more than the context length, 20"},
	} {
		if _, err := m.Texts(t.Context(), [][]int32{{1, 99}, test.ids}); err == nil || err.Error() != test.want {
			t.Errorf("%v gives %v, want %s", test.ids, err, test.want)
		}
	}
	if _, err := m.Images(t.Context(), [][]uint8{make([]uint8, 7)}); err == nil || err.Error() != "picture 0: 7 numbers, not 3·64·64" {
		t.Errorf("a picture of 7 numbers: %v", err)
	}
}

// A weight of the wrong shape is a C++ exception somewhere within; the message must be libtorch's, without its stack trace.
func TestExceptionsAreErrors(t *testing.T) {
	misshapen := made{func(name string) []int {
		if name == "vision_model.encoder.layers.1.mlp.fc1.weight" {
			return []int{10, 10}
		}
		return shapeOf(name)
	}}
	m, err := Open(config, pixel.CLIP(64), misshapen, Options{Device: "cpu", Precision: "f32"})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for range 3 {
		_, err = m.Images(t.Context(), [][]uint8{make([]uint8, 3*64*64)})
		if err == nil || !strings.HasPrefix(err.Error(), "image tower: linear: ") || !strings.Contains(err.Error(), "mat1 and mat2 shapes cannot be multiplied") ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("misshapen weight: %v", err)
		}
		if _, err := m.Texts(t.Context(), [][]int32{{1, 99}}); err != nil {
			t.Errorf("the other tower, after an error: %v", err)
		}
	}
}
