package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"

	"clipsearch/index/vector"
	"clipsearch/internal/npy"
	"clipsearch/internal/vec"
)

// vectorBench is what bench vectors reports; its JSON is part of the CLI contract.
type vectorBench struct {
	N       int         `json:"n"`
	Dims    int         `json:"dims"`
	Queries int         `json:"queries"`
	Threads int         `json:"threads"`
	Exact   vectorCurve `json:"exact"`
	BuildS  float64     `json:"build_s"`
	Bytes   uint64      `json:"bytes"` // of memory that the index holds
}

// vectorCurve is one way of searching. Recall is that of the first 1, 10 and 100 neighbours, as far as so many were asked for.
type vectorCurve struct {
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
	report, err := b.measure(ctx, *k)
	if err != nil {
		return err
	}
	report.Threads = *threads
	if *asJSON {
		return json.NewEncoder(p.Stdout).Encode(report)
	}
	return printVectorBench(p, report)
}

// vectorSet is what a measurement needs: unit vectors and queries, and for each query the similarity of its true k-th
// neighbour.
type vectorSet struct {
	dims    int
	rows    []float32 // [N, dims]
	queries [][]float32
	kth     map[int][]float32 // by k: one a query
}

// loadVectorBench reads the matrices and the truth, or computes it.
func loadVectorBench(ctx context.Context, vectors, queries, truth string, k int) (*vectorSet, error) {
	rows, dims, err := readUnitRows(vectors)
	if err != nil {
		return nil, err
	}
	flat, queryDims, err := readUnitRows(queries)
	if err != nil {
		return nil, err
	}
	if queryDims != dims {
		return nil, fmt.Errorf("%s has vectors of %d values, %s of %d", vectors, dims, queries, queryDims)
	}
	b := &vectorSet{dims: dims, rows: rows, kth: make(map[int][]float32)}
	for i := 0; i < len(flat); i += dims {
		b.queries = append(b.queries, flat[i:i+dims])
	}
	var ranks []int
	for _, rank := range []int{1, 10, 100} {
		if rank <= k && rank <= len(rows)/dims {
			ranks = append(ranks, rank)
		}
	}
	if truth != "" {
		return b, b.readTruth(truth, ranks)
	}
	return b, b.computeTruth(ctx, ranks)
}

// readUnitRows reads a whole matrix, each row scaled to length 1.
func readUnitRows(path string) (rows []float32, dims int, err error) {
	m, err := npy.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer m.Close() // only read
	if m.Rows == 0 {
		return nil, 0, fmt.Errorf("%s has no rows", path)
	}
	rows = make([]float32, m.Rows*m.Cols)
	if err := m.Read(0, rows); err != nil {
		return nil, 0, err
	}
	for i := 0; i < len(rows); i += m.Cols {
		vec.Normalize(rows[i : i+m.Cols])
	}
	return rows, m.Cols, nil
}

func (b *vectorSet) row(i int) []float32 { return b.rows[i*b.dims : (i+1)*b.dims] }

// readTruth takes the true neighbours from a file.
func (b *vectorSet) readTruth(path string, ranks []int) error {
	m, err := npy.Open(path)
	if err != nil {
		return err
	}
	defer m.Close() // only read
	if m.Rows != len(b.queries) || m.Cols < ranks[len(ranks)-1] {
		return fmt.Errorf("%s is %d×%d; it must have a row for each of %d queries and %d columns", path, m.Rows, m.Cols, len(b.queries), ranks[len(ranks)-1])
	}
	ids := make([]int32, m.Cols)
	for q, query := range b.queries {
		if err := m.ReadInts(q, ids); err != nil {
			return err
		}
		for _, rank := range ranks {
			id := int(ids[rank-1])
			if id < 0 || id >= len(b.rows)/b.dims {
				return fmt.Errorf("%s: row %d names vector %d, which does not exist", path, q, id)
			}
			b.kth[rank] = append(b.kth[rank], vec.Dot(query, b.row(id)))
		}
	}
	return nil
}

// computeTruth scans all vectors in single precision for every query.
func (b *vectorSet) computeTruth(ctx context.Context, ranks []int) error {
	similarities := make([]float32, len(b.rows)/b.dims)
	for _, query := range b.queries {
		if err := ctx.Err(); err != nil {
			return err
		}
		for i := range similarities {
			similarities[i] = vec.Dot(query, b.row(i))
		}
		slices.SortFunc(similarities, func(x, y float32) int {
			switch {
			case x > y:
				return -1
			case x < y:
				return 1
			}
			return 0
		})
		for _, rank := range ranks {
			b.kth[rank] = append(b.kth[rank], similarities[rank-1])
		}
	}
	return nil
}

// measure builds an index and searches it.
func (b *vectorSet) measure(ctx context.Context, k int) (vectorBench, error) {
	n := len(b.rows) / b.dims
	report := vectorBench{N: n, Dims: b.dims, Queries: len(b.queries)}
	before := heapBytes()
	start := time.Now()
	index := vector.New(b.dims)
	for i := range n {
		if err := index.Add(uint64(i)+1, b.row(i)); err != nil {
			return report, err
		}
	}
	if _, err := index.Search(ctx, b.queries[0], k, nil); err != nil { // what the first search prepares is part of building
		return report, err
	}
	report.BuildS = time.Since(start).Seconds()
	report.Bytes = heapBytes() - before
	var err error
	report.Exact, err = b.search(ctx, index, k)
	return report, err
}

// heapBytes returns the memory that Go's heap holds after collecting garbage.
func heapBytes() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// search runs all queries one after the other.
func (b *vectorSet) search(ctx context.Context, index *vector.Index, k int) (vectorCurve, error) {
	times := make([]time.Duration, 0, len(b.queries))
	right := make(map[int]int)
	for q, query := range b.queries {
		start := time.Now()
		found, err := index.Search(ctx, query, k, nil)
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
	slices.Sort(times)
	micros := func(share float64) float64 {
		return float64(times[int(share*float64(len(times)-1))].Nanoseconds()) / 1e3
	}
	curve := vectorCurve{P50: micros(0.5), P95: micros(0.95), P99: micros(0.99), QPS: float64(len(times)) / total.Seconds()}
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
	fmt.Fprintf(w, "vectors\t%s × %d, built in %.2f s, %s\n", humanize.Comma(int64(r.N)), r.Dims, r.BuildS, humanize.IBytes(r.Bytes))
	fmt.Fprintf(w, "queries\t%s, %d threads\n\n", humanize.Comma(int64(r.Queries)), r.Threads)
	fmt.Fprintln(w, "\tANN recall@1\t@10\t@100\tp50 µs\tp95 µs\tp99 µs\tqueries/s")
	c := r.Exact
	fmt.Fprintf(w, "exact\t%.4f\t%s\t%s\t%.0f\t%.0f\t%.0f\t%.0f\n", c.Recall1, share(c.Recall10), share(c.Recall100), c.P50, c.P95, c.P99, c.QPS)
	return w.Flush()
}
