package vector

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"clipsearch/index/store"
)

// syncBatch is how many changed documents Sync reads before searches see them.
const syncBatch = 1024

// Load returns an index of the vectors in st that follows st's log by Sync: what
// Save wrote, brought up to date, or else made of all vectors. It holds codes of the vectors and
// reads the vectors themselves from st, which must stay open. Without a model in st it is empty until a Sync finds one.
// It builds no graph; see Build.
func Load(ctx context.Context, st *store.Store, kind Kind) (*Index, error) {
	x := New(0, kind)
	x.st = st
	err := x.restore(ctx)
	if errors.Is(err, errStale) {
		err = x.reload(ctx)
	}
	if err == nil {
		err = x.Sync(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("load vectors: %w", err)
	}
	return x, nil
}

// Sync brings the index in step with its store. Without a store it does nothing.
func (x *Index) Sync(ctx context.Context) error {
	x.following.Lock()
	defer x.following.Unlock()
	if x.st == nil {
		return nil
	}
	if x.st.Model().Dims != x.Dims() { // the model was changed while there were no vectors
		return x.reload(ctx)
	}
	ids, reached, err := x.changed(ctx)
	if errors.Is(err, store.ErrLogPruned) {
		return x.reload(ctx)
	}
	if err != nil {
		return fmt.Errorf("follow the library: %w", err)
	}
	for len(ids) > 0 {
		n := min(len(ids), syncBatch)
		if err := x.refresh(ctx, ids[:n]); err != nil {
			return fmt.Errorf("follow the library: %w", err)
		}
		ids = ids[n:]
	}
	x.sequence = reached
	return nil
}

// reload starts from all vectors of the store.
func (x *Index) reload(ctx context.Context) error {
	sequence := x.st.Sequence() // before reading: what comes later is read again
	dims := x.st.Model().Dims
	e := &edit{next: *emptySnapshot(dims, x.st), rows: map[store.ID]uint32{}}
	e.next.numbering = x.current.Load().numbering + 1
	err := x.st.EachHalf(ctx, func(id store.ID, v []uint16) error {
		if err := checkHalf(v, dims); err != nil {
			return fmt.Errorf("document %d: %w", id, err)
		}
		e.add(id, slices.Clone(v))
		return nil
	})
	if err != nil {
		return err
	}
	if err := e.finish(); err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.rows, x.sequence = e.rows, sequence
	x.publish(&e.next)
	return nil
}

// changed returns the documents whose vector or visibility may have changed since
// the sequence number reached, each once, and the new sequence number.
func (x *Index) changed(ctx context.Context) (ids []store.ID, reached uint64, err error) {
	reached = x.sequence
	seen := map[store.ID]bool{}
	err = x.st.Changes(ctx, x.sequence, func(c store.Change) error {
		reached = c.Sequence
		switch c.Op {
		case store.OpMove, store.OpCaptions, store.OpTags:
			return nil
		}
		if !seen[c.ID] {
			seen[c.ID] = true
			ids = append(ids, c.ID)
		}
		return nil
	})
	return ids, reached, err
}

// refresh reads documents from the store and applies their state at once.
func (x *Index) refresh(ctx context.Context, ids []store.ID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	vectors := make([]half, len(ids))
	for i, id := range ids {
		v, err := x.searchable(id)
		if err != nil {
			return err
		}
		vectors[i] = v
	}
	return x.edit(func(e *edit) {
		for i, id := range ids {
			if vectors[i] == nil {
				e.delete(id)
			} else {
				e.add(id, vectors[i])
			}
		}
	})
}

// searchable returns the vector of a document, nil if it has none, is hidden or
// forgotten.
func (x *Index) searchable(id store.ID) (half, error) {
	d, err := x.st.Document(id)
	if errors.Is(err, store.ErrNoDocument) {
		return nil, nil
	}
	if err != nil || d.Hidden {
		return nil, err
	}
	v, err := x.st.Vector(id)
	if v == nil || errors.Is(err, store.ErrNoDocument) { // forgotten just now
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	h, err := newHalf(v, x.Dims())
	if err != nil {
		return nil, fmt.Errorf("document %d: %w", id, err)
	}
	return h, nil
}
