// Command fitgotch fits gotch to the libtorch of this machine and prints the path of the Go work file that
// builds the module in the current folder with it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"clipsearch/internal/fit"
)

const usage = `usage: fitgotch [--libtorch DIR] [--where]

Fits gotch, the Go binding of libtorch, to the libtorch of this machine and prints the path of a Go work
file, for $GOWORK, that builds the module in the current folder with it. The result is kept in
$XDG_CACHE_HOME/clipsearch-build (~/.cache/clipsearch-build) and found there the next time.

  --libtorch DIR  fit to the libtorch in DIR. Default: $LIBTORCH, else the torch of python3, else the
                  system's.
  --where         only print the root of the libtorch that would be taken.

exit status: 0 done, 1 failed, 2 usage

example: GOWORK=$(go run ./internal/fit/cmd/fitgotch) go build -tags native
`

func main() {
	os.Exit(run())
}

func run() int {
	flags := flag.NewFlagSet("fitgotch", flag.ContinueOnError)
	flags.Usage = func() { fmt.Fprint(os.Stderr, usage) }
	libtorch := flags.String("libtorch", "", "")
	where := flags.Bool("where", false, "")
	if err := flags.Parse(os.Args[1:]); err != nil || flags.NArg() > 0 {
		if err == nil {
			flags.Usage()
		}
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	answer := workFile
	if *where {
		answer = root
	}
	path, err := answer(ctx, *libtorch)
	if err != nil {
		fmt.Fprintf(os.Stderr, "fitgotch: %v\n", err)
		return 1
	}
	fmt.Println(path)
	return 0
}

func root(ctx context.Context, libtorch string) (string, error) {
	torch, err := fit.Find(ctx, libtorch)
	return torch.Root, err
}

func workFile(ctx context.Context, libtorch string) (string, error) {
	checkout, err := os.Getwd()
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	result, err := fit.Run(ctx, fit.Options{
		Checkout: checkout,
		Cache:    filepath.Join(cache, "clipsearch-build"),
		Libtorch: libtorch,
		Messages: os.Stderr,
	})
	if err != nil {
		return "", err
	}
	return result.WorkFile, nil
}
