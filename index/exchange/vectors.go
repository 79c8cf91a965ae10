package exchange

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"clipsearch/index/captions"
	"clipsearch/index/store"
	"clipsearch/internal/npy"
	"clipsearch/internal/progress"
	"clipsearch/internal/regular"
)

// VectorOptions say what belongs to a matrix of vectors.
type VectorOptions struct {
	IDs      string      // file with a name a row, one a line, up to the first tab; required
	Captions []string    // caption files; their names are looked up among the ids
	Model    store.Model // what made the vectors; without an ID it is Unnamed
	Meter    *progress.Meter
	Matched  func([]captions.Report) // called with how the captions' names matched; may be nil
}

// ImportVectors makes a document of each row of the matrix at path: it has no file, and its id stands for the path. A
// document that the library knows by that id is replaced. Errors name file and line or id: ErrIDs, npy's, store.ErrVector
// for a vector that is zero or not finite, store.ErrModel if the library's vectors are of another model or size.
func ImportVectors(ctx context.Context, st *store.Store, path string, opts VectorOptions) (Summary, error) {
	matrix, err := npy.Open(path)
	if err != nil {
		return Summary{}, err
	}
	defer matrix.Close() // only read
	ids, err := readIDs(opts.IDs, matrix.Rows)
	if err != nil {
		return Summary{}, err
	}
	texts, err := matchCaptions(opts, ids)
	if err != nil {
		return Summary{}, err
	}
	model := opts.Model
	if model.ID == "" {
		model.ID = Unnamed
	}
	if model.Dims == 0 {
		model.Dims = matrix.Cols
	}
	if model.Dims != matrix.Cols {
		return Summary{}, fmt.Errorf("%s: %w: its vectors have %d values, those of %s have %d", path, store.ErrModel, matrix.Cols, model.ID, model.Dims)
	}
	m, err := newImporter(ctx, st, model, opts.Meter)
	if err != nil {
		return Summary{}, err
	}
	opts.Meter.Start(matrix.Rows)
	err = m.rows(ctx, matrix, ids, texts)
	return m.summary, err
}

// rows takes in all rows of the matrix.
func (m *importer) rows(ctx context.Context, matrix *npy.File, ids []string, texts *captions.Matcher) error {
	block := make([]float32, batchSize*matrix.Cols)
	for start := 0; start < matrix.Rows; start += batchSize {
		n := min(batchSize, matrix.Rows-start)
		block = block[:n*matrix.Cols]
		if err := matrix.Read(start, block); err != nil {
			return err
		}
		for i := range n {
			e := store.Entry{Document: store.Document{Path: ids[start+i]}, Vector: block[i*matrix.Cols : (i+1)*matrix.Cols]}
			for _, line := range texts.For(ids[start+i]) {
				e.Captions = append(e.Captions, store.Caption{Text: line.Text, Source: "file", Lang: line.Lang})
			}
			if err := m.add(ctx, e, false); err != nil {
				return err
			}
		}
		if err := m.flush(ctx); err != nil { // before block is overwritten
			return err
		}
	}
	return nil
}

// matchCaptions reads the caption files and looks their names up among the ids.
func matchCaptions(opts VectorOptions, ids []string) (*captions.Matcher, error) {
	var files []*captions.File
	for _, path := range opts.Captions {
		file, err := captions.Read(path)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	m := captions.NewMatcher(files, nil, ids)
	if opts.Matched != nil && len(files) > 0 {
		opts.Matched(m.Reports())
	}
	return m, nil
}

// readIDs returns the names in a file, which must be want different ones.
func readIDs(path string, want int) ([]string, error) {
	file, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	ids := make([]string, 0, want)
	lines := make(map[string]int, want)
	scanner := bufio.NewScanner(file)
	for scanner.Scan() {
		id, _, _ := strings.Cut(strings.TrimSuffix(scanner.Text(), "\r"), "\t")
		line := len(ids) + 1
		if id == "" {
			return nil, at(path, line, fmt.Errorf("%w: the line names nothing", ErrIDs))
		}
		if first, twice := lines[id]; twice {
			return nil, at(path, line, fmt.Errorf("%w: %q stands in line %d already", ErrIDs, id, first))
		}
		lines[id] = line
		ids = append(ids, id)
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if len(ids) != want {
		return nil, fmt.Errorf("%s: %w: it has %d ids for %d vectors", path, ErrIDs, len(ids), want)
	}
	return ids, nil
}
