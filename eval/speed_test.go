package eval

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"testing"

	"clipsearch/internal/vec"
)

// hashing is an encoder of 512 dimensions that costs next to nothing.
type hashing struct{}

func (hashing) EncodeTexts(_ context.Context, texts []string) ([][]float32, error) {
	all := make([][]float32, len(texts))
	for i, text := range texts {
		h := fnv.New64a()
		h.Write([]byte(text))
		rng := rand.New(rand.NewPCG(h.Sum64(), 1))
		all[i] = make([]float32, 512)
		for j := range all[i] {
			all[i][j] = float32(rng.NormFloat64())
		}
		vec.Normalize(all[i])
	}
	return all, nil
}

// BenchmarkRetrieval is what follows the encoding of 1,000 pictures with five captions each, at CLIP's 512 dimensions.
func BenchmarkRetrieval(b *testing.B) {
	var set Set
	for i := range 1000 {
		p := Picture{Name: fmt.Sprint(i)}
		for c := range 5 {
			p.Captions = append(p.Captions, fmt.Sprint(i, " ", c))
		}
		vectors, _ := hashing{}.EncodeTexts(b.Context(), []string{p.Name})
		p.Vector = vectors[0]
		set.Pictures = append(set.Pictures, p)
	}
	texts := Remember(hashing{})
	for b.Loop() {
		r := &Report{Set: set, Seed: 1}
		if err := r.Retrieve(b.Context(), texts); err != nil {
			b.Fatal(err)
		}
		if err := r.RetrieveInBatches(b.Context(), texts); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/evaluation")
}
