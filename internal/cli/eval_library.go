package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"clipsearch/eval"
	"clipsearch/index/store"
	"clipsearch/index/text"
	"clipsearch/index/vector"
	"clipsearch/search"
)

// copyLibrary is a library in a temporary folder, with the engine that the search command uses.
type copyLibrary struct {
	dir     string
	store   *store.Store
	words   *text.Index
	vectors *vector.Index
	*search.Engine
}

// openCopy makes a library of pictures; it is an eval.Opener.
func (e *evaluation) openCopy(ctx context.Context, pictures []eval.Picture, texts eval.Encoder) (_ eval.Library, err error) {
	dir, err := os.MkdirTemp("", "clipsearch-eval-")
	if err != nil {
		return nil, err
	}
	l := &copyLibrary{dir: dir}
	if err := l.open(ctx, e.report.Model, pictures, texts); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func (l *copyLibrary) open(ctx context.Context, model eval.Model, pictures []eval.Picture, texts eval.Encoder) (err error) {
	if l.store, err = store.Open(filepath.Join(l.dir, "library"), store.Options{Create: true}); err != nil {
		return err
	}
	if model.ID != "" { // the engine weighs its legs by the model
		if err := l.store.SetModel(ctx, store.Model{ID: model.ID, Dir: model.Dir, Dims: model.Dims}); err != nil {
			return err
		}
	}
	if err := l.fill(ctx, pictures); err != nil {
		return err
	}
	if l.words, err = text.Open(ctx, filepath.Join(l.dir, "text"), l.store, text.Options{}); err != nil {
		return err
	}
	if l.vectors, err = vector.Load(ctx, l.store, vector.Auto); err != nil {
		return err
	}
	deps := search.Deps{Store: l.store, Text: &askedTwice{TextLeg: l.words}, Vectors: &lookedAtTwice{VectorLeg: l.vectors}}
	if texts != nil {
		deps.Encoder = textsOnly{texts}
	}
	l.Engine = search.New(deps)
	return nil
}

// fill puts the pictures into the store; eval wants the ID of each to be its place and 1.
func (l *copyLibrary) fill(ctx context.Context, pictures []eval.Picture) error {
	entries := make([]store.Entry, len(pictures))
	for i, p := range pictures {
		path := p.Name
		if !filepath.IsAbs(path) {
			path = "/" + path
		}
		entries[i] = store.Entry{Vector: p.Vector, Document: store.Document{Path: path, Format: "jpeg"}}
		for _, caption := range p.Captions {
			entries[i].Captions = append(entries[i].Captions, store.Caption{Text: caption})
		}
	}
	ids, err := l.store.Put(ctx, entries)
	if err != nil {
		return err
	}
	for i, id := range ids {
		if id != store.ID(i)+1 {
			return fmt.Errorf("picture %d of a new library has the id %d", i, id)
		}
	}
	return nil
}

// Nearest asks the vector index alone.
func (l *copyLibrary) Nearest(ctx context.Context, query []float32, k int) ([]search.ID, error) {
	found, err := l.vectors.Search(ctx, query, k, vector.Options{})
	ids := make([]search.ID, len(found))
	for i, n := range found {
		ids[i] = n.ID
	}
	return ids, err
}

// Close removes the library.
func (l *copyLibrary) Close() error {
	var errs []error
	if l.words != nil {
		errs = append(errs, l.words.Close())
	}
	if l.store != nil {
		errs = append(errs, l.store.Close())
	}
	return errors.Join(append(errs, os.RemoveAll(l.dir))...)
}

// textsOnly is a search.Encoder without pictures.
type textsOnly struct{ eval.Encoder }

// EncodeImage is never asked for by captions.
func (textsOnly) EncodeImage(context.Context, []byte) ([]float32, error) {
	return nil, search.ErrNoEncoder
}
