package text

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	"clipsearch/index/store"
)

// A batch is what is analysed and applied together. Its terms are in memory, but those of
// twice as many documents take hardly more time to write.
const (
	batchSize   = 2000    // documents at most
	batchTokens = 1 << 19 // after which a batch ends: some hundred megabytes
	readSize    = 100     // documents that are read at once
)

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
	g, gctx := errgroup.WithContext(ctx)
	batches := make(chan batch) // one is analysed while another is applied
	g.Go(func() error {
		defer close(batches)
		return x.analyzeAll(gctx, todo, reached, batches)
	})
	g.Go(func() error {
		done := 0
		for b := range batches {
			if err := e.apply(b.changes, x.st.LibraryID(), b.sequence); err != nil {
				return err
			}
			if done += len(b.changes); x.opts.Progress != nil {
				x.opts.Progress(done, len(todo))
			}
		}
		return nil
	})
	return g.Wait()
}

// batch is what is applied at once, and the sequence number that it reaches.
type batch struct {
	changes  []change
	sequence uint64
}

// analyzeAll sends the documents in batches: at least one, which may be empty.
func (x *Index) analyzeAll(ctx context.Context, todo []pending, reached uint64, batches chan<- batch) error {
	for first := true; first || len(todo) > 0; first = false {
		b := batch{sequence: reached}
		var err error
		if b.changes, err = x.analyzeBatch(ctx, todo); err != nil {
			return err
		}
		if todo = todo[len(b.changes):]; len(todo) > 0 {
			b.sequence = todo[0].since - 1 // everything before is done
		}
		select {
		case batches <- b:
		case <-ctx.Done():
			return ctx.Err()
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

// analyzeBatch reads and analyses as many of the documents as make a batch.
func (x *Index) analyzeBatch(ctx context.Context, todo []pending) (changes []change, err error) {
	todo = todo[:min(len(todo), batchSize)]
	for tokens := 0; len(todo) > 0 && tokens < batchTokens; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		part, err := x.analyzePart(todo[:min(len(todo), readSize)])
		if err != nil {
			return nil, err
		}
		for _, c := range part {
			if c.new != nil {
				tokens += c.new.lengths.sum()
			}
		}
		changes, todo = append(changes, part...), todo[len(part):]
	}
	return changes, ctx.Err()
}

// analyzePart reads documents and analyses them on all cores.
func (x *Index) analyzePart(todo []pending) ([]change, error) {
	changes := make([]change, len(todo))
	ids := make([]store.ID, len(todo))
	at := make(map[store.ID]int, len(todo))
	for i, p := range todo {
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
