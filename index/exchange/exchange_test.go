package exchange

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clipsearch/index/captions"
	"clipsearch/index/store"
	"clipsearch/internal/npy"
	"clipsearch/internal/progress"
)

func newStore(t *testing.T) *store.Store {
	t.Helper()
	st, err := store.Open(filepath.Join(t.TempDir(), "library"), store.Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return st
}

// matrix writes rows as single precision.
func matrix(t *testing.T, rows ...[]float32) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "vectors.npy")
	w, err := npy.Create(path, len(rows[0]), npy.F32)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if err := w.Append(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func text(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// contents returns everything that an import or export should keep of a library, by path.
func contents(t *testing.T, st *store.Store) map[string]any {
	t.Helper()
	all := make(map[string]any)
	err := st.EachRecord(context.Background(), func(r store.Record) error {
		v, err := st.Vector(r.Document.ID)
		if err != nil {
			return err
		}
		thumb, err := st.Thumbnail(r.Document.ID)
		if err != nil {
			return err
		}
		r.Document.ID, r.Document.Indexed = 0, time.Time{}
		rounded := make([]string, len(v))
		for i, x := range v {
			rounded[i] = fmt.Sprintf("%.3f", x)
		}
		all[r.Document.Path] = []any{r, rounded, thumb}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestImportVectors(t *testing.T) {
	ctx := context.Background()
	st := newStore(t)
	vectors := matrix(t, []float32{3, 4}, []float32{0, -2})
	ids := text(t, "ids.tsv", "L21_V001-5\tframe 5\nsub/b 2\r\n")
	notes := text(t, "captions.tsv", "L21_V001-5\ta dog\nL21_V001-5\ta hound\nnobody\tx\n")
	unmatched := 0
	opts := VectorOptions{IDs: ids, Captions: []string{notes}, Matched: func(r []captions.Report) { unmatched = r[0].Unmatched }}
	got, err := ImportVectors(ctx, st, vectors, opts)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Summary{Added: 2, Captions: 2}, got); diff != "" || unmatched != 1 {
		t.Errorf("%d unmatched, summary (-want +got):\n%s", unmatched, diff)
	}
	d, err := st.ByPath("L21_V001-5")
	if err != nil {
		t.Fatal(err)
	}
	v, err := st.Vector(d.ID)
	if err != nil || math.Abs(float64(v[0])-0.6) > 1e-3 || math.Abs(float64(v[1])-0.8) > 1e-3 {
		t.Errorf("vector %v, %v; want the unit vector 0.6 0.8", v, err)
	}
	if m := st.Model(); m.ID != Unnamed || m.Dims != 2 {
		t.Errorf("model %+v", m)
	}
	if got, err = ImportVectors(ctx, st, vectors, VectorOptions{IDs: ids}); err != nil || got.Replaced != 2 || got.Added != 0 {
		t.Errorf("a second time: %+v, %v", got, err)
	}
}

func TestImportVectorsRefuses(t *testing.T) {
	two := func(t *testing.T) string { return matrix(t, []float32{3, 4}, []float32{0, -2}) }
	nan := float32(math.NaN())
	tests := []struct {
		name    string
		vectors func(t *testing.T) string
		ids     string
		model   store.Model
		want    error
		says    string
	}{
		{"too few ids", two, "a\n", store.Model{}, ErrIDs, "1 ids for 2 vectors"},
		{"an id twice", two, "a\na\n", store.Model{}, ErrIDs, "ids.txt:2"},
		{"an empty id", two, "a\n\n", store.Model{}, ErrIDs, "ids.txt:2"},
		{"a zero vector", func(t *testing.T) string { return matrix(t, []float32{1, 0}, []float32{0, 0}) }, "a\nbad\n", store.Model{}, store.ErrVector, "bad"},
		{"not a number", func(t *testing.T) string { return matrix(t, []float32{1, nan}, []float32{0, 1}) }, "bad\nb\n", store.Model{}, store.ErrVector, "bad"},
		{"another size", two, "a\nb\n", store.Model{ID: "clip", Dims: 512}, store.ErrModel, "512"},
		{"not a matrix", func(t *testing.T) string { return text(t, "x.npy", "hello") }, "a\nb\n", store.Model{}, npy.ErrFormat, "x.npy"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			st := newStore(t)
			_, err := ImportVectors(context.Background(), st, test.vectors(t), VectorOptions{IDs: text(t, "ids.txt", test.ids), Model: test.model})
			if !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("error is %v, want %v and %q", err, test.want, test.says)
			}
			if stats, err := st.Stats(context.Background()); err != nil || stats.Documents != 0 {
				t.Errorf("%d documents were stored, %v", stats.Documents, err)
			}
		})
	}
}

func TestExportThenImport(t *testing.T) {
	ctx := context.Background()
	from := newStore(t)
	if err := from.SetModel(ctx, store.Model{ID: "clip-x", Dir: "/models/x", Dims: 2}); err != nil {
		t.Fatal(err)
	}
	taken := time.Date(2019, 5, 1, 10, 0, 0, 0, time.UTC)
	ids, err := from.Put(ctx, []store.Entry{
		{
			Document: store.Document{
				Path: "/photos/a.jpg", Root: "/photos", Size: 7, ModTime: taken, Hash: [32]byte{1, 2}, Format: "jpeg", Width: 4, Height: 3,
				Taken: taken, Camera: "Box", Latitude: 48.1, Longitude: -11.5, HasGPS: true, Place: "Alm", Tags: []string{"dog", "snow"}, Labels: []string{"snow"},
			},
			Captions: []store.Caption{{Text: "a <dog>", Source: "sidecar"}, {Text: "ein Hund", Source: "file", Lang: "de"}},
			Vector:   []float32{0.6, 0.8}, Thumb: []byte{0xff, 0xd8, 1},
		},
		{Document: store.Document{Path: "/photos/\xff.jpg", Root: "/photos"}},
		{Document: store.Document{Path: "/photos/gone.jpg"}, Vector: []float32{-1, 0}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := from.Hide(ctx, ids[2]); err != nil {
		t.Fatal(err)
	}
	if err := from.AddRoot(ctx, store.Root{Path: "/photos", Excludes: []string{"raw/"}, Thumb: store.NoThumb}); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "out")
	if n, err := Export(ctx, from, dir, nil); err != nil || n != 3 {
		t.Fatalf("exported %d, %v", n, err)
	}
	if _, err := Export(ctx, from, dir, nil); !errors.Is(err, ErrExists) {
		t.Errorf("a second export gives %v", err)
	}
	to := newStore(t)
	for run, want := range []Summary{{Added: 3, Captions: 2}, {Replaced: 3, Captions: 2}} {
		got, err := ImportFolder(ctx, to, dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("run %d: summary (-want +got):\n%s", run, diff)
		}
		if diff := cmp.Diff(contents(t, from), contents(t, to)); diff != "" {
			t.Errorf("run %d: library (-exported +imported):\n%s", run, diff)
		}
	}
	roots, err := to.Roots()
	if err != nil || len(roots) != 1 || roots[0].Excludes[0] != "raw/" || to.Model() != from.Model() {
		t.Errorf("folders %+v, model %+v, %v", roots, to.Model(), err)
	}
}

func TestImportFolderRefuses(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	write := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	try := func(want string) {
		t.Helper()
		if _, err := ImportFolder(ctx, newStore(t), dir, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
	try(libraryName)
	write(libraryName, `{"format": "something else"}`)
	try("not an export")
	write(libraryName, `{"format": "clipsearch export", "version": 99}`)
	try("version 99")
	write(libraryName, `{"format": "clipsearch export", "version": 1, "model": {"id": "x", "dims": 2}}`)
	try(vectorsName)
	data, err := os.ReadFile(matrix(t, []float32{1, 0}))
	if err != nil {
		t.Fatal(err)
	}
	write(vectorsName, string(data))
	write(documentsName, "{\"path\": \"a\", \"row\": 0}\n{\"path\": \"b\", \"row\": 1}\n")
	try(documentsName + ":2")
	write(documentsName, "{\"path\": \"a\", \"sha256\": \"zz\"}\n")
	try("sha256")
	write(documentsName, "{\"path\": 3}\n")
	try(documentsName + ":1")
}

// TestExportArchive holds that an unpacked archive is what Export writes.
func TestExportArchive(t *testing.T) {
	st := newStore(t)
	if err := st.SetModel(t.Context(), store.Model{ID: "test", Dims: 2}); err != nil {
		t.Fatal(err)
	}
	if err := st.AddRoot(t.Context(), store.Root{Path: "/p"}); err != nil {
		t.Fatal(err)
	}
	_, err := st.Put(t.Context(), []store.Entry{
		{Document: store.Document{Path: "/p/a.jpg"}, Vector: []float32{1, 0}, Captions: []store.Caption{{Text: "<a>"}}},
		{Document: store.Document{Path: "/p/b.jpg"}, Thumb: []byte{1, 2, 3}},
	})
	if err != nil {
		t.Fatal(err)
	}
	dir, scratch := filepath.Join(t.TempDir(), "out"), t.TempDir()
	if _, err := Export(t.Context(), st, dir, new(progress.Meter)); err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	if n, err := ExportArchive(t.Context(), st, &packed, scratch, new(progress.Meter)); n != 2 || err != nil {
		t.Fatalf("%d documents, %v", n, err)
	}
	archive, err := zip.NewReader(bytes.NewReader(packed.Bytes()), int64(packed.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{libraryName, documentsName, vectorsName} {
		want, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := fs.ReadFile(archive, name)
		if diff := cmp.Diff(string(want), string(got)); err != nil || diff != "" {
			t.Errorf("%s: %v (-folder +archive):\n%s", name, err, diff)
		}
	}
	if len(archive.File) != 3 {
		t.Errorf("%d files", len(archive.File))
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ExportArchive(cancelled, st, io.Discard, scratch, new(progress.Meter)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if left, err := os.ReadDir(scratch); err != nil || len(left) > 0 {
		t.Errorf("%d files are left, %v", len(left), err)
	}
}
