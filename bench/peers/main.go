package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
)

const usage = `usage: peers [options] VECTORS.npy QUERIES.npy [TRUTH.npy] [QUERIES.npy [TRUTH.npy]]...
       peers gen --n N [--real SHARE] VECTORS.npy OUT.npy

Builds an index of VECTORS with each library and compares how they answer each set of QUERIES: recall@10, time of a query,
CPU seconds to build, memory. TRUTH has the row numbers of the true neighbours, best first, as 32-bit integers; without it
a scan finds them. With --n, and with gen, vectors are generated that have mean and covariance of VECTORS.

  --n N          compare with N generated vectors instead of VECTORS
  --only NAMES   of these only, with commas: ` + "%s" + `
  --queries N    the first N queries of each set (default 1000)
  --rounds N     passes over the queries (default 3)
  --json FILE    write the figures
  --svg FILE     draw recall against time
  --real SHARE   with gen: this share of each vector's distance from the mean is that of one of VECTORS, drawn by chance
                 (0 to 1; default 0), so that the generated ones lie in groups

Example, in the repository's root:
  make peers PEERS="--svg doc/peers.svg images.npy queries.npy"
`

// options are what the command line says.
type options struct {
	generate, queries, rounds int
	only, json, svg           string
	files                     []string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, progress io.Writer) error {
	runtime.GOMAXPROCS(1)
	if len(args) > 0 && args[0] == "gen" {
		return runGen(args[1:])
	}
	o, err := parse(args)
	if err != nil {
		return err
	}
	set, err := readSet(o)
	if err != nil {
		return err
	}
	report, err := compare(ctx, set, o, progress)
	if err != nil {
		return err
	}
	report.print(out)
	return report.write(o)
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("peers", flag.ContinueOnError)
	flags.Usage = func() { fmt.Fprintf(flags.Output(), usage, strings.Join(peerNames(), ", ")) }
	flags.IntVar(&o.generate, "n", 0, "")
	flags.IntVar(&o.queries, "queries", 1000, "")
	flags.IntVar(&o.rounds, "rounds", 3, "")
	flags.StringVar(&o.only, "only", "", "")
	flags.StringVar(&o.json, "json", "", "")
	flags.StringVar(&o.svg, "svg", "", "")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.files = flags.Args()
	if len(o.files) < 2 || o.queries < 1 || o.rounds < 1 || o.generate < 0 {
		flags.Usage()
		return o, fmt.Errorf("VECTORS.npy and QUERIES.npy are needed, and numbers above 0")
	}
	return o, nil
}

// runGen is the command gen.
func runGen(args []string) error {
	flags := flag.NewFlagSet("peers gen", flag.ContinueOnError)
	n, share := flags.Int("n", 0, ""), flags.Float64("real", 0, "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 2 || *n < 1 || *share < 0 || *share > 1 {
		return fmt.Errorf("usage: peers gen --n N [--real SHARE] VECTORS.npy OUT.npy")
	}
	like, err := readMatrix(flags.Arg(0), 0)
	if err != nil {
		return err
	}
	s := fit(like)
	s.real, s.share = like, float32(*share)
	return writeGenerated(flags.Arg(1), s, *n)
}
