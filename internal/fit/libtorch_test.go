package fit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const apiVersion = "include/torch/csrc/api/include/torch/version.h"

// versionHeader returns a version.h as libtorch has it.
func versionHeader(major, minor, patch int) string {
	return fmt.Sprintf("#pragma once\n\n/// Indicates the major version of LibTorch.\n#define TORCH_VERSION_MAJOR %d\n\n"+
		"#define TORCH_VERSION_MINOR %d\n\n#define TORCH_VERSION_PATCH %d\n", major, minor, patch)
}

// Parts of the symbol tables of a libc10.so of either kind.
const (
	newSymbols = "\x7fELF\x00_ZN3c105ErrorC1ENSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE\x00"
	oldSymbols = "\x7fELF\x00_ZN3c105ErrorC1ESs\x00_ZNSt7__cxx1119basic_ostringstream\x00"
)

// writeFiles makes files below a new folder and returns it.
func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestInspect(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		want  Libtorch // Root, Includes and Lib relative to the root
		err   error
	}{
		{"1.13 archive", map[string]string{apiVersion: versionHeader(1, 13, 1), "lib/libtorch_cpu.so": "", "lib/libc10.so": oldSymbols},
			Libtorch{Version: "1.13.1", Lib: "lib", OldABI: true}, nil},
		{"pip 2.15 with CUDA", map[string]string{
			apiVersion:                           "#include <torch/headeronly/version.h>\n",
			"include/torch/headeronly/version.h": versionHeader(2, 15, 0),
			"lib/libtorch_cpu.so":                "", "lib/libtorch_cuda.so": "", "lib/libc10.so": newSymbols,
		}, Libtorch{Version: "2.15.0", Lib: "lib", CUDA: true}, nil},
		{"prefix of a distribution", map[string]string{apiVersion: versionHeader(2, 6, 0),
			"lib/x86_64-linux-gnu/libtorch_cpu.so": "", "lib/x86_64-linux-gnu/libc10.so": newSymbols},
			Libtorch{Version: "2.6.0", Lib: "lib/x86_64-linux-gnu"}, nil},
		{"too old", map[string]string{apiVersion: versionHeader(1, 12, 1), "lib/libtorch_cpu.so": "", "lib/libc10.so": newSymbols},
			Libtorch{}, ErrOld},
		{"headers only", map[string]string{apiVersion: versionHeader(2, 1, 0)}, Libtorch{}, fs.ErrNotExist},
		{"libraries only", map[string]string{"lib/libtorch_cpu.so": "", "lib/libc10.so": newSymbols}, Libtorch{}, fs.ErrNotExist},
		{"empty", nil, Libtorch{}, fs.ErrNotExist},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			root := writeFiles(t, test.files)
			got, err := Inspect(root)
			if !errors.Is(err, test.err) {
				t.Fatalf("error %v, want %v", err, test.err)
			}
			if err != nil {
				return
			}
			want := test.want
			want.Root, want.Lib = root, filepath.Join(root, want.Lib)
			want.Includes = []string{filepath.Join(root, "include"), filepath.Join(root, "include/torch/csrc/api/include")}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("libtorch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseVersionUnknown(t *testing.T) {
	if _, err := parseVersion([]byte("#define SOMETHING 1\n")); err == nil || !strings.Contains(err.Error(), "version.h") {
		t.Errorf("error %v, want one that names version.h", err)
	}
}

// fakeTorch makes a libtorch that Inspect accepts, below a folder of the name.
func fakeTorch(t *testing.T, minor int) string {
	return writeFiles(t, map[string]string{apiVersion: versionHeader(2, minor, 0), "lib/libtorch_cpu.so": "", "lib/libc10.so": newSymbols})
}

func TestFind(t *testing.T) {
	given, env, pip := fakeTorch(t, 1), fakeTorch(t, 2), fakeTorch(t, 3)
	python := func(answer string) string {
		return writeFiles(t, map[string]string{"python3": "#!/bin/sh\necho '" + answer + "'\n"})
	}
	tests := []struct {
		name, root, env, path string
		want                  string // root; "" = an error that says where
	}{
		{"a given root wins", given, env, python(pip), given},
		{"then $LIBTORCH", "", env, python(pip), env},
		{"then pip's", "", "", python(pip), pip},
		{"$LIBTORCH without one is an error", "", t.TempDir(), python(pip), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("LIBTORCH", test.env)
			t.Setenv("PATH", test.path+":/bin")
			got, err := Find(t.Context(), test.root)
			if test.want == "" {
				if err == nil || !strings.Contains(err.Error(), "$LIBTORCH") {
					t.Errorf("error %v, want one that names $LIBTORCH", err)
				}
				return
			}
			if err != nil || got.Root != test.want {
				t.Errorf("found %q, %v, want %q", got.Root, err, test.want)
			}
		})
	}
}
