package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"clipsearch/encode/checkpoint"
	"clipsearch/index/captions"
	"clipsearch/index/exchange"
	"clipsearch/index/store"
	"clipsearch/internal/progress"
)

const importHelp = `Usage: clipsearch import [flags] VECTORS.npy --ids FILE
       clipsearch import [flags] FOLDER

Takes vectors that were made elsewhere into a library, a document a row (float32 or float16, NumPy's format), or a folder
that clipsearch export wrote. A document that the library knows by its id is replaced.

  --ids FILE            the id of each row, one a line, in order; an id stands for a path
  --captions FILE       captions for the ids; may be repeated (see clipsearch help index)
  --model NAME|DIR      the checkpoint that made the vectors: words are then searched by what pictures show, too
  --model-id NAME       or any name for what made them; without either, words are searched in captions and ids only
` + libraryHelp + kindHelp + `  --quiet               no progress
  --json                the counts as one JSON object on stdout

Exit status: 0 done, 1 failed, 2 usage, 5 library in use, 6 the library's vectors are of another model.

  clipsearch import clip.npy --ids names.txt --model-id openai/clip-vit-base-patch32
`

// importFlags are the flags of the import command.
type importFlags struct {
	common
	ids, modelID string
	captions     list
}

func runImport(ctx context.Context, p Process, args []string) error {
	var opts importFlags
	f := newFlags("import")
	opts.libraryFlag(f)
	opts.indexFlag(f)
	opts.outputFlags(f)
	f.StringVar(&opts.model, "model", "", "")
	f.StringVar(&opts.modelID, "model-id", "", "")
	f.StringVar(&opts.ids, "ids", "", "")
	f.Var(&opts.captions, "captions", "")
	paths, err := f.parse(args)
	if err != nil {
		return err
	}
	if len(paths) != 1 {
		return usagef("import: name one matrix or folder, for example: clipsearch import vectors.npy --ids ids.txt")
	}
	info, err := os.Stat(paths[0])
	switch {
	case err != nil:
		return err
	case info.IsDir() && (opts.ids != "" || opts.model != "" || opts.modelID != "" || len(opts.captions) > 0):
		return usagef("import: a folder brings its own ids, captions and model")
	case !info.IsDir() && opts.ids == "":
		return usagef("import: --ids FILE must name the rows of %s", paths[0])
	case opts.model != "" && opts.modelID != "":
		return usagef("import: --model and --model-id contradict each other")
	}
	return importInto(ctx, p, opts, paths[0], info.IsDir())
}

// importInto opens the library and imports a matrix or a folder.
func importInto(ctx context.Context, p Process, opts importFlags, path string, folder bool) (err error) {
	places := findPlaces(p)
	model, err := importedModel(opts, places)
	if err != nil {
		return err
	}
	lib, err := openLibrary(ctx, p, opts.library, importing)
	if err != nil {
		return err
	}
	lib.searchBy(opts.kind)
	defer func() { err = errors.Join(err, lib.Close()) }()
	meter := new(progress.Meter)
	meter.Phase("importing")
	done, err := lib.turn(ctx, p, meter, opts.quiet) // at once: others may come while we are at it
	if err != nil {
		return err
	}
	defer done()
	printer := startPrinter(p.Stderr, meter, opts.quiet)
	var summary exchange.Summary
	if folder {
		summary, err = exchange.ImportFolder(ctx, lib.store, path, meter)
	} else {
		summary, err = exchange.ImportVectors(ctx, lib.store, path, exchange.VectorOptions{
			IDs: opts.ids, Captions: opts.captions, Model: model, Meter: meter,
			Matched: func(reports []captions.Report) { printReports(p.Stderr, reports) },
		})
	}
	if err == nil {
		meter.Phase("making the caption index")
		err = errors.Join(lib.Sync(ctx), lib.save(ctx, meter))
	}
	printer.finish()
	if errors.Is(err, store.ErrModel) {
		return withHint(err, "import into another --library")
	}
	if err != nil {
		return err
	}
	if opts.json {
		return json.NewEncoder(p.Stdout).Encode(map[string]int{"added": summary.Added, "replaced": summary.Replaced, "captions": summary.Captions})
	}
	if !opts.quiet {
		fmt.Fprintf(p.Stderr, "clipsearch: %d new documents, %d replaced, %d captions\n", summary.Added, summary.Replaced, summary.Captions)
	}
	return nil
}

// importedModel returns what made the vectors, as the flags say; the zero Model if they don't.
func importedModel(opts importFlags, places places) (store.Model, error) {
	if opts.model == "" {
		return store.Model{ID: opts.modelID}, nil
	}
	dir, err := checkpoint.Resolve(opts.model, places.models)
	if err != nil {
		return store.Model{}, err
	}
	c, err := checkpoint.Open(dir)
	if err != nil {
		return store.Model{}, err
	}
	return store.Model{ID: c.ID, Dir: dir, Dims: c.Config.Dims}, c.Close()
}
