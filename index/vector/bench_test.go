package vector

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"clipsearch/index/vector/kernel"
	"clipsearch/internal/vec"
)

// scanPlain is what the exact scan is measured against: all similarities by vec.Dot, and the k best.
func scanPlain(rows [][]float32, q []float32, k int) []vec.Scored[float32] {
	best := vec.NewTopK[float32](k)
	for i, row := range rows {
		best.Push(uint64(i), vec.Dot(q, row))
	}
	return best.Sorted()
}

// BenchmarkExact finds the 10 best of 50,000 real vectors of 512 values, with a plain scan of float32 and with every
// kernel, on one core, and with the best kernel on all. It reports the median of a query as p50-µs; ns/vector is its share.
func BenchmarkExact(b *testing.B) {
	const k = 10
	rows := readImages(b)
	x := indexOf(b, rows)
	for _, set := range realQueries {
		queries := readQueries(b, set.file)
		one := func(name string, cores int, search func(q []float32)) {
			b.Run(set.name+"/"+name, func(b *testing.B) {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
				var times []time.Duration
				for b.Loop() {
					start := time.Now()
					search(queries[len(times)%len(queries)])
					times = append(times, time.Since(start))
				}
				slices.Sort(times)
				median := times[len(times)/2]
				b.ReportMetric(float64(median.Nanoseconds())/1e3, "p50-µs")
				b.ReportMetric(float64(median.Nanoseconds())/float64(len(rows)), "ns/vector")
			})
		}
		exact := func(q []float32) {
			_, err := x.Search(ctx, q, k, Options{})
			ok(b, err)
		}
		one("float32", 1, func(q []float32) { scanPlain(rows, q, k) })
		for _, x.kernel = range kernel.Available() {
			one(x.kernel.Name, 1, exact)
		}
		x.kernel = kernel.Best()
		if n := runtime.NumCPU(); n > 1 {
			one(fmt.Sprintf("%s-%dcores", x.kernel.Name, n), n, exact)
		}
		b.Run(set.name+"/batch32", func(b *testing.B) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			for b.Loop() {
				_, err := x.SearchBatch(ctx, queries[:32], k, Options{})
				ok(b, err)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/32, "µs/query")
		})
	}
}
