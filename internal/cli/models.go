package cli

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"sync"

	"clipsearch/encode"
	"clipsearch/encode/checkpoint"
	"clipsearch/index"
	"clipsearch/index/exchange"
	"clipsearch/index/store"
	"clipsearch/internal/imgio"
	"clipsearch/search"
)

// errNoModel says that nothing names a checkpoint.
var errNoModel = errors.New("no model is named, and the library has none")

// noModel is what --model says to do without one.
const noModel = "none"

// errModelUnwanted says that the user wants no model.
var errModelUnwanted = fmt.Errorf("%w: --model none", errNoModel)

// findModel returns the folder of the checkpoint to use: the flag's, else $CLIPSEARCH_MODEL's, else the library's, which
// is looked up by its identity if its folder is gone, else the one that the program carries. errNoModel if there is none of
// them.
func findModel(p Process, named string, places places, library store.Model) (string, error) {
	named = p.modelNamed(named)
	switch {
	case named == noModel:
		return "", errModelUnwanted
	case named != "":
		return resolveModel(named, places)
	case library.ID == "":
		dir, err := resolveModel(checkpoint.BuiltinName, places)
		if errors.Is(err, checkpoint.ErrNoBuiltin) {
			err = withHint(errNoModel, "fetch one with: clipsearch model pull %s\n%sor name a checkpoint with --model DIR or $CLIPSEARCH_MODEL", betterModel, hintIndent)
		}
		return dir, err
	case library.ID == exchange.Unnamed:
		return "", fmt.Errorf("%w: its vectors were imported without saying what made them", errNoModel)
	}
	if _, err := os.Stat(library.Dir); err == nil {
		return library.Dir, nil
	}
	dir, err := checkpoint.ResolveID(library.ID, places.models)
	if errors.Is(err, checkpoint.ErrNotFound) {
		where := "not here" // as of a library whose vectors were imported under a name
		if library.Dir != "" {
			where = fmt.Sprintf("not at %q", library.Dir)
		}
		err = withHint(fmt.Errorf("the library's model %s is %s", library.ID, where), "say where it is with --model DIR")
	}
	return dir, err
}

// resolveModel returns the absolute folder of the checkpoint of that name: the library remembers it.
func resolveModel(name string, places places) (string, error) {
	dir, err := checkpoint.Resolve(name, places.models)
	if err != nil {
		return "", err
	}
	return filepath.Abs(dir)
}

// modelNamed returns what the user calls the checkpoint: by the flag, else by $CLIPSEARCH_MODEL; "" for the library's own.
func (p Process) modelNamed(flag string) string {
	if flag == "" {
		flag = p.Getenv("CLIPSEARCH_MODEL")
	}
	if info, err := os.Stat(p.path(flag)); err == nil && info.IsDir() {
		return p.path(flag)
	}
	return flag
}

// openModel loads the checkpoint to use; see findModel.
func openModel(p Process, flags common, places places, library store.Model) (*encode.Model, error) {
	dir, err := findModel(p, flags.model, places, library)
	if err != nil {
		return nil, err
	}
	return encode.Open(dir, encode.Options{Device: flags.device, Precision: flags.precision, Warn: p.warn})
}

// warn tells the user what a model does that was not asked for.
func (p Process) warn(message string) {
	fmt.Fprintf(p.Stderr, "clipsearch: %s\n", message)
}

// checkFit refuses a model that did not make the library's vectors.
func checkFit(model *encode.Model, library store.Model) error {
	if info := model.Info(); library.ID != "" && info.ID != library.ID {
		err := fmt.Errorf("%w: it was made with %s (%s), this one is %s (%s)", index.ErrModel, library.ID, library.Dir, info.ID, info.Dir)
		return withHint(err, "leave out --model to use the library's own, or index into another --library")
	}
	return nil
}

// imageTower gives index an encode.Model in the shape that it asks for.
type imageTower struct{ model *encode.Model }

// Model returns the identity that the library records.
func (t imageTower) Model() store.Model {
	info := t.model.Info()
	return store.Model{ID: info.ID, Dir: info.Dir, Dims: info.Dims}
}

func (t imageTower) InputSize() int { return t.model.InputSize() }

func (t imageTower) Prepare(img *image.RGBA) []uint8 { return t.model.Prepare(img) }

func (t imageTower) EncodePixels(ctx context.Context, inputs [][]uint8) ([][]float32, error) {
	return t.model.EncodePixels(ctx, inputs)
}

// openImageTower loads the model that index runs with; nil if there is none, which is said on stderr. A model that is
// asked for and cannot be loaded is an error; so is one that does not fit the library.
func openImageTower(p Process, flags common, places places, library store.Model) (*encode.Model, error) {
	model, err := openModel(p, flags, places, library)
	asked := flags.model != "" || p.Getenv("CLIPSEARCH_MODEL") != ""
	switch {
	case errors.Is(err, errModelUnwanted):
		return nil, nil
	case errors.Is(err, errNoModel), errors.Is(err, encode.ErrNoBackend) && !asked:
		fmt.Fprintf(p.Stderr, "clipsearch: %v: pictures are found by their captions and names only\n%s%s\n", err, hintIndent, hintFor(err))
		return nil, nil
	case err != nil:
		return nil, err
	}
	if err := checkFit(model, library); err != nil {
		return nil, errors.Join(err, model.Close())
	}
	if note := places.builtinNote(model.Info().ID); note != "" && !flags.quiet {
		fmt.Fprintf(p.Stderr, "clipsearch: %s\n", note)
	}
	return model, nil
}

// queryEncoder gives search the library's model. It is loaded on the first call, so that queries that need no vector
// never wait for it. Safe for concurrent use.
type queryEncoder struct {
	library func() store.Model
	open    func(library store.Model) (*encode.Model, error)

	mu    sync.Mutex // held while the model is loaded
	tried bool
	of    store.Model // the library's when it was tried
	model *encode.Model
	err   error
}

// newQueryEncoder returns the encoder of a library's queries. The model must be the library's.
func newQueryEncoder(p Process, flags common, places places, library func() store.Model) *queryEncoder {
	return &queryEncoder{library: library, open: func(library store.Model) (*encode.Model, error) {
		model, err := openModel(p, flags, places, library)
		if err != nil {
			return nil, err
		}
		if err := checkFit(model, library); err != nil {
			return nil, errors.Join(err, model.Close())
		}
		return model, nil
	}}
}

// get loads the model once, or again where that failed and the library has got another one since.
func (q *queryEncoder) get() (*encode.Model, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if now := q.library(); !q.tried || q.err != nil && q.of != now {
		q.tried, q.of = true, now
		q.model, q.err = q.open(now)
	}
	return q.model, q.err
}

// EncodeTexts returns one unit vector a text.
func (q *queryEncoder) EncodeTexts(ctx context.Context, texts []string) ([][]float32, error) {
	model, err := q.get()
	if err != nil {
		return nil, err
	}
	return model.EncodeTexts(ctx, texts)
}

// EncodeImage returns the unit vector of a picture file's content.
func (q *queryEncoder) EncodeImage(ctx context.Context, data []byte) ([]float32, error) {
	model, err := q.get()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", search.ErrNoEncoder, err) // the picture is not to blame
	}
	return encodeImage(ctx, model, data)
}

// LogitScale returns the factor that turns similarities into logits. It is called after EncodeTexts has succeeded.
func (q *queryEncoder) LogitScale() float64 { return q.model.LogitScale() }

// refused returns why a query must not be answered without its vector: the model is not the library's, or it was asked for
// by name and cannot be loaded. nil if the model was not needed or is there.
func (q *queryEncoder) refused(named bool) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil && (named || errors.Is(q.err, index.ErrModel)) {
		return q.err
	}
	return nil
}

// warm begins to load the model, so that the first query need not wait for all of it; done waits for that.
func (q *queryEncoder) warm() (done func()) {
	var loading sync.WaitGroup
	loading.Go(func() { q.get() })
	return loading.Wait
}

// Close releases the model if it was loaded. No other call may be running or follow.
func (q *queryEncoder) Close() error {
	if q.model == nil {
		return nil
	}
	return q.model.Close()
}

// encodeImage decodes a picture as indexing does and returns its unit vector.
func encodeImage(ctx context.Context, model *encode.Model, data []byte) ([]float32, error) {
	picture, err := imgio.Decode(data, index.DecodeOptions(model.InputSize()))
	if err != nil {
		return nil, err
	}
	vectors, err := model.EncodePixels(ctx, [][]uint8{model.Prepare(picture.Image)})
	if err != nil {
		return nil, err
	}
	return vectors[0], nil
}
