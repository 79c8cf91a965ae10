package store

import (
	"context"
	"fmt"
	"time"
)

// Model is the identity of the dual encoder that made the library's vectors.
type Model struct {
	ID   string // fingerprint; "" if the library has no model
	Dir  string // where it was when last used
	Dims int    // length of a vector
}

// Root is a folder that was indexed, with the settings to index it again.
type Root struct {
	Path     string // absolute
	Added    time.Time
	Scanned  time.Time // end of the last complete run; zero: never
	Excludes []string  // patterns
	Captions []string  // caption files
	Labels   []string  // label files
	Thumb    int       // px, longer side of thumbnails; 0: not said, NoThumb: none
}

// NoThumb is the Root.Thumb of folders whose pictures get no thumbnails.
const NoThumb = -1

// SetModel records the model of the vectors to come. ErrModel if vectors of a
// model with another ID are stored; the same ID with another Dir is an update.
func (s *Store) SetModel(ctx context.Context, m Model) error {
	return s.write(ctx, "record the model", 1, func(w *writer) error {
		if m.ID == "" || m.Dims < 1 || m.Dims > maxDims {
			return fmt.Errorf("%w: %q with vectors of %d values", ErrModel, m.ID, m.Dims)
		}
		if m == w.model {
			return nil
		}
		same := m.ID == w.model.ID && m.Dims == w.model.Dims
		if first, _ := w.tx.Bucket(bucketVectors).Cursor().First(); first != nil && !same {
			return fmt.Errorf("%w: it holds vectors of %s with %d values, not of %s with %d", ErrModel, w.model.ID, w.model.Dims, m.ID, m.Dims)
		}
		w.model = m
		return put(w.tx.Bucket(bucketMeta), bucketMeta, keyModel, encodeModel(m))
	})
}

// AddRoot records a folder, replacing what was recorded for the same path.
func (s *Store) AddRoot(ctx context.Context, r Root) error {
	return s.write(ctx, "record folder "+r.Path, 1, func(w *writer) error {
		if err := checkPath(r.Path); err != nil {
			return err
		}
		return put(w.tx.Bucket(bucketRoots), bucketRoots, []byte(r.Path), encodeRoot(r))
	})
}

// Roots returns the recorded folders in order of their paths.
func (s *Store) Roots() ([]Root, error) {
	var roots []Root
	err := eachRow(context.Background(), s, bucketRoots, nil, func(_ *txn, key, payload []byte) (Root, bool, error) {
		r, err := decodeRoot(string(key), payload)
		return r, true, err
	}, func(r Root) error {
		roots = append(roots, r)
		return nil
	})
	return roots, s.failed("read folders", err)
}
