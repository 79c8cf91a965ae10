package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"

	"clipsearch/index/vector"
	"clipsearch/internal/vec"
)

// vectorBench is what bench vectors reports; its JSON is part of the CLI contract.
type vectorBench struct {
	N       int           `json:"n"`
	Dims    int           `json:"dims"`
	Queries int           `json:"queries"`
	Threads int           `json:"threads"`
	Exact   vectorCurve   `json:"exact"`
	HNSW    []vectorCurve `json:"hnsw"`    // by Ef; none where no graph was asked for
	BuildS  float64       `json:"build_s"` // coding the vectors and building the graph
	GraphS  float64       `json:"graph_s"` // of it, the graph
	Bytes   int           `json:"bytes"`   // of memory that the index holds, the vectors in half precision included
}

// vectorCurve is one way of searching. Ef is the width of a graph's beam. Recall is that of the first 1, 10 and 100 neighbours, as far as so many were asked for.
type vectorCurve struct {
	Ef        int      `json:"ef,omitempty"`
	Recall1   float64  `json:"recall1"`
	Recall10  *float64 `json:"recall10,omitempty"`
	Recall100 *float64 `json:"recall100,omitempty"`
	P50       float64  `json:"p50_us"`
	P95       float64  `json:"p95_us"`
	P99       float64  `json:"p99_us"`
	QPS       float64  `json:"qps"` // one query after the other
}

// tieTolerance is how far below the true k-th similarity a neighbour may lie and count as right: half-precision rows have
// exact ties across that rank, which rounding in single precision tears apart.
const tieTolerance = 1e-6

func runBenchVectors(ctx context.Context, p Process, args []string) error {
	f := newFlags("bench vectors")
	truth, threads, k := f.String("truth", "", ""), f.Int("threads", 1, ""), f.Int("k", 10, "")
	asJSON := f.Bool("json", false, "")
	var opts common
	opts.indexFlag(f)
	paths, err := f.parse(args)
	switch {
	case err != nil:
		return err
	case len(paths) != 2:
		return usagef("bench vectors: name a matrix of vectors and one of queries")
	case *threads < 1 || *k < 1:
		return usagef("bench vectors: --threads and -k are at least 1")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(*threads))
	b, err := loadVectorBench(ctx, paths[0], paths[1], *truth, *k)
	if err != nil {
		return err
	}
	report, err := b.measure(ctx, opts.kind, *k)
	if err != nil {
		return err
	}
	report.Threads = *threads
	if *asJSON {
		return json.NewEncoder(p.Stdout).Encode(report)
	}
	return printVectorBench(p, report)
}

// beamWidths are the widths of a graph's beam that are measured, those that searches use among them.
var beamWidths = []int{16, 32, 64, vector.EfImages, 128, 192, 256, 384, 512, 768, 1024, vector.EfTexts}

// measure builds an index and searches it, first by comparing all vectors, then, but for kind exact, by a graph.
func (b *vectorSet) measure(ctx context.Context, kind vector.Kind, k int) (vectorBench, error) {
	n := len(b.rows) / b.dims
	report := vectorBench{N: n, Dims: b.dims, Queries: len(b.queries), HNSW: []vectorCurve{}}
	start := time.Now()
	index := vector.New(b.dims, vector.HNSW) // which has no graph until it is built
	for i := range n {
		if err := index.Add(uint64(i)+1, b.row(i)); err != nil {
			return report, err
		}
	}
	report.BuildS = time.Since(start).Seconds()
	var err error
	if kind != vector.HNSW {
		if report.Exact, err = b.search(ctx, index, k, 0); err != nil {
			return report, err
		}
	}
	if kind != vector.Exact {
		if err := b.measureGraph(ctx, index, k, &report); err != nil {
			return report, err
		}
	}
	report.Bytes = index.Bytes()
	return report, nil
}

// measureGraph builds a graph and searches it with several widths of the beam.
func (b *vectorSet) measureGraph(ctx context.Context, index *vector.Index, k int, report *vectorBench) error {
	start := time.Now()
	if err := index.Build(ctx); err != nil {
		return err
	}
	report.GraphS = time.Since(start).Seconds()
	report.BuildS += report.GraphS
	for _, ef := range beamWidths {
		if ef < k {
			continue
		}
		curve, err := b.search(ctx, index, k, ef)
		if err != nil {
			return err
		}
		curve.Ef = ef
		report.HNSW = append(report.HNSW, curve)
	}
	return nil
}

// search runs all queries one after the other; ef is the width of a graph's beam.
func (b *vectorSet) search(ctx context.Context, index *vector.Index, k, ef int) (vectorCurve, error) {
	times := make([]time.Duration, 0, len(b.queries))
	right := make(map[int]int)
	for q, query := range b.queries {
		start := time.Now()
		found, err := index.Search(ctx, query, k, vector.Options{Ef: ef})
		times = append(times, time.Since(start))
		if err != nil {
			return vectorCurve{}, err
		}
		for rank, kth := range b.kth {
			for _, neighbor := range found[:min(rank, len(found))] {
				if vec.Dot(query, b.row(int(neighbor.ID)-1)) >= kth[q]-tieTolerance {
					right[rank]++
				}
			}
		}
	}
	var total time.Duration
	for _, t := range times {
		total += t
	}
	curve := vectorCurve{P50: micros(times, 0.5), P95: micros(times, 0.95), P99: micros(times, 0.99), QPS: float64(len(times)) / total.Seconds()}
	recall := func(rank int) *float64 {
		if b.kth[rank] == nil {
			return nil
		}
		share := float64(right[rank]) / float64(rank*len(b.queries))
		return &share
	}
	if r := recall(1); r != nil {
		curve.Recall1 = *r
	}
	curve.Recall10, curve.Recall100 = recall(10), recall(100)
	return curve, nil
}

// printVectorBench writes a report for people.
func printVectorBench(p Process, r vectorBench) error {
	w := tabwriter.NewWriter(p.Stdout, 0, 4, 2, ' ', 0)
	share := func(x *float64) string {
		if x == nil {
			return "–"
		}
		return fmt.Sprintf("%.4f", *x)
	}
	fmt.Fprintf(w, "vectors\t%s × %d, built in %.2f s, of which the graph %.2f s; %s\n", humanize.Comma(int64(r.N)), r.Dims, r.BuildS, r.GraphS, humanize.IBytes(uint64(r.Bytes)))
	fmt.Fprintf(w, "queries\t%s, %d threads\n\n", humanize.Comma(int64(r.Queries)), r.Threads)
	fmt.Fprintln(w, "\tANN recall@1\t@10\t@100\tp50 µs\tp95 µs\tp99 µs\tqueries/s")
	line := func(name string, c vectorCurve) {
		fmt.Fprintf(w, "%s\t%.4f\t%s\t%s\t%.0f\t%.0f\t%.0f\t%.0f\n", name, c.Recall1, share(c.Recall10), share(c.Recall100), c.P50, c.P95, c.P99, c.QPS)
	}
	if r.Exact.QPS > 0 {
		line("exact", r.Exact)
	}
	for _, c := range r.HNSW {
		line(fmt.Sprintf("hnsw, ef %d", c.Ef), c)
	}
	return w.Flush()
}
