package search

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"clipsearch/index/store"
	"clipsearch/internal/vec"
)

// Encoder turns what a query is made of into unit vectors of the library's space, each of the length of the library's
// vectors. It is called from several goroutines at once. It may open its model on the first call: a query that needs no
// vector makes none. An error of EncodeImage counts as the picture's unless it wraps ErrNoEncoder.
type Encoder interface {
	EncodeTexts(ctx context.Context, texts []string) ([][]float32, error)
	EncodeImage(ctx context.Context, data []byte) ([]float32, error)
}

const (
	cacheEntries = 4096 // vectors of 512 float32 are 2 KB: 8 MB

	// cancelled is the norm below which a sum of unit vectors is rounding noise: float32 has 24 bits, and a few dozen terms
	// add up to 1e-6 of error.
	cancelled = 1e-5
)

// errNoModel: the library has no vectors, nor a model that could make some.
var errNoModel = fmt.Errorf("%w: the library was made without a model", ErrNoVectors)

// queryVector returns the normalised weighted sum of the terms' vectors.
func (e *Engine) queryVector(ctx context.Context, terms []Term, prompts []string) ([]float32, error) {
	dims := e.store.Model().Dims
	if dims == 0 {
		return nil, errNoModel
	}
	texts, err := e.textVectors(ctx, terms, prompts)
	if err != nil {
		return nil, err
	}
	sum := make([]float32, dims)
	for _, term := range terms {
		v, err := e.termVector(ctx, term, texts)
		if err != nil {
			return nil, err
		}
		if len(v) != dims {
			return nil, fmt.Errorf("%w: its vectors have %d values, the library's %d: it was made with another model", ErrNoEncoder, len(v), dims)
		}
		for i, x := range v {
			sum[i] += float32(term.Weight) * x
		}
	}
	if norm := vec.Normalize(sum); !(norm > cancelled) {
		return nil, ErrCancelled
	}
	return sum, nil
}

// termVector returns the unit vector of one term.
func (e *Engine) termVector(ctx context.Context, term Term, texts map[string][]float32) ([]float32, error) {
	switch term.Kind {
	case TermLike:
		return e.likeVector(term.ID)
	case TermImage:
		return e.imageVector(ctx, term.Image)
	}
	return texts[term.Text], nil
}

// textVectors returns the vectors of all text terms, by their words.
func (e *Engine) textVectors(ctx context.Context, terms []Term, prompts []string) (map[string][]float32, error) {
	var texts []string
	for _, term := range terms {
		if term.Kind == TermText {
			texts = append(texts, prompted(prompts, term.Text)...)
		}
	}
	encoded, err := e.encodeTexts(ctx, texts)
	if err != nil {
		return nil, err
	}
	vectors := map[string][]float32{}
	for _, term := range terms {
		if term.Kind == TermText {
			vectors[term.Text] = vec.Ensemble(encoded[:len(prompts)])
			encoded = encoded[len(prompts):]
		}
	}
	return vectors, nil
}

// encodeTexts returns the vector of each text; the tower runs once, for those that the cache does not have.
func (e *Engine) encodeTexts(ctx context.Context, texts []string) ([][]float32, error) {
	vectors := make([][]float32, len(texts))
	at := map[string]int{} // in missing
	var missing []string
	for i, text := range texts {
		_, waits := at[text]
		if vectors[i] = e.cache.get("text " + text); vectors[i] == nil && !waits {
			at[text] = len(missing)
			missing = append(missing, text)
		}
	}
	if len(missing) == 0 {
		return vectors, nil
	}
	dims := e.store.Model().Dims
	switch {
	case dims == 0:
		return nil, errNoModel
	case e.encoder == nil:
		return nil, ErrNoEncoder
	}
	made, err := e.encoder.EncodeTexts(ctx, missing)
	if err != nil {
		return nil, encoderError(ctx, err)
	}
	for i, text := range missing {
		if len(made[i]) != dims {
			return nil, fmt.Errorf("%w: its vectors have %d values, the library's %d: it was made with another model", ErrNoEncoder, len(made[i]), dims)
		}
		e.cache.put("text "+text, made[i])
	}
	for i, text := range texts {
		if vectors[i] == nil {
			vectors[i] = made[at[text]]
		}
	}
	return vectors, nil
}

// likeVector returns the stored vector of a document that is a search result.
func (e *Engine) likeVector(id store.ID) ([]float32, error) {
	d, err := e.store.Document(id)
	if errors.Is(err, store.ErrNoDocument) || err == nil && d.Hidden {
		return nil, fmt.Errorf("picture %d is %w", id, ErrGone)
	}
	if err != nil {
		return nil, err
	}
	v, err := e.store.Vector(id)
	if err == nil && v == nil {
		return nil, fmt.Errorf("%w: picture %d has none", ErrNoVectors, id)
	}
	return v, err
}

// imageVector returns the vector of a picture file, cached by its content.
func (e *Engine) imageVector(ctx context.Context, data []byte) ([]float32, error) {
	hash := sha256.Sum256(data)
	key := "image " + string(hash[:])
	if v := e.cache.get(key); v != nil {
		return v, nil
	}
	if e.encoder == nil {
		return nil, ErrNoEncoder
	}
	v, err := e.encoder.EncodeImage(ctx, data)
	switch {
	case err != nil && (ctx.Err() != nil || errors.Is(err, ErrNoEncoder)):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrBadPicture, err)
	}
	e.cache.put(key, v)
	return v, nil
}

// encoderError marks an error of the encoder as one, so that it can be told from those of the query.
func encoderError(ctx context.Context, err error) error {
	if ctx.Err() != nil || errors.Is(err, ErrNoEncoder) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrNoEncoder, err)
}
