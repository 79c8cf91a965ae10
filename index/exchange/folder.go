package exchange

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"clipsearch/index/store"
	"clipsearch/internal/npy"
	"clipsearch/internal/progress"
	"clipsearch/internal/regular"
)

// The files of an exported folder.
const (
	libraryName   = "library.json"
	documentsName = "documents.jsonl"
	vectorsName   = "vectors.npy"

	formatName    = "clipsearch export"
	formatVersion = 1
)

// library is the content of library.json.
type library struct {
	Format  string   `json:"format"`
	Version int      `json:"version"`
	Model   model    `json:"model"`
	Folders []folder `json:"folders,omitempty"`
}

type model struct {
	ID   string `json:"id,omitempty"`
	Dir  string `json:"dir,omitempty"`
	Dims int    `json:"dims,omitempty"`
}

type folder struct {
	Path       string   `json:"path"`
	Excludes   []string `json:"excludes,omitempty"`
	Captions   []string `json:"captions,omitempty"`
	Labels     []string `json:"labels,omitempty"`
	Thumbnails int      `json:"thumbnails,omitempty"` // px, longer side; -1: none
}

// Export writes a library's documents, captions, vectors, thumbnails and folders into a new folder, which appears whole.
// It returns the number of documents. ErrExists if dir is there and not empty.
func Export(ctx context.Context, st *store.Store, dir string, meter *progress.Meter) (int, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	if len(entries) > 0 {
		return 0, fmt.Errorf("%s: %w", dir, ErrExists)
	}
	dir = filepath.Clean(dir)
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return 0, err
	}
	temp, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+".")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(temp) // gone already if all went well
	n, err := export(ctx, st, temp, meter)
	if err != nil {
		return 0, fmt.Errorf("export to %s: %w", dir, err)
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	return n, os.Rename(temp, dir)
}

// export writes the three files.
func export(ctx context.Context, st *store.Store, dir string, meter *progress.Meter) (n int, err error) {
	head, err := newHead(st)
	if err != nil {
		return 0, err
	}
	if err := os.WriteFile(filepath.Join(dir, libraryName), head, 0o644); err != nil {
		return 0, err
	}
	vectors, err := npy.Create(filepath.Join(dir, vectorsName), exportedDims(st), npy.F16)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, vectors.Close()) }()
	file, err := os.Create(filepath.Join(dir, documentsName))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Sync(), file.Close()) }()
	return exportDocuments(ctx, st, file, vectors, meter)
}

// newHead returns the content of library.json.
func newHead(st *store.Store) ([]byte, error) {
	head := library{Format: formatName, Version: formatVersion, Model: model(st.Model())}
	roots, err := st.Roots()
	if err != nil {
		return nil, err
	}
	for _, r := range roots {
		head.Folders = append(head.Folders, folder{r.Path, r.Excludes, r.Captions, r.Labels, r.Thumb})
	}
	data, err := json.MarshalIndent(head, "", " ")
	return append(data, '\n'), err
}

// exportedDims returns the columns of vectors.npy, which has some also where there are no vectors.
func exportedDims(st *store.Store) int { return max(st.Model().Dims, 1) }

// exportDocuments writes what goes into documents.jsonl and vectors.npy, side by side.
func exportDocuments(ctx context.Context, st *store.Store, documents io.Writer, vectors *npy.Writer, meter *progress.Meter) (n int, err error) {
	out := bufio.NewWriterSize(documents, 1<<20)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	rows := 0
	err = st.EachRecord(ctx, func(record store.Record) error {
		vector, err := st.Vector(record.Document.ID)
		if err != nil {
			return err
		}
		thumbnail, err := st.Thumbnail(record.Document.ID)
		if err != nil {
			return err
		}
		var row *int
		if vector != nil {
			if err := vectors.Append(vector); err != nil {
				return err
			}
			at := rows
			row = &at
			rows++
		}
		n++
		meter.Done(1)
		return encoder.Encode(newDocument(record, row, thumbnail))
	})
	if err != nil {
		return 0, err
	}
	return n, out.Flush()
}

// ImportFolder takes the documents of an exported folder into a library. Those that it knows by their path are replaced.
// ErrFormat names file and line; store.ErrModel if the library's vectors are of another model.
func ImportFolder(ctx context.Context, st *store.Store, dir string, meter *progress.Meter) (Summary, error) {
	head, err := readLibrary(filepath.Join(dir, libraryName))
	if err != nil {
		return Summary{}, err
	}
	matrix, err := npy.Open(filepath.Join(dir, vectorsName))
	if err != nil {
		return Summary{}, err
	}
	defer matrix.Close() // only read
	m, err := newImporter(ctx, st, store.Model(head.Model), meter)
	if err != nil {
		return Summary{}, err
	}
	if err := m.documents(ctx, filepath.Join(dir, documentsName), matrix); err != nil {
		return m.summary, err
	}
	for _, f := range head.Folders {
		root := store.Root{Path: f.Path, Excludes: f.Excludes, Captions: f.Captions, Labels: f.Labels, Thumb: f.Thumbnails}
		if err := st.AddRoot(ctx, root); err != nil {
			return m.summary, err
		}
	}
	return m.summary, nil
}

// readLibrary reads library.json.
func readLibrary(path string) (library, error) {
	data, err := regular.ReadFile(path)
	if err != nil {
		return library{}, err
	}
	var head library
	if err := json.Unmarshal(data, &head); err != nil || head.Format != formatName {
		return library{}, fmt.Errorf("%s: %w", path, ErrFormat)
	}
	if head.Version != formatVersion {
		return library{}, fmt.Errorf("%s: %w: it is of version %d, this program reads %d", path, ErrFormat, head.Version, formatVersion)
	}
	return head, nil
}

// documents takes in all lines of documents.jsonl.
func (m *importer) documents(ctx context.Context, path string, matrix *npy.File) error {
	file, err := regular.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	decoder := json.NewDecoder(bufio.NewReaderSize(file, 1<<20))
	for line := 1; ; line++ {
		var d document
		if err := decoder.Decode(&d); err == io.EOF {
			return m.flush(ctx)
		} else if err != nil {
			return at(path, line, fmt.Errorf("%w: %w", ErrFormat, err))
		}
		e, err := d.entry()
		if err != nil {
			return at(path, line, err)
		}
		if d.Row != nil {
			e.Vector = make([]float32, matrix.Cols)
			if err := matrix.Read(*d.Row, e.Vector); err != nil {
				return at(path, line, fmt.Errorf("%w: %w", ErrFormat, err))
			}
		}
		if err := m.add(ctx, e, d.Hidden); err != nil {
			return at(path, line, err)
		}
	}
}
