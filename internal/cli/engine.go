package cli

import (
	"context"
	"errors"
	"time"

	"clipsearch/index/text"
	"clipsearch/index/vector"
	"clipsearch/search"
)

// engine is a search engine with its encoder.
type engine struct {
	*search.Engine
	encoder *queryEncoder
	words   *text.Index
	vectors *vector.Index
	shared  bool // the library closes it
}

// engineKey is what an engine's encoder was made from: commands with the same share it.
type engineKey struct{ model, device, precision string }

// engine wires an engine for queries of a mode ("" means all). What the library has open serves all commands; so does the
// model, unless the flags or the environment name another one than they did first.
func (l *library) engine(ctx context.Context, p Process, flags common, mode search.Mode) (*engine, error) {
	words, vectors, err := l.legs(ctx, mode)
	if err != nil {
		return nil, err
	}
	wire := func() *engine {
		encoder := newQueryEncoder(p, flags, findPlaces(p), l.store.Model)
		return &engine{encoder: encoder, words: words, vectors: vectors, Engine: search.New(search.Deps{Store: l.store, Text: words, Vectors: vectors, Encoder: encoder})}
	}
	if mode == search.ModeText { // no model, and perhaps no vectors
		return wire(), nil
	}
	key := engineKey{p.modelNamed(flags.model), flags.device, flags.precision}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.shared == nil {
		l.shared, l.key = wire(), key
		l.shared.shared = true
	}
	if l.key != key {
		return wire(), nil
	}
	return l.shared, nil
}

// Close releases the model, unless others share it.
func (e *engine) Close() error {
	if e.shared {
		return nil
	}
	return e.encoder.Close()
}

// wordsPatience is how long the search command waits for captions that have to be prepared first. Restoring those of a
// library of 200,000 pictures takes a quarter of it.
const wordsPatience = 8 * time.Second

// waitForWords waits for the caption index where the query needs it: as long as that takes if nothing else can answer.
func (e *engine) waitForWords(ctx context.Context, q search.Query) error {
	if q.Mode == search.ModeVector && len(search.Parse(q.Text).Excluded) == 0 {
		return nil
	}
	patient := ctx
	if q.Mode != search.ModeText && e.vectors.Len() > 0 {
		var cancel context.CancelFunc
		patient, cancel = context.WithTimeout(ctx, wordsPatience)
		defer cancel()
	}
	err := e.words.Wait(patient)
	if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

// waitAMoment waits for a caption index that is nearly ready, as most are.
func (e *engine) waitAMoment(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	_ = e.words.Wait(ctx) // searches say what is the matter
}
