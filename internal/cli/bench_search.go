package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"

	"clipsearch/index/store"
	"clipsearch/internal/npy"
	"clipsearch/internal/regular"
	"clipsearch/internal/vec"
	"clipsearch/search"
)

// searchBench is what bench search reports; its JSON is part of the CLI contract.
type searchBench struct {
	N       int                `json:"n"` // queries
	Mode    search.Mode        `json:"mode"`
	K       int                `json:"k"`
	Threads int                `json:"threads"`
	P50     float64            `json:"p50_us"` // of the engine's time for one query
	P95     float64            `json:"p95_us"`
	P99     float64            `json:"p99_us"`
	QPS     float64            `json:"qps"` // of all threads together
	Legs    map[string]legTime `json:"legs"`
	Partial int                `json:"partial"` // queries that a leg did not answer
}

// legTime is the time of one leg: both run side by side.
type legTime struct {
	P50 float64 `json:"p50_us"`
	P95 float64 `json:"p95_us"`
	P99 float64 `json:"p99_us"`
}

// replay is the encoder of queries whose vectors are at hand.
type replay map[string][]float32

func (r replay) EncodeTexts(_ context.Context, texts []string) ([][]float32, error) {
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		if vectors[i] = r[text]; vectors[i] == nil {
			return nil, fmt.Errorf("there is no vector for %q", text)
		}
	}
	return vectors, nil
}

func (replay) EncodeImage(context.Context, []byte) ([]float32, error) {
	return nil, search.ErrNoEncoder
}

func runBenchSearch(ctx context.Context, p Process, args []string) (err error) {
	var opts common
	f := newFlags("bench search")
	opts.libraryFlag(f)
	texts, vectors := f.String("texts", "", ""), f.String("vectors", "", "")
	mode, k, threads := f.String("mode", string(search.ModeHybrid), ""), f.Int("k", search.DefaultK, ""), f.Int("threads", 1, "")
	all, similar := f.Bool("all", false, ""), f.Int("similar", 0, "")
	f.BoolVar(&opts.json, "json", false, "")
	rest, err := f.parse(args)
	switch {
	case err != nil:
		return err
	case *similar < 0 || *similar > 0 && *texts+*vectors != "":
		return usagef("bench search: --similar is a number of indexed pictures to search by, in place of --texts and --vectors")
	case len(rest) > 0 || *similar == 0 && (*texts == "" || *vectors == "" && *mode != string(search.ModeText)):
		return usagef("bench search: name the queries with --texts FILE and their vectors with --vectors FILE.npy, or say --similar N")
	case *threads < 1:
		return usagef("bench search: --threads is at least 1")
	}
	var queries []probe
	encoder := replay{}
	if *similar > 0 {
		*mode = string(search.ModeVector)
	} else if queries, encoder, err = readReplay(*texts, *vectors); err != nil {
		return err
	}
	lib, err := openLibrary(ctx, p, opts.library, reading)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lib.Close()) }()
	if *similar > 0 {
		if queries, err = similarProbes(ctx, lib.store, *similar); err != nil {
			return err
		}
	}
	words, index, err := lib.legs(ctx, search.Mode(*mode))
	if err != nil {
		return err
	}
	if err := words.Wait(ctx); err != nil {
		return err
	}
	engine := search.New(search.Deps{Store: lib.store, Text: words, Vectors: index, Encoder: encoder})
	ask := search.Query{Mode: search.Mode(*mode), K: *k, All: *all, Prompts: []string{"{q}"}}
	report, err := replayAll(ctx, engine, ask, queries, *threads)
	if err != nil {
		return searchError(err)
	}
	if opts.json {
		return json.NewEncoder(p.Stdout).Encode(report)
	}
	return printSearchBench(p, report)
}

// probe is one query of a benchmark.
type probe struct {
	name string
	term search.Term
}

// similarProbes returns queries by n indexed pictures, spread over the library; by fewer if it has no more.
func similarProbes(ctx context.Context, st *store.Store, n int) (queries []probe, err error) {
	var ids []store.ID
	err = st.EachFile(ctx, func(f store.File) error {
		if f.HasVector && !f.Hidden {
			ids = append(ids, f.ID)
		}
		return nil
	})
	for i := range min(n, len(ids)) {
		id := ids[i*len(ids)/min(n, len(ids))]
		queries = append(queries, probe{fmt.Sprint("like ", id), search.Term{Kind: search.TermLike, ID: id}})
	}
	if err == nil && len(queries) == 0 {
		err = search.ErrNoVectors
	}
	return queries, err
}

// readReplay reads the queries, a line each, as terms without grammar, and their vectors, row by row; the path "" is none.
func readReplay(texts, vectors string) (queries []probe, encoder replay, err error) {
	content, err := regular.ReadFile(texts)
	if err != nil {
		return nil, nil, err
	}
	scanner := bufio.NewScanner(strings.NewReader(string(content)))
	for scanner.Scan() {
		text := strings.Join(strings.Fields(scanner.Text()), " ")
		queries = append(queries, probe{text, search.Term{Kind: search.TermText, Text: text}})
	}
	if err := scanner.Err(); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", texts, err)
	}
	if len(queries) == 0 {
		return nil, nil, fmt.Errorf("%s has no lines", texts)
	}
	if vectors == "" {
		return queries, nil, nil
	}
	m, err := npy.Open(vectors)
	if err != nil {
		return nil, nil, err
	}
	defer m.Close() // only read
	if m.Rows != len(queries) {
		return nil, nil, fmt.Errorf("%s has %d rows, %s %d lines", vectors, m.Rows, texts, len(queries))
	}
	encoder = replay{}
	for i, query := range queries {
		row := make([]float32, m.Cols)
		if err := m.Read(i, row); err != nil {
			return nil, nil, err
		}
		vec.Normalize(row)
		encoder[query.name] = row
	}
	return queries, encoder, nil
}

// replayAll asks all queries, threads at a time, after a tenth of them to warm up.
func replayAll(ctx context.Context, engine *search.Engine, ask search.Query, queries []probe, threads int) (searchBench, error) {
	report := searchBench{N: len(queries), Mode: ask.Mode, K: ask.K, Threads: threads, Legs: map[string]legTime{}}
	answer := func(ctx context.Context, query probe) (*search.Result, error) {
		q := ask
		q.Terms = []search.Term{query.term}
		if query.term.Kind == search.TermLike { // the picture itself is no answer
			q.Filter.Without = []search.ID{query.term.ID}
		}
		return engine.Search(ctx, q)
	}
	for _, query := range queries[:(len(queries)+9)/10] {
		if _, err := answer(ctx, query); err != nil {
			return report, fmt.Errorf("%q: %w", query.name, err)
		}
	}
	results := make([]*search.Result, len(queries))
	started := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(threads)
	for i, query := range queries {
		group.Go(func() (err error) {
			if results[i], err = answer(ctx, query); err != nil {
				return fmt.Errorf("%q: %w", query.name, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return report, err
	}
	report.QPS = float64(len(queries)) / time.Since(started).Seconds()
	report.fill(results)
	return report, nil
}

// fill works out the times.
func (b *searchBench) fill(results []*search.Result) {
	var total, words, vectors []time.Duration
	for _, r := range results {
		total = append(total, r.Took)
		if r.Partial {
			b.Partial++
		}
		if r.TextTook > 0 {
			words = append(words, r.TextTook)
		}
		if r.VectorTook > 0 {
			vectors = append(vectors, r.VectorTook)
		}
	}
	all := timesOf(total)
	b.P50, b.P95, b.P99 = all.P50, all.P95, all.P99
	if len(words) > 0 {
		b.Legs["text"] = timesOf(words)
	}
	if len(vectors) > 0 {
		b.Legs["vector"] = timesOf(vectors)
	}
}

// timesOf returns the quantiles that are reported of times.
func timesOf(times []time.Duration) legTime {
	return legTime{micros(times, .5), micros(times, .95), micros(times, .99)}
}

// micros returns a quantile of times in µs.
func micros(times []time.Duration, share float64) float64 {
	slices.Sort(times)
	return float64(times[int(share*float64(len(times)-1))].Nanoseconds()) / 1e3
}

// printSearchBench writes a report for people.
func printSearchBench(p Process, r searchBench) error {
	w := tabwriter.NewWriter(p.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintf(w, "%d queries, mode %s, %d hits, %d threads, %.0f queries/s\n\n", r.N, r.Mode, r.K, r.Threads, r.QPS)
	fmt.Fprintf(w, "\tp50 µs\tp95 µs\tp99 µs\nengine\t%.0f\t%.0f\t%.0f\n", r.P50, r.P95, r.P99)
	for _, leg := range []string{"text", "vector"} {
		if t, ok := r.Legs[leg]; ok {
			fmt.Fprintf(w, "%s leg\t%.0f\t%.0f\t%.0f\n", leg, t.P50, t.P95, t.P99)
		}
	}
	return w.Flush()
}
