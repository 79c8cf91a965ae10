package cli

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"clipsearch/encode/encodetest"
	"clipsearch/eval"
)

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
		p.Vector = encodetest.Hash(p.Name)
		set.Pictures = append(set.Pictures, p)
	}
	return set
}

// BenchmarkEvaluation is what follows the encoding of 1,000 pictures with five captions each: all tasks on captions.
func BenchmarkEvaluation(b *testing.B) {
	set := captionedSet(1000)
	texts := eval.Remember(encodetest.Hashing{})
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
