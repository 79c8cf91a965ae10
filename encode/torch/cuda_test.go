//go:build native

package torch

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	lib "github.com/sugarme/gotch/libtch"

	"clipsearch/encode/checkpoint"
	"clipsearch/encode/pixel"
)

// needCUDA skips a test where there is no CUDA device.
func needCUDA(t *testing.T) {
	t.Helper()
	if !lib.AtcCudaIsAvailable() {
		t.Skip("needs a CUDA device; with one, run: go test -tags native ./encode/torch")
	}
}

// noisy are weights with numbers in them.
type noisy struct{ made }

func (n noisy) Tensor(name string) (checkpoint.Tensor, error) {
	t, err := n.made.Tensor(name)
	random := rand.New(rand.NewPCG(uint64(len(name)), 1))
	for at := 0; at+4 <= len(t.Data); at += 4 {
		binary.LittleEndian.PutUint32(t.Data[at:], math.Float32bits(float32(0.1*random.NormFloat64())))
	}
	return t, err
}

// hog takes a device's memory but for a number of blocks of 64 MB, until release is called.
func hog(t *testing.T, m *Model, leave int) (release func()) {
	t.Helper()
	s := new(scope)
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
	return func() {
		if err := m.run(context.Background(), s.close); err != nil {
			t.Error(err)
		}
	}
}

// Batches that do not fit the device are halved until they do, and give the embeddings that the CPU gives.
func TestMemoryHalvesBatches(t *testing.T) {
	needCUDA(t)
	m, err := Open(config, pixel.CLIP(64), noisy{made{shapeOf}}, Options{Device: "cuda", Precision: "f32"})
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
	cpu, err := Open(config, pixel.CLIP(64), noisy{made{shapeOf}}, Options{Device: "cpu", Precision: "f32"})
	if err != nil {
		t.Fatal(err)
	}
	defer cpu.Close()
	want, err := cpu.Images(t.Context(), pixels)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Images(t.Context(), pixels[:1]); err != nil { // libraries take memory of their own at their first use
		t.Fatal(err)
	}
	before := m.rows.Load()
	defer hog(t, m, 2)() // a batch's patches alone are 148 MB
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
			if d := math.Abs(float64(got[i][j] - want[i][j])); !(d <= 1e-4*(1+math.Abs(float64(want[i][j])))) {
				t.Fatalf("picture %d, number %d: %v, on the CPU %v", i, j, got[i][j], want[i][j])
			}
		}
	}
}

// What does not fit even alone is an ErrMemory, and works when there is room again.
func TestMemoryForNone(t *testing.T) {
	needCUDA(t)
	large := config
	large.Vision.ImageSize = 4096 // 65,537 tokens; its patches are 201 MB
	m, err := Open(large, pixel.CLIP(4096), made{func(name string) []int {
		if name == "vision_model.embeddings.position_embedding.weight" {
			return []int{65537, 64}
		}
		return shapeOf(name)
	}}, Options{Device: "cuda", Precision: "f16"})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	picture := [][]uint8{make([]uint8, 3*4096*4096)}
	release := hog(t, m, 0)
	_, err = m.Images(t.Context(), picture)
	release()
	if !errors.Is(err, ErrMemory) {
		t.Errorf("a picture that does not fit: %v", err)
	}
	if _, err := m.Images(t.Context(), picture); err != nil {
		t.Errorf("with room again: %v", err)
	}
}
