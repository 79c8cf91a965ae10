package checkpoint

import (
	"bytes"
	"encoding/binary"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTorchFileIsTheSameModel(t *testing.T) {
	for _, dtype := range []DType{F32, F16, BF16} {
		dir := created(t, 1, dtype)
		pickled := copyFiles(t, dir, configFile, vocabFile, mergesFile, preprocessorFile)
		want := weightsIn(t, dir)
		writeFile(t, filepath.Join(pickled, "pytorch_model.bin"), torchFile(t, want))
		sameWeights(t, want, weightsIn(t, pickled))
		if a, b := opened(t, dir).ID, opened(t, pickled).ID; a != b {
			t.Errorf("IDs %s and %s", a, b)
		}
	}
}

// TestTorchViews reads tensors that share a storage, out of order.
func TestTorchViews(t *testing.T) {
	var data []byte
	for i := range 8 {
		data = binary.LittleEndian.AppendUint16(data, uint16(i))
	}
	storage := pyStorage{"F16", "0", 8}
	archive := torchArchive(t, map[string][]byte{
		"data/0": data,
		"data.pkl": pickleTable([]string{"whole", "transposed", "row", "last", "none", "same"}, []pyTensor{
			{storage, 0, []int{2, 4}, []int{4, 1}},
			{storage, 0, []int{4, 2}, []int{1, 4}},
			{storage, 4, []int{4}, []int{1}},
			{storage, 7, []int{}, []int{}},
			{storage, 8, []int{0, 5}, []int{5, 1}},
			{storage, 3, []int{3}, []int{0}},
		}),
	})
	entries, err := parseTorch("x", archive)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]uint16{}
	for name, e := range entries {
		got[name] = []uint16{}
		for b := e.rowMajor(2); len(b) > 0; b = b[2:] {
			got[name] = append(got[name], binary.LittleEndian.Uint16(b))
		}
	}
	want := map[string][]uint16{
		"whole": {0, 1, 2, 3, 4, 5, 6, 7}, "transposed": {0, 4, 1, 5, 2, 6, 3, 7}, "row": {4, 5, 6, 7},
		"last": {7}, "none": {}, "same": {3, 3, 3},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTorchFaults(t *testing.T) {
	good := pyTensor{pyStorage{"F32", "0", 4}, 0, []int{2, 2}, []int{2, 1}}
	table := func(edit func(*pyTensor)) []byte {
		v := good
		edit(&v)
		return torchArchive(t, map[string][]byte{"data/0": make([]byte, 16), "data.pkl": pickleTable([]string{"w"}, []pyTensor{v})})
	}
	program := func(data string) []byte { return torchArchive(t, map[string][]byte{"data.pkl": []byte(data)}) }
	sound := table(func(*pyTensor) {})
	for _, test := range []struct {
		name  string
		data  []byte
		want  error
		parts []string
	}{
		{"empty", nil, ErrCorrupt, []string{"empty"}},
		{"cut short", sound[:len(sound)-30], ErrCorrupt, []string{"cut short"}},
		{"not a zip", []byte("weights, honestly"), ErrCorrupt, []string{"not a file of torch.save"}},
		{"LFS pointer", []byte("version https://git-lfs.github.com/spec/v1"), ErrCorrupt, []string{"LFS"}},
		{"legacy", append(bytes.Clone(legacyTorch), '.'), ErrUnsupported, []string{"before 1.6"}},
		{"TorchScript", torchArchive(t, map[string][]byte{"data.pkl": nil, "constants.pkl": nil}), ErrUnsupported, []string{"TorchScript"}},
		{"no pickle", torchArchive(t, map[string][]byte{"version": nil}), ErrCorrupt, []string{"no data.pkl"}},
		{"big endian", torchArchive(t, map[string][]byte{"byteorder": []byte("big"), "data.pkl": nil}), ErrUnsupported, []string{`"big"`}},
		{"compressed pickle of nothing", compressed(t, "data.pkl", nil), ErrCorrupt, []string{"data.pkl"}},
		{"compressed bomb", compressed(t, "data.pkl", make([]byte, maxPickle+1)), ErrCorrupt, []string{"data.pkl"}},
		{"a number", program("\x80\x02K\x01."), ErrUnsupported, []string{"a number, not a table"}},
		{"a table of numbers", program("\x80\x02}X\x01\x00\x00\x00aK\x01s."), ErrUnsupported, []string{"tensor a", "a number"}},
		{"a name that is a number", program("\x80\x02}K\x01K\x01s."), ErrUnsupported, []string{"a number for a name"}},
		{"malicious", program("\x80\x02cos\nsystem\nX\x02\x00\x00\x00id\x85R."), ErrUnsupported, []string{"os.system", "nothing was run"}},
		{"no storage", table(func(v *pyTensor) { v.storage.key = "../0" }), ErrCorrupt, []string{"tensor w", "data/../0"}},
		{"storage of another size", table(func(v *pyTensor) { v.storage.count = 5 }), ErrCorrupt, []string{"tensor w", "16 bytes, not 5"}},
		{"beyond the storage", table(func(v *pyTensor) { v.offset = 1 }), ErrCorrupt, []string{"tensor w", "beyond its storage"}},
		{"offset beyond the storage", table(func(v *pyTensor) { v.offset, v.shape = 5, []int{0, 2} }), ErrCorrupt, []string{"tensor w"}},
		{"strides beyond the storage", table(func(v *pyTensor) { v.strides = []int{3, 1} }), ErrCorrupt, []string{"tensor w", "beyond its storage"}},
		{"strides that overflow", table(func(v *pyTensor) {
			v.shape, v.strides = []int{1 << 30, 1 << 30, 1 << 30}, []int{1 << 30, 1 << 30, 1 << 30}
		}), ErrCorrupt, []string{"tensor w", "beyond its storage"}},
		{"negative shape", table(func(v *pyTensor) { v.shape = []int{-2, -2} }), ErrCorrupt, []string{"data.pkl"}},
		{"rank without end", table(func(v *pyTensor) { v.shape, v.strides = make([]int, 99), make([]int, 99) }), ErrCorrupt, []string{"data.pkl"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := parseTorch("dir/pytorch_model.bin", test.data)
			checkFault(t, err, test.want, append(test.parts, "dir/pytorch_model.bin")...)
		})
	}
	if _, err := parseTorch("x", sound); err != nil {
		t.Errorf("the sound file: %v", err)
	}
}

func TestTorchTwice(t *testing.T) {
	v := pyTensor{pyStorage{"F32", "0", 1}, 0, []int{1}, []int{1}}
	archive := torchArchive(t, map[string][]byte{"data/0": make([]byte, 4), "data.pkl": pickleTable([]string{"w", "w"}, []pyTensor{v, v})})
	_, err := parseTorch("x", archive)
	checkFault(t, err, ErrCorrupt, "tensor w", "listed twice")
}

// TestHugeViewIsRefused: a tensor that repeats one number does not fit where its
// shape does not, and is never laid out.
func TestHugeViewIsRefused(t *testing.T) {
	dir := created(t, 1, F32)
	pickled := copyFiles(t, dir, configFile, vocabFile, mergesFile)
	records := map[string][]byte{"data/0": make([]byte, 4)}
	records["data.pkl"] = pickleTable([]string{logitScale}, []pyTensor{{pyStorage{"F32", "0", 1}, 0, []int{1 << 30, 1 << 30}, []int{0, 0}}})
	writeFile(t, filepath.Join(pickled, "pytorch_model.bin"), torchArchive(t, records))
	_, err := Open(pickled)
	checkFault(t, err, ErrMisfit, logitScale, "shape")
}

func FuzzTorch(f *testing.F) {
	v := pyTensor{pyStorage{"F32", "0", 4}, 0, []int{2, 2}, []int{1, 2}}
	f.Add(torchArchive(f, map[string][]byte{"data/0": make([]byte, 16), "data.pkl": pickleTable([]string{"w"}, []pyTensor{v}), "byteorder": []byte("little")}))
	f.Add(compressed(f, "data.pkl", []byte("\x80\x02}.")))
	f.Add(append(bytes.Clone(legacyTorch), '.'))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := parseTorch("x", data)
		if err != nil {
			checkFuzzed(t, err)
			return
		}
		checkEntries(t, entries)
	})
}

// FuzzTorchPickle varies the pickle inside a sound archive.
func FuzzTorchPickle(f *testing.F) {
	v := pyTensor{pyStorage{"F16", "0", 8}, 0, []int{2, 2}, []int{1, 2}}
	f.Add(pickleTable([]string{"w"}, []pyTensor{v}))
	for _, p := range pickles {
		f.Add([]byte(p.program))
	}
	f.Fuzz(func(t *testing.T, program []byte) {
		entries, err := parseTorch("x", torchArchive(t, map[string][]byte{"data/0": []byte(strings.Repeat("ab", 8)), "data.pkl": program}))
		if err != nil {
			checkFuzzed(t, err)
			return
		}
		checkEntries(t, entries)
	})
}
