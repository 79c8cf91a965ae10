package cli

import (
	"context"
)

const benchHelp = `Usage: clipsearch bench vectors [flags] VECTORS.npy QUERIES.npy

Measures this program on this machine. vectors searches a matrix (float32 or float16, NumPy's format) for the rows of
another one, by comparing all and by a graph with beams of several widths, and reports ANN recall@1, 10 and 100 against a
full scan in single precision, latency of single queries, the time of building, and memory.

  --truth FILE          the true neighbours' rows, best first (int32 matrix), instead of computing them
  --threads N           processor cores to use (default 1)
  -k N                  neighbours to ask for (default 10)
  --index exact|hnsw    measure one of them only
  --json                one JSON object on stdout

Exit status: 0 done, 1 failed, 2 usage.

  clipsearch bench vectors --json images.npy texts.npy
`

func runBench(ctx context.Context, p Process, args []string) error {
	if len(args) == 0 {
		return usagef("bench: say what to measure: vectors; clipsearch help bench explains it")
	}
	if args[0] != "vectors" {
		return usagef("bench: there is no %q; it is vectors", args[0])
	}
	return runBenchVectors(ctx, p, args[1:])
}
