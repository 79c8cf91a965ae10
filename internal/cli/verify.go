package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/dustin/go-humanize"

	"clipsearch/index/store"
	"clipsearch/index/text"
	"clipsearch/internal/progress"
)

const verifyHelp = `Usage: clipsearch verify [flags]

Reads a whole library and checks every page, every record's checksum, that all of it goes together, and that the caption
index on this machine is this library's. With --repair, what is derived is made again from what is good, and what cannot
be read is left out: then the damaged file stays beside the library as FILE.damaged, and the next index run brings back
what the pictures can tell.

` + libraryHelp + `  --repair              mend what is damaged
  --quiet               no progress
  --json                one JSON object on stdout

Exit status: 0 whole, or repaired without loss; 1 damaged, or something was lost, or failed; 2 usage; 4 no library;
5 library in use.

  clipsearch verify
`

// verdict is what scripts read.
type verdict struct {
	Library  string    `json:"library"`
	Clean    bool      `json:"clean"`
	Problems []problem `json:"problems"`
	Omitted  int       `json:"omitted"` // problems that are not listed
	Records  int64     `json:"records"`
	Bytes    int64     `json:"bytes"` // read
	Repaired bool      `json:"repaired"`
	Lost     []string  `json:"lost"` // by the repair
	Kept     string    `json:"kept,omitempty"`
}

type problem struct {
	What string `json:"what"`
	Lost bool   `json:"lost"` // it exists nowhere else
}

func runVerify(ctx context.Context, p Process, args []string) error {
	var opts common
	f := newFlags("verify")
	opts.libraryFlag(f)
	opts.outputFlags(f)
	repair := f.Bool("repair", false, "")
	rest, err := f.parse(args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usagef("verify takes no arguments")
	}
	places := findPlaces(p)
	path := places.libraryPath(opts.library)
	meter := new(progress.Meter)
	printer := startPrinter(p.Stderr, meter, opts.quiet)
	var v verdict
	err = noted(p, path, func() (err error) {
		v, err = verify(ctx, places, path, *repair, meter)
		return err
	})
	printer.finish()
	if err != nil {
		return err
	}
	if opts.json {
		err = json.NewEncoder(p.Stdout).Encode(v)
	} else {
		err = printVerdict(p, v)
	}
	if err == nil && !v.Clean && (!v.Repaired || len(v.Lost) > 0) {
		return errSilentFailure
	}
	return err
}

// verify checks a library and, if asked to and there is something to mend, repairs it.
func verify(ctx context.Context, places places, path string, repair bool, meter *progress.Meter) (verdict, error) {
	v := verdict{Library: path, Problems: []problem{}, Lost: []string{}}
	report, cache, err := verifyFile(ctx, places, path, meter)
	if err != nil {
		return v, err
	}
	v.Clean, v.Omitted, v.Records, v.Bytes = report.Clean(), report.Omitted, report.Records, report.Bytes
	for _, found := range report.Problems {
		v.Problems = append(v.Problems, problem{found.What, found.Lost})
	}
	if v.Clean || !repair {
		return v, nil
	}
	repaired, err := store.Repair(ctx, path, countMiB(meter, "repairing"))
	if err != nil {
		return v, err
	}
	v.Repaired, v.Kept = true, repaired.Kept
	v.Lost = append(v.Lost, repaired.Lost...)
	if cache == "" {
		return v, nil
	}
	return v, text.Discard(ctx, filepath.Join(cache, textFolder)) // it is made again
}

// verifyFile checks a library and, if it is whole, what is derived from it, and returns the folder where that is cached, ""
// if it cannot be known. A library that is too damaged to be opened has that problem.
func verifyFile(ctx context.Context, places places, path string, meter *progress.Meter) (report store.Report, cache string, err error) {
	st, err := store.Open(path, store.Options{ReadOnly: true, Timeout: patience})
	if errors.Is(err, store.ErrCorrupt) {
		return store.Report{Problems: []store.Problem{{What: err.Error(), Lost: true}}}, "", nil
	}
	if err != nil {
		return report, "", err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	cache = places.cacheOf(st.LibraryID())
	report, err = st.Verify(ctx, countMiB(meter, "checking"))
	if err == nil && report.Clean() {
		report.Problems, err = derivedProblems(ctx, cache, st)
	}
	return report, cache, err
}

// countMiB returns a function that counts bytes on a meter.
func countMiB(meter *progress.Meter, phase string) func(done, total int64) {
	const mib = 1 << 20
	meter.Phase(phase + " MiB")
	counted := int64(0)
	return func(done, total int64) {
		if counted == 0 {
			meter.Start(int(total/mib) + 1)
		}
		meter.Done(int(done/mib - counted/mib))
		counted = done
	}
}

// printVerdict is the same for people.
func printVerdict(p Process, v verdict) error {
	if v.Clean {
		_, err := fmt.Fprintf(p.Stdout, "%s is whole: %s records, %s read\n", printable(v.Library), humanize.Comma(v.Records), humanize.IBytes(uint64(v.Bytes)))
		return err
	}
	for _, found := range v.Problems {
		kind := "derived"
		if found.Lost {
			kind = "lost"
		}
		fmt.Fprintf(p.Stdout, "%s: %s\n", kind, printable(found.What))
	}
	if v.Omitted > 0 {
		fmt.Fprintf(p.Stdout, "and %d more\n", v.Omitted)
	}
	switch {
	case !v.Repaired:
		fmt.Fprintf(p.Stderr, "clipsearch: %s is damaged\n%srepair it with: clipsearch verify --repair\n", printable(v.Library), hintIndent)
	case len(v.Lost) > 0:
		fmt.Fprintf(p.Stderr, "clipsearch: repaired, but not all could be read; the damaged file is now %s\n%sbring back what the pictures can tell with: clipsearch index\n", printable(v.Kept), hintIndent)
	default:
		fmt.Fprintf(p.Stderr, "clipsearch: repaired; nothing was lost\n")
	}
	return nil
}
