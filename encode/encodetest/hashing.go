package encodetest

import (
	"context"
	"hash/fnv"
	"math/rand/v2"

	"clipsearch/internal/vec"
)

// hashDims is the length of Hashing's vectors: that of CLIP ViT-B/32's.
const hashDims = 512

// Hashing is an encoder of texts that costs next to nothing and knows nothing, for measuring what works with vectors. It is
// safe for concurrent use.
type Hashing struct{}

// EncodeTexts returns Hash of each text, in order, and never an error.
func (Hashing) EncodeTexts(_ context.Context, texts []string) ([][]float32, error) {
	all := make([][]float32, len(texts))
	for i, text := range texts {
		all[i] = Hash(text)
	}
	return all, nil
}

// Hash returns a unit vector [512] that depends on the text alone.
func Hash(text string) []float32 {
	out := randomVector(text, hashDims)
	vec.Normalize(out)
	return out
}

// randomVector returns a vector of normally distributed numbers that depends on the text alone.
func randomVector(text string, dims int) []float32 {
	h := fnv.New64a()
	h.Write([]byte(text))
	random := rand.New(rand.NewPCG(h.Sum64(), 1))
	out := make([]float32, dims)
	for i := range out {
		out[i] = float32(random.NormFloat64())
	}
	return out
}
