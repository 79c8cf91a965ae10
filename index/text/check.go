package text

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	index "github.com/blevesearch/bleve_index_api"

	"clipsearch/index/store"
)

// maxProblems is how many problems Check lists.
const maxProblems = 20

// Check compares the index in folder dir with what st holds, document by document, and
// returns what is wrong with it, in words: nothing if there is no index, or one that Open
// would bring up to date or replace anyway. It changes nothing. An error if another process is changing it, or
// st cannot be read, or ctx's.
func Check(ctx context.Context, dir string, st *store.Store) ([]string, error) {
	if _, err := os.Stat(indexDir(dir)); err != nil {
		return nil, nil
	}
	lock, err := lockFolder(ctx, dir, false, writeWait)
	if err != nil {
		return nil, fmt.Errorf("check caption index in %s: %w", dir, err)
	}
	defer lock.close()
	analyzers, err := newAnalyzers()
	if err != nil {
		return nil, fmt.Errorf("check caption index: %w", err)
	}
	x := &Index{dir: dir, st: st, opts: Options{ReadOnly: true}, analyzers: analyzers}
	f, behind, err := x.tryShared(ctx)
	if f != nil {
		defer f.close()
		// Of an index without a layout nothing can be read: it was begun and not finished, or scorch passes over all that is
		// damaged. Open makes it anew.
		if err != nil || behind > restoreFrom {
			return nil, nil
		}
	}
	if err == nil {
		err = x.follow(ctx, f.engine) // stays in memory
	}
	return x.problems(ctx, f, err)
}

// Check compares the open index with its store, as the function Check does one that is not open. Changes wait meanwhile.
func (x *Index) Check(ctx context.Context) ([]string, error) {
	if err := x.Sync(ctx); err != nil {
		return nil, err
	}
	x.syncing.Lock()
	defer x.syncing.Unlock()
	f := x.current()
	if f == nil {
		return nil, ErrClosed
	}
	return x.problems(ctx, f, nil)
}

// problems says what is wrong with a folder that is in step, or that err kept from being so.
func (x *Index) problems(ctx context.Context, f *folder, err error) ([]string, error) {
	c := checker{x: x, state: state{}.clone()}
	if err == nil {
		err = f.read(func(r index.IndexReader) error { return c.compare(ctx, r, f.state) })
	}
	switch {
	case c.storeErr != nil:
		return nil, fmt.Errorf("check caption index in %s: %w", x.dir, c.storeErr)
	case errors.Is(err, errEngine):
		return append(c.problems, "the caption index in "+x.dir+" is damaged: "+err.Error()), nil
	case err != nil:
		return nil, fmt.Errorf("check caption index in %s: %w", x.dir, err)
	}
	return c.problems, nil
}

// Reached returns the number of st's last change that the index in folder dir knows, 0 if there is none that Open would
// use, or another process is changing it.
func Reached(ctx context.Context, dir string, st *store.Store) uint64 {
	if _, err := os.Stat(indexDir(dir)); err != nil {
		return 0
	}
	lock, err := lockFolder(ctx, dir, false, 0)
	if err != nil {
		return 0
	}
	defer lock.close()
	x := &Index{dir: dir, st: st}
	return x.reached(dir)
}

// Reached returns the number of the store's last change that an open index knows, 0 while it is not ready.
func (x *Index) Reached() uint64 {
	var s state
	_, err := x.try(func(f *folder) error {
		return f.read(func(r index.IndexReader) (err error) {
			s, err = readState(r)
			return err
		})
	})
	if err != nil {
		return 0
	}
	return s.Sequence
}

// Discard deletes the index in folder dir; the next Open makes it anew. An error if
// another process uses it.
func Discard(ctx context.Context, dir string) error {
	lock, err := lockFolder(ctx, dir, true, writeWait)
	if err == nil {
		err = errors.Join(discard(dir), lock.close())
	}
	if err != nil {
		return fmt.Errorf("discard caption index in %s: %w", dir, err)
	}
	return nil
}

// checker collects what differs.
type checker struct {
	x         *Index
	state     state // as it should be
	documents uint64
	problems  []string
	storeErr  error // of reading the store, which is not the index's fault
}

func (c *checker) add(format string, args ...any) {
	if len(c.problems) < maxProblems {
		c.problems = append(c.problems, fmt.Sprintf("caption index: "+format, args...))
	}
}

// compare reads all documents of the store, and what the index has of each.
func (c *checker) compare(ctx context.Context, r index.IndexReader, got state) error {
	var all []pending
	c.storeErr = c.x.st.EachDocument(ctx, func(d store.Document) error {
		all = append(all, pending{id: d.ID})
		return nil
	})
	for part := range slices.Chunk(all, readSize) {
		if c.storeErr != nil || ctx.Err() != nil {
			break
		}
		var changes []change
		changes, c.storeErr = c.x.analyzePart(part)
		for _, change := range changes {
			if err := c.document(r, change); err != nil {
				return err
			}
		}
	}
	if err := errors.Join(c.storeErr, ctx.Err()); err != nil {
		return err
	}
	return c.sums(r, got)
}

// document compares one document's lengths, in all fields.
func (c *checker) document(r index.IndexReader, change change) error {
	got, err := readLengths(r, change.id)
	if err != nil {
		return err
	}
	var want lengths
	if change.new != nil {
		c.documents++
		want = change.new.lengths
		c.state.add(want, +1)
	}
	switch {
	case change.new == nil && got != nil:
		c.add("picture %d is hidden, but can be found", change.id)
	case change.new != nil && got == nil:
		c.add("picture %d is missing", change.id)
	case !maps.Equal(got, want):
		c.add("picture %d has %v words, not %v", change.id, got, want)
	}
	return nil
}

// sums compares what is counted.
func (c *checker) sums(r index.IndexReader, got state) error {
	n, err := r.DocCount()
	if err != nil {
		return err
	}
	if n != c.documents {
		c.add("it has %d pictures, the library %d", n, c.documents)
	}
	if !maps.Equal(got.Fields, c.state.Fields) {
		c.add("its sums of words are %v, not %v", got.Fields, c.state.Fields)
	}
	if sequence := c.x.st.Sequence(); got.Sequence != sequence {
		c.add("it stands at change %d of %d", got.Sequence, sequence)
	}
	return nil
}
