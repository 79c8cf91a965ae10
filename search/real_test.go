package search

import (
	"context"
	"encoding/gob"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"clipsearch/encode"
	"clipsearch/index"
	"clipsearch/index/store"
	"clipsearch/index/text"
	"clipsearch/index/vector"
	"clipsearch/internal/imgio"
)

const (
	realData  = "../../shared/data"
	realModel = "../../shared/models/clip-dev-small"
)

// tower is the development checkpoint as an Encoder that remembers, in a temporary file, what it has encoded.
type tower struct {
	*encode.Model
	known map[string][]float32 // by "text …" and "image …"
}

// towerBatch is how many texts or pictures are encoded together.
const towerBatch = 64

// openTower loads the development checkpoint, or skips the test.
func openTower(t *testing.T) *tower {
	t.Helper()
	if !encode.HasBackend() {
		t.Skip("this build has no encoder; make test runs this with it")
	}
	if _, err := os.Stat(realModel); err != nil {
		t.Skip("the reference data is not beside the project, so: put it at ../shared and run make test;", err)
	}
	model, err := encode.Open(realModel, encode.Options{Device: "cpu", Precision: "f32"})
	if err != nil {
		t.Fatal(err)
	}
	m := &tower{Model: model, known: map[string][]float32{}}
	path := filepath.Join(os.TempDir(), "clipsearch-test-vectors-"+model.Info().ID[:16]+".gob")
	if file, err := os.Open(path); err == nil {
		err := gob.NewDecoder(file).Decode(&m.known)
		if file.Close(); err != nil {
			m.known = map[string][]float32{} // half written: encode again
		}
	}
	before := len(m.known)
	t.Cleanup(func() {
		model.Close()
		if len(m.known) > before {
			m.save(t, path)
		}
	})
	return m
}

func (m *tower) save(t *testing.T, path string) {
	file, err := os.CreateTemp(os.TempDir(), "clipsearch-test-*")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(gob.NewEncoder(file).Encode(m.known), file.Close(), os.Rename(file.Name(), path)); err != nil {
		t.Fatal(err)
	}
}

// EncodeTexts encodes what is not known, in batches.
func (m *tower) EncodeTexts(ctx context.Context, texts []string) ([][]float32, error) {
	var missing []string
	for _, text := range texts {
		if m.known["text "+text] == nil {
			missing = append(missing, text)
		}
	}
	for batch := range slices.Chunk(missing, towerBatch) {
		vectors, err := m.Model.EncodeTexts(ctx, batch)
		if err != nil {
			return nil, err
		}
		for i, v := range vectors {
			m.known["text "+batch[i]] = v
		}
	}
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		vectors[i] = m.known["text "+text]
	}
	return vectors, nil
}

// EncodeImage is not needed by these tests: pictures are encoded in batches, see readPictures.
func (m *tower) EncodeImage(context.Context, []byte) ([]float32, error) { return nil, ErrNoEncoder }

// encodeFiles makes the vectors of picture files known.
func (m *tower) encodeFiles(t *testing.T, paths []string) {
	t.Helper()
	paths = slices.DeleteFunc(slices.Clone(paths), func(path string) bool { return m.known["image "+path] != nil })
	for batch := range slices.Chunk(paths, towerBatch) {
		inputs := make([][]uint8, len(batch))
		for i, path := range batch {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			picture, err := imgio.Decode(data, index.DecodeOptions(m.InputSize()))
			if err != nil {
				t.Fatal(err)
			}
			inputs[i] = m.Prepare(picture.Image)
		}
		vectors, err := m.EncodePixels(t.Context(), inputs)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range vectors {
			m.known["image "+batch[i]] = v
		}
	}
}

// realPicture is a picture of a reference set with its lines: captions or labels.
type realPicture struct {
	path   string
	lines  []string
	vector []float32
}

// readPictures returns the pictures of a set in the order of its file, with their vectors.
func readPictures(t *testing.T, m *tower, set, file string) []realPicture {
	t.Helper()
	folder := filepath.Join(realData, set)
	content, err := os.ReadFile(filepath.Join(folder, file))
	if err != nil {
		t.Fatal(err)
	}
	var pictures []realPicture
	var paths []string
	for line := range strings.Lines(string(content)) {
		name, text, _ := strings.Cut(strings.TrimSpace(line), "\t")
		path := filepath.Join(folder, name)
		if n := len(pictures); n == 0 || pictures[n-1].path != path {
			pictures, paths = append(pictures, realPicture{path: path}), append(paths, path)
		}
		last := &pictures[len(pictures)-1]
		last.lines = append(last.lines, text)
	}
	m.encodeFiles(t, paths)
	for i := range pictures {
		pictures[i].vector = m.known["image "+pictures[i].path]
	}
	return pictures
}

// realEngine returns an engine with the real legs over pictures with the captions that keep lets pass; IDs count from 1.
func realEngine(t *testing.T, m *tower, pictures []realPicture, keep func(caption int) bool) *Engine {
	t.Helper()
	st, err := store.Open(filepath.Join(t.TempDir(), "library"), store.Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	if err := st.SetModel(t.Context(), store.Model{ID: m.Info().ID, Dims: m.Info().Dims}); err != nil {
		t.Fatal(err)
	}
	entries := make([]store.Entry, len(pictures))
	for i, p := range pictures {
		entries[i] = store.Entry{Vector: p.vector, Document: store.Document{Path: "/" + p.path, Format: "jpeg"}}
		for n, line := range p.lines {
			if keep(n) {
				entries[i].Captions = append(entries[i].Captions, store.Caption{Text: line})
			}
		}
	}
	if _, err := st.Put(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
	words, err := text.Open(t.Context(), t.TempDir(), st, text.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { words.Close() })
	vectors, err := vector.Load(t.Context(), st, vector.Auto)
	if err != nil {
		t.Fatal(err)
	}
	return New(Deps{Store: st, Text: words, Vectors: vectors, Encoder: m})
}
