package store

import (
	"context"
	"fmt"
	"slices"
)

// Hide takes documents out of every search. Hidden ones stay hidden.
func (s *Store) Hide(ctx context.Context, ids ...ID) error {
	return s.write(ctx, "hide documents", len(ids), func(w *writer) error {
		for _, id := range ids {
			d, err := w.document(id)
			if err != nil {
				return err
			}
			if d.Hidden {
				continue
			}
			if err := w.set(bucketHidden, id, encodeHidden(w.now)); err != nil {
				return err
			}
			if err := w.log(OpHide, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// Unhide undoes Hide. ErrPath if another searchable document has the path now.
func (s *Store) Unhide(ctx context.Context, ids ...ID) error {
	return s.write(ctx, "bring back documents", len(ids), func(w *writer) error {
		for _, id := range ids {
			d, err := w.document(id)
			if err != nil {
				return err
			}
			if !d.Hidden {
				continue
			}
			if err := w.delete(bucketHidden, id); err != nil {
				return err
			}
			w.paths[d.Path] = true
			if err := w.log(OpUnhide, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// Move changes the paths of documents, all at once: two may swap theirs.
// It keeps vectors, captions and the hidden state. ErrPath if afterwards two
// searchable documents had one path.
func (s *Store) Move(ctx context.Context, moves []Relocation) error {
	return s.write(ctx, "move documents", len(moves), func(w *writer) error {
		for _, m := range moves {
			d, err := w.document(m.ID)
			if err != nil {
				return err
			}
			if err := w.unsetDocument(&d); err != nil {
				return err
			}
			d.Path, d.Root = m.Path, m.Root
			if !m.ModTime.IsZero() {
				d.ModTime = m.ModTime
			}
			if err := w.setDocument(&d); err != nil {
				return err
			}
			if err := w.log(OpMove, m.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

// Touch records new sizes and times of files whose content is unchanged. It
// logs nothing.
func (s *Store) Touch(ctx context.Context, stats map[ID]Stat) error {
	return s.write(ctx, "record file times", len(stats), func(w *writer) error {
		return each(stats, func(id ID, st Stat) error {
			d, err := w.document(id)
			if err != nil {
				return err
			}
			d.Size, d.ModTime = st.Size, st.ModTime
			return w.setDocument(&d)
		})
	})
}

// SetCaptions replaces all captions of documents. What is equal is not logged.
func (s *Store) SetCaptions(ctx context.Context, captions map[ID][]Caption) error {
	return s.write(ctx, "store captions", len(captions), func(w *writer) error {
		return each(captions, func(id ID, list []Caption) error {
			rec, ok, err := readRecord(w.tx, id)
			if err == nil && !ok {
				err = ErrNoDocument
			}
			if err != nil {
				return fmt.Errorf("document %d: %w", id, err)
			}
			if slices.Equal(rec.Captions, list) {
				return nil
			}
			if err := w.setCaptions(id, list); err != nil {
				return err
			}
			return w.log(OpCaptions, id)
		})
	})
}

// SetTags replaces the tags of documents. What is equal is not logged.
func (s *Store) SetTags(ctx context.Context, tags map[ID]Tags) error {
	return s.write(ctx, "store tags", len(tags), func(w *writer) error {
		return each(tags, func(id ID, t Tags) error {
			d, err := w.document(id)
			if err != nil {
				return err
			}
			same := slices.Equal(d.Tags, t.All)
			if same && slices.Equal(d.Labels, t.Labels) {
				return nil
			}
			d.Tags, d.Labels = t.All, t.Labels
			if err := w.setDocument(&d); err != nil || same {
				return err
			}
			return w.log(OpTags, id)
		})
	})
}

// SetVectors gives documents a vector, or another one. ErrVector names the document.
func (s *Store) SetVectors(ctx context.Context, vectors map[ID][]float32) error {
	return s.write(ctx, "store vectors", len(vectors), func(w *writer) error {
		return each(vectors, func(id ID, v []float32) error {
			d, err := w.document(id)
			if err != nil {
				return err
			}
			payload, err := encodeVector(v, w.model.Dims)
			if err != nil {
				return fmt.Errorf("%s: %w", d.Path, err)
			}
			if err := w.set(bucketVectors, id, payload); err != nil {
				return err
			}
			if err := w.setFile(&d); err != nil {
				return err
			}
			return w.log(OpVector, id)
		})
	})
}

// Forget removes documents and all that belongs to them. Their IDs are not used
// again. IDs that don't exist are no error.
func (s *Store) Forget(ctx context.Context, ids ...ID) error {
	return s.write(ctx, "forget documents", len(ids), func(w *writer) error {
		for _, id := range ids {
			if !w.has(bucketDocuments, id) {
				continue
			}
			if err := w.forget(id); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *writer) forget(id ID) error {
	d, err := w.document(id)
	if err != nil {
		return err
	}
	if err := w.unsetDocument(&d); err != nil {
		return err
	}
	for _, bucket := range [][]byte{bucketDocuments, bucketCaptions, bucketVectors, bucketThumbs, bucketHidden} {
		if err := w.delete(bucket, id); err != nil {
			return err
		}
	}
	return w.log(OpForget, id)
}
