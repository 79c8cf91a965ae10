package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"clipsearch/index/exchange"
	"clipsearch/internal/progress"
)

const exportHelp = `Usage: clipsearch export [flags] OUT

Writes a library into a new folder of plain files: documents with captions, tags and thumbnails as JSON lines, vectors as
a float16 matrix in NumPy's format. clipsearch import OUT reads it back.

` + libraryHelp + `  --quiet               no progress
  --json                the count as one JSON object on stdout

Exit status: 0 done, 1 failed, 2 usage, 4 no library, 5 library in use.

  clipsearch export /tmp/library-export
`

func runExport(ctx context.Context, p Process, args []string) (err error) {
	var opts common
	f := newFlags("export")
	opts.libraryFlag(f)
	opts.outputFlags(f)
	out, err := f.parse(args)
	if err != nil {
		return err
	}
	if len(out) != 1 {
		return usagef("export: name one folder to make, for example: clipsearch export /tmp/library-export")
	}
	lib, err := openLibrary(ctx, p, opts.library, reading)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lib.Close()) }()
	meter := new(progress.Meter)
	meter.Phase("exporting")
	printer := startPrinter(p.Stderr, meter, opts.quiet)
	n, err := exchange.Export(ctx, lib.store, p.path(out[0]), meter)
	printer.finish()
	if err != nil {
		return err
	}
	if opts.json {
		return json.NewEncoder(p.Stdout).Encode(map[string]int{"documents": n})
	}
	if !opts.quiet {
		fmt.Fprintf(p.Stderr, "clipsearch: %d documents written to %s\n", n, printable(out[0]))
	}
	return nil
}
