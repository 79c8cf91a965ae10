package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"clipsearch/encode"
	"clipsearch/eval"
	"clipsearch/index/store"
	"clipsearch/internal/progress"
)

// evaluation is one run of eval: what is measured, and with what.
type evaluation struct {
	report eval.Report
	meter  *progress.Meter
	model  *encode.Model // nil: none; then pictures have no vectors
	texts  eval.Encoder  // of model; nil: none
	skips  []store.Skip
}

// openEvaluation loads the model and the set. The evaluation is nil where there was nothing to close.
func openEvaluation(ctx context.Context, p Process, opts evalOptions, meter *progress.Meter) (*evaluation, error) {
	info, err := os.Stat(opts.dataset)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			err = withHint(fmt.Errorf("%s: no such folder, and %w", opts.dataset, store.ErrNotFound), "name a folder of pictures, or a library file")
		}
		return nil, err
	}
	e := &evaluation{meter: meter, report: eval.Report{Seed: opts.seed, Prompts: opts.prompts}}
	if info.IsDir() {
		return e, e.openFolder(ctx, p, opts)
	}
	if len(opts.captions)+len(opts.labels) > 0 {
		return nil, usagef("eval: %s is a library, which has its own captions and labels; --captions and --labels go with a folder", opts.dataset)
	}
	return e, e.openLibrary(ctx, p, opts)
}

// close releases the model.
func (e *evaluation) close() error {
	if e.model == nil {
		return nil
	}
	return e.model.Close()
}

// openFolder reads a folder and encodes its pictures.
func (e *evaluation) openFolder(ctx context.Context, p Process, opts evalOptions) error {
	all, err := readFolder(ctx, p, opts)
	if err != nil {
		return err
	}
	if len(all) == 0 { // no captions were named and none lie beside the pictures
		return withHint(fmt.Errorf("%s: %w", opts.dataset, eval.ErrNoCaptions), hintLacking)
	}
	if err := e.openModel(p, opts, store.Model{}); err != nil {
		return err
	}
	if e.model != nil {
		if all, e.skips, err = encodePictures(ctx, e.model, all, e.meter); err != nil {
			return err
		}
		if len(all) == 0 {
			printSkips(p.Stderr, e.skips)
			return fmt.Errorf("%s: none of the pictures could be read", opts.dataset)
		}
	}
	for _, picture := range all {
		e.add(picture.picture)
	}
	addClasses(opts.classes, &e.report.Set)
	return nil
}

// openLibrary takes the pictures of a library, with their vectors.
func (e *evaluation) openLibrary(ctx context.Context, p Process, opts evalOptions) (err error) {
	lib, err := openLibrary(ctx, p, opts.dataset, looking)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lib.Close()) }()
	if err := e.openModel(p, opts, lib.store.Model()); err != nil {
		return err
	}
	var records []store.Record
	err = lib.store.EachRecord(ctx, func(r store.Record) error {
		if !r.Document.Hidden {
			records = append(records, r)
		}
		return nil
	})
	if err != nil {
		return err
	}
	without := 0
	for _, r := range records {
		var vector []float32
		if e.model != nil {
			if vector, err = lib.store.Vector(r.Document.ID); err != nil {
				return err
			}
			if vector == nil {
				without++
				continue
			}
		}
		e.add(eval.Picture{Name: r.Document.Path, Captions: firstCaptions(r.Captions, opts.first), Labels: r.Document.Tags, Vector: vector})
	}
	addClasses(opts.classes, &e.report.Set)
	if without > 0 {
		fmt.Fprintf(p.Stderr, "clipsearch: %d pictures have no vector and are left out; clipsearch index makes those\n", without)
	}
	return nil
}

// add takes a picture into the set.
func (e *evaluation) add(picture eval.Picture) {
	e.report.Set.Pictures = append(e.report.Set.Pictures, picture)
}

// firstCaptions returns the texts of at most n captions that are measured by.
func firstCaptions(all []store.Caption, n int) []string {
	var texts []string
	for _, c := range all {
		if isQuery(c.Lang) && len(texts) < n {
			texts = append(texts, c.Text)
		}
	}
	return texts
}

// openModel loads the model. Without one, which nothing named, only the search by words is measured, if that is what was
// asked for.
func (e *evaluation) openModel(p Process, opts evalOptions, library store.Model) error {
	model, err := openModel(p, opts.common, findPlaces(p), library)
	asked := opts.model != "" || p.Getenv("CLIPSEARCH_MODEL") != ""
	if err != nil && !asked && slices.Equal(opts.tasks, []eval.Task{eval.Search}) && (errors.Is(err, errNoModel) || errors.Is(err, encode.ErrNoBackend)) {
		fmt.Fprintf(p.Stderr, "clipsearch: %v: only the search by words is measured\n", err)
		return nil
	}
	if err != nil {
		return err
	}
	if err := checkFit(model, library); err != nil {
		return errors.Join(err, model.Close())
	}
	info := model.Info()
	e.model, e.texts = model, eval.Remember(&countedTexts{model, e.meter})
	e.report.Model = eval.Model{ID: info.ID, Dir: info.Dir, Dims: info.Dims, Device: info.Device, Precision: info.Precision}
	return nil
}

// countedTexts is a text tower that counts on a meter.
type countedTexts struct {
	model *encode.Model
	meter *progress.Meter
}

// textBatch is how many texts are encoded between two looks at the clock: a second or less on two cores.
const textBatch = 512

// EncodeTexts encodes in batches.
func (c *countedTexts) EncodeTexts(ctx context.Context, texts []string) ([][]float32, error) {
	c.meter.Phase("encoding texts")
	c.meter.Start(int(c.meter.Snapshot().Done) + len(texts)) // a meter counts on
	vectors := make([][]float32, 0, len(texts))
	for batch := range slices.Chunk(texts, textBatch) {
		some, err := c.model.EncodeTexts(ctx, batch)
		if err != nil {
			return nil, err
		}
		vectors = append(vectors, some...)
		c.meter.Done(len(batch))
	}
	return vectors, nil
}
