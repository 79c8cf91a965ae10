package checkpoint

import (
	"encoding/json"
	"path/filepath"
	"testing"
)

// sharded makes a directory whose weights lie in two files with an index.
func sharded(t *testing.T, from string) (dir string, index map[string]string) {
	t.Helper()
	dir = copyFiles(t, from, configFile, vocabFile, mergesFile, preprocessorFile)
	weights := weightsIn(t, from)
	index = map[string]string{}
	for i, part := range [][]Tensor{weights[:20], weights[20:]} {
		name := []string{"model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"}[i]
		saveWeights(t, filepath.Join(dir, name), part)
		for _, w := range part {
			index[w.Name] = name
		}
	}
	writeIndex(t, dir, index)
	return dir, index
}

func writeIndex(t *testing.T, dir string, index map[string]string) {
	t.Helper()
	data, err := json.Marshal(map[string]any{"metadata": map[string]int{"total_size": 1}, "weight_map": index})
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "model.safetensors.index.json"), data)
}

func TestShardsAreOneModel(t *testing.T) {
	from := created(t, 1, F32)
	dir, _ := sharded(t, from)
	a, b := opened(t, from), opened(t, dir)
	if a.ID != b.ID || len(b.Files) != 2 {
		t.Errorf("ID %s from %v, want %s", b.ID, b.Files, a.ID)
	}
	sameWeights(t, weightsIn(t, from), weightsIn(t, dir))
}

func TestShardsRefuse(t *testing.T) {
	const one, two = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
	from := created(t, 1, F32)
	for _, test := range []struct {
		name  string
		edit  func(dir string, index map[string]string)
		want  error
		parts []string
	}{
		{"a shard is missing", func(dir string, index map[string]string) { remove(t, filepath.Join(dir, two)) }, nil, []string{two}},
		{"a shard is damaged", func(dir string, index map[string]string) { writeFile(t, filepath.Join(dir, two), []byte("x")) }, ErrCorrupt, []string{two}},
		{"not in the index", func(dir string, index map[string]string) { delete(index, logitScale) }, ErrMisfit, []string{one, logitScale, "does not list"}},
		{"in the other shard", func(dir string, index map[string]string) { index[logitScale] = two }, ErrMisfit, []string{one, logitScale}},
		{"in no shard", func(dir string, index map[string]string) { index["more"] = one }, ErrMisfit, []string{one, "more", "missing"}},
		{"outside", func(dir string, index map[string]string) { index[logitScale] = "../x" }, ErrCorrupt, []string{"index.json", `"../x"`}},
		{"nowhere", func(dir string, index map[string]string) { index[logitScale] = "" }, ErrCorrupt, []string{"index.json", logitScale}},
		{"no map", func(dir string, index map[string]string) { clear(index) }, ErrCorrupt, []string{"index.json", "no tensors"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir, index := sharded(t, from)
			test.edit(dir, index)
			writeIndex(t, dir, index)
			_, err := Open(dir)
			if test.want == nil {
				test.want = err // any, as long as it is there
			}
			checkFault(t, err, test.want, test.parts...)
		})
	}
}

func TestShardTwice(t *testing.T) {
	a := entry{file: "dir/a", dtype: "F32"}
	files := weightFiles{
		{path: "dir/a", entries: map[string]entry{"w": a}},
		{path: "dir/b", entries: map[string]entry{"w": a}},
	}
	_, err := files.merge()
	checkFault(t, err, ErrCorrupt, "dir/b", "tensor w", "in a as well")
}

func FuzzShardIndex(f *testing.F) {
	for _, seed := range []string{`{"weight_map": {"a": "b.safetensors"}}`, `{"weight_map": {"a": "../b"}}`, `{"weight_map": []}`, `{}`, `{"weight_map": {"a": 1}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, names, err := parseShardIndex("dir/index.json", data)
		if err != nil {
			checkFuzzed(t, err)
			return
		}
		for _, name := range names {
			if filepath.Dir(filepath.Join("dir", name)) != "dir" {
				t.Errorf("%q is not beside the index", name)
			}
		}
	})
}
