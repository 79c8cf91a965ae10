package encode

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestInfo(t *testing.T) {
	c := openCheckpoint(t, smallCheckpoint(t, smallConfigs["quick_gelu"]))
	for _, b := range testBackends {
		t.Run(b.name, func(t *testing.T) {
			m := b.open(t, c)
			got := m.Info()
			want := Info{
				ID: c.ID, Dir: c.Dir, Dims: 16, InputSize: 32, Context: 24,
				Params: c.Config.Params(), LogitScale: c.Config.LogitScale, Device: got.Device, Precision: got.Precision,
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("info (-want +got):\n%s", diff)
			}
			if m.InputSize() != 32 {
				t.Errorf("input size %d", m.InputSize())
			}
			if where := got.Device + "-" + got.Precision; !strings.HasSuffix(b.name, where) {
				t.Errorf("runs on %s", where)
			}
		})
	}
}

// Vectors must not depend on what else is in the batch, on the batch's size, or on the order.
func TestBatchesAgree(t *testing.T) {
	c := openCheckpoint(t, smallCheckpoint(t, smallConfigs["gelu"]))
	for _, b := range testBackends {
		t.Run(b.name, func(t *testing.T) {
			m := b.open(t, c)
			tolerance := 1e-5 // matrix products of different sizes add up in different orders
			if b.half {
				tolerance = 0.05
			}
			texts := make([]string, 60)
			for i := range texts {
				texts[i] = strings.Repeat("dog ", i%13) + fmt.Sprint(i)
			}
			together, err := m.EncodeTexts(t.Context(), texts)
			if err != nil {
				t.Fatal(err)
			}
			for i, text := range texts {
				alone, err := m.EncodeTexts(t.Context(), []string{text})
				if err != nil {
					t.Fatal(err)
				}
				near(t, text, together[i], alone[0], tolerance, 0.999)
			}
			names, inputs := frozenPictures(m)
			for len(inputs) < 200 && !b.slow { // more than one batch of the CPU
				inputs = append(inputs, inputs...)
			}
			pictures, err := m.EncodePixels(t.Context(), inputs)
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range pictures {
				near(t, fmt.Sprintf("%s at %d", names[i%len(names)], i), v, pictures[i%len(names)], tolerance, 0.999)
			}
		})
	}
}

func TestNothingToEncode(t *testing.T) {
	c := openCheckpoint(t, smallCheckpoint(t, smallConfigs["gelu"]))
	for _, b := range testBackends {
		t.Run(b.name, func(t *testing.T) {
			m := b.open(t, c)
			if v, err := m.EncodeTexts(t.Context(), nil); err != nil || len(v) != 0 {
				t.Errorf("no texts: %v, %v", v, err)
			}
			if v, err := m.EncodePixels(t.Context(), nil); err != nil || len(v) != 0 {
				t.Errorf("no pictures: %v, %v", v, err)
			}
		})
	}
}

func TestConcurrentUse(t *testing.T) {
	c := openCheckpoint(t, smallCheckpoint(t, smallConfigs["quick_gelu"]))
	for _, b := range testBackends {
		t.Run(b.name, func(t *testing.T) {
			m := b.open(t, c)
			want := embedAll(t, m)
			var wait sync.WaitGroup
			for range 16 {
				wait.Go(func() {
					for range 3 {
						if got := embedAll(t, m); !cmp.Equal(want, got) {
							t.Error("a vector depends on what else is running")
						}
					}
				})
			}
			wait.Wait()
		})
	}
}

func TestCancelled(t *testing.T) {
	c := openCheckpoint(t, smallCheckpoint(t, smallConfigs["quick_gelu"]))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, b := range testBackends {
		t.Run(b.name, func(t *testing.T) {
			m := b.open(t, c)
			if _, err := m.EncodeTexts(ctx, []string{"a"}); !errors.Is(err, context.Canceled) {
				t.Errorf("texts: %v", err)
			}
			_, inputs := frozenPictures(m)
			if _, err := m.EncodePixels(ctx, inputs); !errors.Is(err, context.Canceled) {
				t.Errorf("pictures: %v", err)
			}
			embedAll(t, m) // the model goes on
		})
	}
}

// broken is a backend whose embeddings are all alike.
type broken struct {
	backend
	embedding []float32
}

func (b broken) Images(_ context.Context, pixels [][]uint8) ([][]float32, error) {
	return b.repeat(len(pixels)), nil
}

func (b broken) Patches(_ context.Context, pixels [][]uint8) ([][][]float32, error) {
	return [][][]float32{b.repeat(4), b.repeat(4)}, nil
}

func (b broken) Texts(_ context.Context, ids [][]int32) ([][]float32, error) {
	return b.repeat(len(ids)), nil
}

func (b broken) repeat(n int) [][]float32 {
	out := make([][]float32, n)
	for i := range out {
		out[i] = append([]float32(nil), b.embedding...)
	}
	return out
}

func TestEmbeddingsWithoutDirection(t *testing.T) {
	c := openCheckpoint(t, smallCheckpoint(t, smallConfigs["quick_gelu"]))
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, embedding := range [][]float32{{0, 0}, {nan, 1}, {1, inf}, {-inf, inf}} {
		m := newModel(c, broken{&reference{}, embedding}, Options{})
		_, err := m.EncodeTexts(t.Context(), []string{"dogs"})
		if want := `encode text "dogs": the embedding has no direction`; !errors.Is(err, ErrBadVector) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("text, %v: %v", embedding, err)
		}
		if _, err := m.EncodePixels(t.Context(), make([][]uint8, 2)); !errors.Is(err, ErrBadVector) {
			t.Errorf("pictures, %v: %v", embedding, err)
		}
	}
}
