package cli

import (
	"context"
)

const benchHelp = `Usage: clipsearch bench vectors [flags] VECTORS.npy QUERIES.npy
       clipsearch bench search [flags] --texts FILE --vectors FILE.npy
       clipsearch bench search [flags] --similar N
       clipsearch bench encode [flags]
       clipsearch bench decode [flags] FILE...

Measures this program on this machine. vectors searches a matrix (float32 or float16, NumPy's format) for the rows of
another one, by comparing all and by a graph with beams of several widths, and reports ANN recall@1, 10 and 100 against a
full scan in single precision, latency of single queries, the time of building, and memory. search replays queries on a
library with vectors that are ready, so that no model is needed, and reports the engine's time and that of its legs. encode
runs a model's two towers at several batch sizes, with random pictures, and compares them with what the same device does in
plain matrix products. decode turns picture files into a model's input and a thumbnail, as index does, and reports images and
megapixels a second of each format.

  --truth FILE          vectors: the true neighbours' rows, best first (int32 matrix), instead of computing them
  --index exact|hnsw    vectors: measure one of them only
  --texts FILE          search: the queries, one a line
  --vectors FILE        search: their vectors, one a row
  --similar N           search: the queries are N indexed pictures, by their stored vectors
  --mode MODE           search: hybrid (default), text or vector
  --all                 search: without the relevance cut
  --library FILE        search: the library; else $CLIPSEARCH_LIBRARY, else the usual one
  --model, --device, --precision
                        encode: as for index
  --batch N,N           encode: pictures at a time
  --size N              decode: pixels of a side of the model's input (default 224)
  --full                decode: at full size instead of shrinking while decoding
  --threads N           processor cores to use (vectors: default 1; encode, decode: default all); search: queries at a
                        time (default 1)
  -k N                  neighbours (default 10) or hits (default 20) to ask for
  --json                one JSON object on stdout

Exit status: 0 done, 1 failed, 2 usage, 4 no library.

  clipsearch bench vectors --json images.npy texts.npy
`

func runBench(ctx context.Context, p Process, args []string) error {
	if len(args) == 0 {
		return usagef("bench: say what to measure: vectors, search, encode or decode; clipsearch help bench explains it")
	}
	switch args[0] {
	case "vectors":
		return runBenchVectors(ctx, p, args[1:])
	case "search":
		return runBenchSearch(ctx, p, args[1:])
	case "encode":
		return runBenchEncode(ctx, p, args[1:])
	case "decode":
		return runBenchDecode(ctx, p, args[1:])
	}
	return usagef("bench: there is no %q; it is vectors, search, encode or decode", args[0])
}
