// Package exchange takes vectors made elsewhere into a library and brings whole libraries out of and into folders of plain
// files. [ImportVectors] reads an npy matrix with a list of names, [Export] writes a folder, [ImportFolder] reads one back.
//
// It does not decode pictures or compute vectors, and it leaves the derived indexes to whoever opens the library next.
//
// # The folder
//
//	library.json     {"format": "clipsearch export", "version": 1, "model": {"id", "dir", "dims"}, "folders": […]}
//	documents.jsonl  one JSON object a document, see document; "row" is its row in vectors.npy, absent if it has none
//	vectors.npy      float16, one row a document that has a vector, of unit length
//
// Files that could not be read and the log of changes are not part of it.
package exchange

import (
	"context"
	"errors"
	"fmt"

	"clipsearch/index/store"
	"clipsearch/internal/progress"
)

// Unnamed is the model ID of vectors that were imported without one: nothing can turn a text into such a vector.
const Unnamed = "unnamed"

// Errors of importing and exporting.
var (
	// ErrIDs: the list of names does not fit the matrix, or names a row twice.
	ErrIDs = errors.New("the list of ids does not fit")
	// ErrExists: the folder to export to exists and is not empty.
	ErrExists = errors.New("exists and is not empty")
	// ErrFormat: a folder is no export, or a damaged or newer one.
	ErrFormat = errors.New("not an export that can be read")
)

// Summary says what an import did.
type Summary struct {
	Added    int // new documents
	Replaced int // documents whose name the library knew
	Captions int
}

// batchSize is how many documents are written in one transaction: its fsync does not count then.
const batchSize = 1000

// importer writes entries in batches.
type importer struct {
	store   *store.Store
	meter   *progress.Meter
	known   map[string]store.File
	pending []store.Entry
	hidden  []bool // whether pending[i] is to be hidden
	summary Summary
}

// newImporter records the model, if it has an ID, and loads what the library knows.
func newImporter(ctx context.Context, st *store.Store, model store.Model, meter *progress.Meter) (*importer, error) {
	if model.ID != "" && st.Model() != model {
		if err := st.SetModel(ctx, model); err != nil {
			return nil, err
		}
	}
	m := &importer{store: st, meter: meter, known: make(map[string]store.File)}
	err := st.EachFile(ctx, func(f store.File) error {
		if old, ok := m.known[f.Path]; !ok || old.Hidden {
			m.known[f.Path] = f
		}
		return nil
	})
	return m, err
}

// add takes one entry; a document of the same path is replaced.
func (m *importer) add(ctx context.Context, e store.Entry, hidden bool) error {
	e.Document.ID = m.known[e.Document.Path].ID
	m.pending, m.hidden = append(m.pending, e), append(m.hidden, hidden)
	if len(m.pending) < batchSize {
		return nil
	}
	return m.flush(ctx)
}

// flush writes what is pending.
func (m *importer) flush(ctx context.Context) error {
	ids, err := m.store.Put(ctx, m.pending)
	if err != nil {
		return err
	}
	var hide, show []store.ID
	for i, e := range m.pending {
		known, old := m.known[e.Document.Path]
		m.summary.Captions += len(e.Captions)
		if old {
			m.summary.Replaced++
		} else {
			m.summary.Added++
		}
		switch {
		case m.hidden[i]:
			hide = append(hide, ids[i])
		case known.Hidden:
			show = append(show, ids[i])
		}
	}
	m.meter.Done(len(m.pending))
	m.pending, m.hidden = m.pending[:0], m.hidden[:0]
	if err := m.store.Hide(ctx, hide...); err != nil {
		return err
	}
	return m.store.Unhide(ctx, show...)
}

// at names a line of a file in an error.
func at(path string, line int, err error) error { return fmt.Errorf("%s:%d: %w", path, line, err) }
