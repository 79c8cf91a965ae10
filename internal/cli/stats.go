package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/dustin/go-humanize"

	"clipsearch/index/store"
)

const statsHelp = `Usage: clipsearch stats [flags]

Says what a library holds: searchable pictures, captions, vectors, the folders it came from, the model it was made with,
how far what is derived from it follows, and how many files could not be read, by reason.

` + libraryHelp + `  --json                one JSON object on stdout

Exit status: 0 done, 1 failed, 2 usage, 4 no library, 5 library in use.

  clipsearch stats --json
`

func runStats(ctx context.Context, p Process, args []string) (err error) {
	var opts common
	f := newFlags("stats")
	opts.libraryFlag(f)
	f.BoolVar(&opts.json, "json", false, "")
	rest, err := f.parse(args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usagef("stats takes no arguments")
	}
	lib, err := openLibrary(ctx, p, opts.library, reading)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lib.Close()) }()
	st := lib.store
	stats, err := st.Stats(ctx)
	if err != nil {
		return err
	}
	roots, err := st.Roots()
	if err != nil {
		return err
	}
	captions, vectors, err := lib.derivedStates(ctx)
	if err != nil {
		return err
	}
	if opts.json {
		return json.NewEncoder(p.Stdout).Encode(statsJSON(st, stats, roots, lib.places, map[string]derivedState{"captions": captions, "vectors": vectors}))
	}
	return printStats(p, st, stats, roots, lib.places, captions, vectors)
}

// statsJSON is the object that scripts read.
func statsJSON(st *store.Store, s store.Stats, roots []store.Root, places places, derived map[string]derivedState) any {
	folders := make([]string, len(roots))
	for i, root := range roots {
		folders[i] = root.Path
	}
	var model any
	if s.Model.ID != "" {
		model = map[string]any{"id": s.Model.ID, "dir": s.Model.Dir, "dims": s.Model.Dims, "builtin": places.models.IsBuiltin(s.Model.ID)}
	}
	return map[string]any{
		"library": st.Path(), "library_id": st.LibraryID(), "documents": s.Documents, "vectors": s.Vectors, "captions": s.Captions,
		"captioned": s.Captioned, "hidden": s.Hidden, "skipped": s.Skipped, "languages": s.Languages, "formats": s.Formats,
		"thumbnails": s.Thumbnails, "thumbnail_bytes": s.ThumbnailBytes, "bytes": s.Bytes, "sequence": s.Sequence, "folders": folders,
		"model": model, "derived": derived,
	}
}

// printStats is the same for people.
func printStats(p Process, st *store.Store, s store.Stats, roots []store.Root, places places, captions, vectors derivedState) error {
	w := tabwriter.NewWriter(p.Stdout, 0, 4, 2, ' ', 0)
	row := func(name, format string, args ...any) { fmt.Fprintf(w, "%s\t%s\n", name, fmt.Sprintf(format, args...)) }
	row("library", "%s (%s)", printable(st.Path()), humanize.IBytes(uint64(s.Bytes)))
	row("pictures", "%d searchable, %d hidden because their file is gone", s.Documents, s.Hidden)
	row("captions", "%d on %d pictures%s", s.Captions, s.Captioned, counted(", ", "no language given", s.Languages))
	row("vectors", "%d", s.Vectors)
	row("thumbnails", "%d (%s)", s.Thumbnails, humanize.IBytes(uint64(s.ThumbnailBytes)))
	row("formats", "%s", counted("", "not known", s.Formats))
	if s.Model.ID == "" {
		row("model", "none: search goes by captions and names")
	} else {
		row("model", "%s, %d dimensions, from %s", s.Model.ID, s.Model.Dims, printable(s.Model.Dir))
		if note := places.builtinNote(s.Model.ID); note != "" {
			row("", "%s", note)
		}
	}
	row("caption index", "%s", captions.describe(st, "captions"))
	if s.Vectors > 0 {
		row("vector index", "%s", vectors.describe(st, "vectors"))
	}
	for _, root := range roots {
		row("folder", "%s", printable(root.Path))
	}
	if len(s.Skipped) > 0 {
		row("not readable", "%s", counted("", "", s.Skipped))
	}
	return w.Flush()
}

// most is how many names counted lists; the rest are summed up, for --json has them all.
const most = 12

// counted lists a map's counts by name, the largest first, after a lead if there are any. unnamed stands for the empty name.
func counted(lead, unnamed string, counts map[string]int) string {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	var parts []string
	for i, name := range names {
		if i == most && len(names) > most+1 {
			parts = append(parts, fmt.Sprintf("and %d more", len(names)-most))
			break
		}
		label := name
		if name == "" {
			label = unnamed
		}
		parts = append(parts, fmt.Sprintf("%s %d", label, counts[name]))
	}
	if len(parts) == 0 {
		return ""
	}
	return lead + strings.Join(parts, ", ")
}
