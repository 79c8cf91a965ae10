package checkpoint

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// safetensorsFile returns a file of that header with size bytes of data.
func safetensorsFile(header string, size int) []byte {
	data := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(data, header...), make([]byte, size)...)
}

// headerFaults are headers that lie, each about 8 bytes of data.
var headerFaults = []struct {
	name, header string
	want         error
	parts        []string
}{
	{"not JSON", `{"a":`, ErrCorrupt, nil},
	{"a list", `[]`, ErrCorrupt, []string{"not a JSON object"}},
	{"nothing", ``, ErrCorrupt, nil},
	{"null", `{"a":null}`, ErrCorrupt, []string{"tensor a"}},
	{"no shape", `{"a":{"dtype":"F32","data_offsets":[0,8]}}`, ErrCorrupt, []string{"tensor a", "lacks"}},
	{"one offset", `{"a":{"dtype":"F32","shape":[2],"data_offsets":[8]}}`, ErrCorrupt, []string{"tensor a"}},
	{"unknown type", `{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,8]}}`, ErrUnsupported, []string{"tensor a", `"F4"`}},
	{"shape too small", `{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}`, ErrCorrupt, []string{"tensor a", "shape [1]"}},
	{"shape too large", `{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}`, ErrCorrupt, []string{"tensor a", "shape [3]"}},
	{"negative shape", `{"a":{"dtype":"F32","shape":[-1,-2],"data_offsets":[0,8]}}`, ErrCorrupt, []string{"tensor a"}},
	{"shape that overflows", `{"a":{"dtype":"F32","shape":[4294967296,4294967296,2],"data_offsets":[0,8]}}`, ErrCorrupt, []string{"tensor a"}},
	{"shape beyond integers", `{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}}`, ErrCorrupt, []string{"tensor a"}},
	{"fractional shape", `{"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}`, ErrCorrupt, []string{"tensor a"}},
	{"offsets backwards", `{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}`, ErrCorrupt, []string{"tensor a", "8 to 0"}},
	{"negative offset", `{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}`, ErrCorrupt, []string{"tensor a"}},
	{"beyond the end", `{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}`, ErrCorrupt, []string{"tensor a", "cut short"}},
	{"huge", `{"a":{"dtype":"F32","shape":[2305843009213693951],"data_offsets":[0,9223372036854775804]}}`, ErrCorrupt, []string{"tensor a"}},
	{"overlap", `{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, ErrCorrupt, []string{"tensor b", "overlaps that of a"}},
	{"twice the same bytes", `{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, ErrCorrupt, []string{"overlaps"}},
	{"hole at the start", `{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, ErrCorrupt, []string{"tensor a", "4 bytes before"}},
	{"hole at the end", `{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, ErrCorrupt, []string{"4 bytes at the end"}},
	{"no tensors", `{}`, ErrCorrupt, []string{"8 bytes at the end"}},
	{"a name twice", `{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, ErrCorrupt, []string{"tensor a", "listed twice"}},
	{"something behind", `{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} x`, ErrCorrupt, nil},
}

func TestSafetensorsFaults(t *testing.T) {
	for _, test := range headerFaults {
		t.Run(test.name, func(t *testing.T) {
			_, err := parseSafetensors("dir/x.safetensors", safetensorsFile(test.header, 8))
			checkFault(t, err, test.want, append(test.parts, "dir/x.safetensors")...)
		})
	}
	for name, data := range map[string][]byte{
		"empty": {}, "short": {1, 2, 3}, "length only": make([]byte, 8),
		"header longer than the file": safetensorsFile(`{}`, 0)[:9],
		"header of 2⁶⁴ bytes":         binary.LittleEndian.AppendUint64(nil, math.MaxUint64),
		"LFS pointer":                 []byte("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"),
		"pickle":                      []byte("PK\x03\x04 and so on and on"),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseSafetensors("x", data)
			checkFault(t, err, ErrCorrupt)
		})
	}
}

func TestSafetensorsReads(t *testing.T) {
	header := `{ "__metadata__":{"format":"pt"}, "b":{"dtype":"F16","shape":[2,1],"data_offsets":[4,8]}, "none":{"dtype":"I64","shape":[0,3],"data_offsets":[4,4]}, "a":{"dtype":"F32","shape":[],"data_offsets":[0,4]} }   `
	entries, err := parseSafetensors("x", safetensorsFile(header, 8))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a", "b", "none"}, sortedKeys(entries)); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if b := entries["b"]; b.dtype != "F16" || len(b.data) != 4 || !cmp.Equal(b.shape, []int{2, 1}) {
		t.Errorf("b is %v", b)
	}
}

func TestWriteSafetensors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.safetensors")
	tensors := []Tensor{
		{"scalar", F32, nil, []byte{1, 2, 3, 4}},
		{`a "quoted" <näme>`, BF16, []int{1, 3}, []byte{1, 2, 3, 4, 5, 6}},
		{"empty", F16, []int{0}, nil},
	}
	if err := WriteSafetensors(path, tensors, map[string]string{"format": "pt"}); err != nil {
		t.Fatal(err)
	}
	data := readFile(t, path)
	if n := binary.LittleEndian.Uint64(data); n%8 != 0 {
		t.Errorf("header of %d bytes, which leaves the data unaligned", n)
	}
	entries, err := parseSafetensors(path, data)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range tensors {
		got := entries[want.Name]
		if got.dtype != want.DType.String() || len(got.shape) != len(want.Shape) || string(got.data) != string(want.Data) {
			t.Errorf("%s: %v, want %v", want.Name, got, want)
		}
	}
}

func TestWriteSafetensorsRefuses(t *testing.T) {
	broken := errors.New("disk is full")
	two := []tensorInfo{{"a", F32, []int{2}}, {"b", F32, []int{2}}}
	for _, test := range []struct {
		name  string
		infos []tensorInfo
		fill  func(int, io.Writer) error
		says  string
	}{
		{"a name twice", append(two, two[0]), nil, "tensor a: its name is taken"},
		{"the metadata's name", []tensorInfo{{metadataKey, F32, nil}}, nil, "taken"},
		{"too few data", two, func(i int, w io.Writer) error { _, err := w.Write(make([]byte, 8-i)); return err }, "tensor b: 7 bytes"},
		{"broken", two, func(i int, w io.Writer) error { return broken }, "disk is full"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "x")
			writeFile(t, path, []byte("before"))
			err := writeSafetensors(path, test.infos, nil, test.fill)
			if err == nil || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v, want one about %s that says %q", err, path, test.says)
			}
			if got := string(readFile(t, path)); got != "before" {
				t.Errorf("the file that was there is now %q", got)
			}
			if left, _ := os.ReadDir(dir); len(left) != 1 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// checkEntries fails the test if an entry cannot be read as its shape says.
func checkEntries(t *testing.T, entries map[string]entry) {
	for name, e := range entries {
		size := safetensorsSizes[e.dtype]
		n, ok := elementsWithin(e.shape, 1<<20)
		if !ok {
			continue // strides of zero make little data a large tensor; fit compares shapes first
		}
		if got := len(e.rowMajor(size)); got != n*size {
			t.Errorf("tensor %q has %d bytes, its shape %v of %s %d", name, got, e.shape, e.dtype, n*size)
		}
	}
}

func FuzzSafetensors(f *testing.F) {
	for _, test := range headerFaults {
		f.Add(safetensorsFile(test.header, 8))
	}
	f.Add(safetensorsFile(`{"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"__metadata__":{"format":"pt"}}`, 8))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := parseSafetensors("x", data)
		if err != nil {
			checkFuzzed(t, err)
			return
		}
		checkEntries(t, entries)
	})
}

// checkFuzzed fails the test unless a parser's error is an *Error of a known kind.
func checkFuzzed(t *testing.T, err error) {
	var fault *Error
	if !errors.As(err, &fault) || !(errors.Is(err, ErrCorrupt) || errors.Is(err, ErrUnsupported) || errors.Is(err, ErrConfig) || errors.Is(err, ErrMisfit)) {
		t.Errorf("error without a kind: %v", err)
	}
}
