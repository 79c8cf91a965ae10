package text

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"clipsearch/index/store"
)

// batchSize is how many documents are analysed and applied together.
const batchSize = 1000

// pending is a changed document with the sequence number of its first change.
type pending struct {
	id    store.ID
	since uint64
}

// follow applies the changes of the store since the engine's sequence number: on a
// new engine, all of them. After each batch the engine knows how far it got.
func (x *Index) follow(ctx context.Context, e *engine) error {
	todo, reached, err := x.changes(ctx, e.state.Sequence)
	if err != nil {
		return err
	}
	if reached == e.state.Sequence && e.state.Layout == layout {
		return nil
	}
	total := len(todo)
	for first := true; first || len(todo) > 0; first = false {
		n := min(len(todo), batchSize)
		sequence := reached
		if n < len(todo) {
			sequence = todo[n].since - 1 // everything before is done
		}
		batch, err := x.analyzeBatch(ctx, todo[:n])
		if err != nil {
			return err
		}
		if err := e.apply(batch, x.st.LibraryID(), sequence); err != nil {
			return err
		}
		todo = todo[n:]
		if x.opts.Progress != nil {
			x.opts.Progress(total-len(todo), total)
		}
	}
	return nil
}

// changes returns the documents changed after a sequence number, each once, in order
// of their first change, and the last sequence number. If the log doesn't go back
// so far, and so the engine is new, it returns all documents.
func (x *Index) changes(ctx context.Context, from uint64) (todo []pending, reached uint64, err error) {
	if from < x.st.Pruned() {
		return x.everything(ctx)
	}
	reached = from
	seen := map[store.ID]bool{}
	err = x.st.Changes(ctx, from, func(c store.Change) error {
		reached = c.Sequence
		if c.Op != store.OpVector && !seen[c.ID] {
			seen[c.ID] = true
			todo = append(todo, pending{c.ID, c.Sequence})
		}
		return nil
	})
	return todo, reached, err
}

// everything returns all documents as if the first change had been theirs: an engine
// that gets only some of them starts anew.
func (x *Index) everything(ctx context.Context) (todo []pending, reached uint64, err error) {
	reached = x.st.Sequence() // before reading: what comes later is read again
	err = x.st.EachDocument(ctx, func(d store.Document) error {
		todo = append(todo, pending{d.ID, 1})
		return nil
	})
	return todo, reached, err
}

// analyzeBatch reads documents and analyses them on all cores.
func (x *Index) analyzeBatch(ctx context.Context, batch []pending) ([]change, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	changes := make([]change, len(batch))
	ids := make([]store.ID, len(batch))
	at := make(map[store.ID]int, len(batch))
	for i, p := range batch {
		changes[i].id, ids[i], at[p.id] = p.id, p.id, i
	}
	records, err := x.st.Records(ids)
	if err != nil {
		return nil, fmt.Errorf("read changed documents: %w", err)
	}
	var wg sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(records); i += workers {
				if rec := &records[i]; !rec.Document.Hidden {
					done := x.analyzers.analyzeRecord(rec)
					changes[at[rec.Document.ID]].new = &done
				}
			}
		})
	}
	wg.Wait()
	return changes, nil
}
