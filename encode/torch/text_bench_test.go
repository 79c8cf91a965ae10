//go:build native

package torch

import (
	"slices"
	"testing"

	"clipsearch/encode/checkpoint"
)

// BenchmarkTexts measures the text tower of ViT-B/32 on the CPU: a query of 7 tokens, the two prompts that a search makes of
// one, the second of 11 tokens, and a batch of texts of 7.
func BenchmarkTexts(b *testing.B) {
	c := randomCheckpoint(b, "vit-b-32")
	for _, precision := range []string{"bf16", "f32"} {
		m, err := Open(c.Config, c.Pixels, c, Options{Device: "cpu", Precision: precision})
		if err != nil {
			b.Fatal(err)
		}
		defer m.Close()
		query := []int32{49406, 1, 2, 3, 4, 5, 49407}
		prompt := []int32{49406, 6, 7, 8, 9, 1, 2, 3, 4, 5, 49407}
		for _, c := range []struct {
			name  string
			texts [][]int32
		}{
			{"query", [][]int32{query}},
			{"prompts", [][]int32{query, prompt}},
			{"batch", slices.Repeat([][]int32{query}, 64)},
		} {
			b.Run(precision+"/"+c.name, func(b *testing.B) {
				for b.Loop() {
					if _, err := m.Texts(b.Context(), c.texts); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// randomCheckpoint opens a checkpoint of an architecture's size with random weights, until the benchmark ends.
func randomCheckpoint(b *testing.B, architecture string) *checkpoint.Checkpoint {
	b.Helper()
	a, err := checkpoint.ArchitectureNamed(architecture)
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir() + "/model"
	if err := checkpoint.Create(b.Context(), dir, a.Config, 1, checkpoint.F32); err != nil {
		b.Fatal(err)
	}
	c, err := checkpoint.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close() })
	return c
}
