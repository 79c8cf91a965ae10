package cli

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"testing"

	"clipsearch/eval"
	"clipsearch/internal/vec"
)

// hashing is a text tower of 512 dimensions that costs next to nothing.
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

// captionedSet returns n pictures with five captions each, of words as frequent as words are: the k-th with odds of 1/k.
func captionedSet(n int) eval.Set {
	rng := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(rng, 1.1, 2, 3000)
	var set eval.Set
	for i := range n {
		p := eval.Picture{Name: fmt.Sprintf("%06d.jpg", i)}
		for range 5 {
			words := make([]string, 11) // as Flickr8k's captions have
			for w := range words {
				words[w] = fmt.Sprintf("word%d", zipf.Uint64())
			}
			p.Captions = append(p.Captions, strings.Join(words, " "))
		}
		vectors, _ := hashing{}.EncodeTexts(context.Background(), []string{p.Name}) // never an error
		p.Vector = vectors[0]
		set.Pictures = append(set.Pictures, p)
	}
	return set
}

// BenchmarkEvaluation is what follows the encoding of 1,000 pictures with five captions each: all tasks on captions.
func BenchmarkEvaluation(b *testing.B) {
	set := captionedSet(1000)
	texts := eval.Remember(hashing{})
	for b.Loop() {
		e := &evaluation{report: eval.Report{Set: set, Seed: 1, Model: eval.Model{ID: "clip-0", Dims: 512}}, texts: texts}
		for _, task := range []eval.Task{eval.Retrieval, eval.InBatch, eval.Search} {
			if err := e.run(b.Context(), task); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/evaluation")
}
