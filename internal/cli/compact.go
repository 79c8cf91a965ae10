package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/dustin/go-humanize"

	"clipsearch/index/store"
	"clipsearch/internal/progress"
)

const compactHelp = `Usage: clipsearch compact [flags]

Writes a library anew without the pictures whose file is gone, without free space, and without the part of its log that
nothing needs any more. The new file takes the old one's place when it is complete; until then the old one stays as it is.
There must be room for both.

` + libraryHelp + `  --older-than TIME     forget only pictures that have been gone for so long: 36h, 30d
  --quiet               no progress
  --json                one JSON object on stdout: before, after (bytes), forgotten, pruned

Exit status: 0 done, 1 failed, 2 usage, 4 no library, 5 library in use.

  clipsearch compact --older-than 30d
`

func runCompact(ctx context.Context, p Process, args []string) error {
	var opts common
	f := newFlags("compact")
	opts.libraryFlag(f)
	opts.outputFlags(f)
	var olderThan age
	f.Var(&olderThan, "older-than", "")
	rest, err := f.parse(args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usagef("compact takes no arguments")
	}
	meter := new(progress.Meter)
	printer := startPrinter(p.Stderr, meter, opts.quiet)
	path := findPlaces(p).libraryPath(opts.library)
	var report store.CompactReport
	err = noted(p, path, func() (err error) {
		report, err = store.Compact(ctx, path, store.CompactOptions{
			HiddenFor: time.Duration(olderThan), Progress: countMiB(meter, "copying"), Timeout: patience,
		})
		return err
	})
	printer.finish()
	if err != nil {
		return err
	}
	if opts.json {
		return json.NewEncoder(p.Stdout).Encode(compactJSON(report))
	}
	_, err = fmt.Fprintf(p.Stdout, "%s → %s, %d pictures forgotten\n",
		humanize.IBytes(uint64(report.Before)), humanize.IBytes(uint64(report.After)), report.Forgotten)
	return err
}

// compactJSON returns what there is to say of a compaction.
func compactJSON(report store.CompactReport) map[string]any {
	return map[string]any{"before": report.Before, "after": report.After, "forgotten": report.Forgotten, "pruned": report.Pruned}
}

// age is a flag for a time that has passed: a duration of package time, or whole days as in 30d.
type age time.Duration

func (a *age) String() string { return time.Duration(*a).String() }

// Set reads the flag's value.
func (a *age) Set(value string) error {
	var days int
	if n, err := fmt.Sscanf(value+"\n", "%dd\n", &days); n == 1 && err == nil && days >= 0 && days < 100_000 {
		*a = age(time.Duration(days) * 24 * time.Hour)
		return nil
	}
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 {
		return fmt.Errorf("%q is no time such as 36h or 30d", value)
	}
	*a = age(d)
	return nil
}
