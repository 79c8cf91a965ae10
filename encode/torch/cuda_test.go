//go:build native

package torch

import (
	"errors"
	"math"
	"testing"

	lib "github.com/sugarme/gotch/libtch"

	"clipsearch/encode/pixel"
)

// needCUDA skips a test where there is no CUDA device.
func needCUDA(t *testing.T) {
	t.Helper()
	if !lib.AtcCudaIsAvailable() {
		t.Skip("needs a CUDA device; with one, run: go test -tags native ./encode/torch")
	}
}

// hog takes a device's memory but for a number of blocks of 64 MB, until the end of the test.
func hog(t *testing.T, m *Model, leave int) {
	t.Helper()
	s := new(scope)
	t.Cleanup(func() { _ = m.run(t.Context(), s.close) })
	err := m.run(t.Context(), func() {
		for size := int64(8 << 30); size >= 64<<20; size /= 2 {
			for s.err == nil {
				s.empty(kindU8, m.device, size)
			}
			s.err = nil
		}
		for range leave {
			s.drop(s.owned[len(s.owned)-1])
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Batches that do not fit the device are halved until they do, and give the embeddings that they give elsewhere.
func TestMemoryHalvesBatches(t *testing.T) {
	needCUDA(t)
	m, err := Open(config, pixel.CLIP(64), made{shapeOf}, Options{Device: "cuda", Precision: "f32"})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	pixels := make([][]uint8, 4000)
	for i := range pixels {
		pixels[i] = make([]uint8, 3*64*64)
		for j := range pixels[i] {
			pixels[i][j] = uint8(i + j*j)
		}
	}
	want, err := m.Images(t.Context(), pixels)
	if err != nil {
		t.Fatal(err)
	}
	before := m.rows.Load()
	hog(t, m, 2)
	got, err := m.Images(t.Context(), pixels)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("batches of %d tokens became batches of %d", before, m.rows.Load())
	if m.rows.Load() >= before {
		t.Errorf("batches of %d tokens were not halved", before)
	}
	for i := range want {
		for j := range want[i] {
			if d := math.Abs(float64(got[i][j] - want[i][j])); !(d <= 1e-4) {
				t.Fatalf("picture %d, number %d: %v, before %v", i, j, got[i][j], want[i][j])
			}
		}
	}
}

// What does not fit even alone is an ErrMemory, and the model still works when there is room again.
func TestMemoryForNone(t *testing.T) {
	needCUDA(t)
	large := config
	large.Vision.ImageSize = 4096 // 65,537 tokens
	m, err := Open(large, pixel.CLIP(4096), made{func(name string) []int {
		if name == "vision_model.embeddings.position_embedding.weight" {
			return []int{65537, 64}
		}
		return shapeOf(name)
	}}, Options{Device: "cuda", Precision: "f32"})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	hog(t, m, 0)
	if _, err := m.Images(t.Context(), [][]uint8{make([]uint8, 3*4096*4096)}); !errors.Is(err, ErrMemory) {
		t.Errorf("a picture that does not fit: %v", err)
	}
}
