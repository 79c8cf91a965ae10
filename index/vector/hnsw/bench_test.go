package hnsw

import (
	"fmt"
	"testing"
)

// BenchmarkBuild connects generated rows on one core and reports ns/row.
func BenchmarkBuild(b *testing.B) {
	s, _ := generated()
	for b.Loop() {
		build(b, s, testRows, nil)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/testRows, "ns/row")
}

// BenchmarkSearch searches 50,000 real vectors of 512 values for the nearest to real queries, text and image, and reports
// ANN recall@10 among ef rows, ns/query and how many rows a query is compared with.
func BenchmarkSearch(b *testing.B) {
	s, sets := readReal(b)
	g := build(b, s, len(s.rows), nil)
	for _, set := range sets {
		for _, ef := range []int{32, 64, 128, 256, 512, 1024} {
			b.Run(fmt.Sprintf("%s/ef=%d", set.name, ef), func(b *testing.B) {
				recall, _, compared := set.measure(b, g, s, ef)
				p := s.newProbe()
				for i := 0; b.Loop(); i++ {
					b.StopTimer()
					p.ask(set.queries[i%len(set.queries)])
					b.StartTimer()
					if _, err := g.Search(b.Context(), p, ef, nil); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(recall, "recall@10")
				b.ReportMetric(compared, "compared/query")
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/query")
			})
		}
	}
}
