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

// hog takes a device's memory but for a number of blocks of 64 MB and less than one more, until release is called.
func hog(t *testing.T, m *Model, leave int) (release func()) {
	t.Helper()
	s, left := new(scope), new(scope)
	err := m.run(t.Context(), func() {
		for range leave {
			left.empty(kindU8, m.device, 64<<20)
		}
		for size := int64(8 << 30); size >= 64<<20; size /= 2 {
			for s.err == nil {
				s.empty(kindU8, m.device, size)
			}
			s.err = nil
		}
		left.close()
	})
	if err == nil {
		err = left.err
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := m.run(context.Background(), s.close); err != nil {
			t.Error(err)
		}
	}
}

// When the device's memory is short, batches are halved until they fit, and give the embeddings that the CPU gives; what does
// not fit even alone is an ErrMemory, and works when there is room again. It is one test, with all models open and used from the
// beginning: memory that was freed stays with libtorch, and cuBLAS would find none for another model.
func TestMemory(t *testing.T) {
	needCUDA(t)
	m := openNoisy(t, config, "cuda", shapeOf)
	cpu := openNoisy(t, config, "cpu", shapeOf)
	large := config
	large.Vision.ImageSize = 4096 // 65,537 tokens; its patches are 201 MB
	big := openNoisy(t, large, "cuda", func(name string) []int {
		if name == "vision_model.embeddings.position_embedding.weight" {
			return []int{65537, 64}
		}
		return shapeOf(name)
	})
	picture := [][]uint8{randomBytes(3 * 4096 * 4096)}
	pixels := make([][]uint8, 4000)
	for i := range pixels {
		pixels[i] = randomBytes(3 * 64 * 64)[i%64:]
		pixels[i] = append(pixels[i], make([]uint8, i%64)...)
	}
	if _, err := big.Images(t.Context(), picture); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Images(t.Context(), pixels[:1]); err != nil {
		t.Fatal(err)
	}

	release := hog(t, big, 0)
	_, err := big.Images(t.Context(), picture)
	release()
	if !errors.Is(err, ErrMemory) {
		t.Errorf("a picture that does not fit: %v", err)
	}

	want, err := cpu.Images(t.Context(), pixels)
	if err != nil {
		t.Fatal(err)
	}
	before := m.rows.Load()
	release = hog(t, m, 2) // a batch's patches alone are 148 MB
	got, err := m.Images(t.Context(), pixels)
	release()
	if err != nil {
		t.Fatal(err)
	}
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
	if _, err := big.Images(t.Context(), picture); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

// openNoisy opens a model of random numbers in f32 for the length of a test.
func openNoisy(t *testing.T, c checkpoint.Config, device string, shape func(name string) []int) *Model {
	t.Helper()
	m, err := Open(c, pixel.CLIP(c.Vision.ImageSize), noisy{made{shape}}, Options{Device: device, Precision: "f32"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// randomBytes returns n random bytes, always the same.
func randomBytes(n int) []uint8 {
	random := rand.New(rand.NewPCG(3, 4))
	out := make([]uint8, n)
	for i := range out {
		out[i] = uint8(random.Uint32())
	}
	return out
}
