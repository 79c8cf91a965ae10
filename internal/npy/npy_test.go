package npy

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRoundTrip(t *testing.T) {
	rows := [][]float32{{1, -0.5, 0.25}, {0, 2, 1024}, {3, 4, 5}}
	for _, dtype := range []DType{F16, F32} {
		t.Run(string(dtype), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "m.npy")
			w, err := Create(path, 3, dtype)
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range rows {
				if err := w.Append(row); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Append([]float32{1}); err == nil {
				t.Error("a short row is accepted")
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			f, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if f.Rows != 3 || f.Cols != 3 || f.DType != dtype {
				t.Errorf("read %d×%d of %s", f.Rows, f.Cols, f.DType)
			}
			got := make([]float32, 6)
			if err := f.Read(1, got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]float32{0, 2, 1024, 3, 4, 5}, got); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if err := f.Read(2, got); err == nil {
				t.Error("rows beyond the end are read")
			}
			if err := f.ReadInts(0, make([]int32, 3)); !errors.Is(err, ErrUnsupported) {
				t.Errorf("integers of a matrix of floats: %v", err)
			}
		})
	}
}

// file writes an npy file of version 1.0 with a header and content and returns its path.
func file(t *testing.T, header, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "m.npy")
	text := "\x93NUMPY\x01\x00" + string([]byte{byte(len(header)), byte(len(header) >> 8)}) + header + content
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpenRefuses(t *testing.T) {
	const good = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }\n"
	tests := []struct {
		name, header, content string
		want                  error
	}{
		{"too short", good, "1234567", ErrFormat},
		{"doubles", strings.Replace(good, "<f4", "<f8", 1), strings.Repeat("x", 16), ErrUnsupported},
		{"big-endian", strings.Replace(good, "<f4", ">f4", 1), "12345678", ErrUnsupported},
		{"Fortran's order", strings.Replace(good, "False", "True", 1), "12345678", ErrUnsupported},
		{"three dimensions", strings.Replace(good, "(1, 2)", "(1, 2, 3)", 1), strings.Repeat("x", 24), ErrUnsupported},
		{"overflow", strings.Replace(good, "(1, 2)", "(9000000000000000000, 512)", 1), "", ErrFormat},
		{"no columns", strings.Replace(good, "(1, 2)", "(5, 0)", 1), "", ErrFormat},
		{"objects", strings.Replace(good, "<f4", "|O", 1), "12345678", ErrUnsupported},
		{"no dictionary", "hello", "", ErrFormat},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := file(t, test.header, test.content)
			if _, err := Open(path); !errors.Is(err, test.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error is %v, want %v with the file's name", err, test.want)
			}
		})
	}
	f, err := Open(file(t, good, "\x00\x00\x80\x3f\x00\x00\x00\x40"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got := make([]float32, 2)
	if err := f.Read(0, got); err != nil || got[0] != 1 || got[1] != 2 {
		t.Errorf("read %v, %v", got, err)
	}
}

func TestReadsReferenceFiles(t *testing.T) {
	const emb = "../../../shared/data/emb/"
	if _, err := os.Stat(emb); err != nil {
		t.Skip("the reference data is not beside the project, so: put it at ../shared and run make test;", err)
	}
	for name, want := range map[string][2]int{"images_50k_f16.npy": {50000, 512}, "texts_lvis_f32.npy": {1203, 512}, "gt_text_top100_i32.npy": {1203, 100}} {
		f, err := Open(emb + name)
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]int{f.Rows, f.Cols}; got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte("\x93NUMPY\x01\x00\x3c\x00{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }\n12345678"))
	f.Add([]byte("\x93NUMPY\x02\x00\xff\xff\xff\xff"))
	f.Add([]byte(""))
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), "m.npy")
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		m, err := Open(path)
		if err != nil {
			return
		}
		defer m.Close()
		if m.Rows > 0 && m.DType != I32 {
			if err := m.Read(m.Rows-1, make([]float32, m.Cols)); err != nil {
				t.Errorf("the last row of %d×%d: %v", m.Rows, m.Cols, err)
			}
		}
	})
}
