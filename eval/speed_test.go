package eval

import (
	"fmt"
	"testing"

	"clipsearch/encode/encodetest"
)

// BenchmarkRetrieval is what follows the encoding of 1,000 pictures with five captions each, at CLIP's 512 dimensions.
func BenchmarkRetrieval(b *testing.B) {
	var set Set
	for i := range 1000 {
		p := Picture{Name: fmt.Sprint(i)}
		for c := range 5 {
			p.Captions = append(p.Captions, fmt.Sprint(i, " ", c))
		}
		p.Vector = encodetest.Hash(p.Name)
		set.Pictures = append(set.Pictures, p)
	}
	texts := Remember(encodetest.Hashing{})
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
