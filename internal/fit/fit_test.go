package fit

import (
	"archive/zip"
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// The C++ of a gotch in small: torch.h of smallTorch lacks torch::gone and torch::old.
var smallSources = map[string]string{
	"libtch/torch_api.h": `#include <stdexcept>
#include <torch/torch.h>
typedef int *tensor;
extern "C" {
#define PROTECT(x) try { x } catch (const std::exception &e) { }
int at_old(tensor self);
`,
	"libtch/torch_api_generated.h": "void atg_cat(tensor *out__);\nvoid atg_gone(tensor *out__);\n",
	"libtch/torch_api.cpp": `#include "torch_api.h"
#include "torch_api_generated.h"
int at_old(tensor self) {
  PROTECT(
    return torch::old(self);
  )
  return -1;
}
#include "torch_api_generated.cpp.h"
}
`,
	"libtch/torch_api_generated.cpp.h": `void atg_cat(tensor *out__) {
  PROTECT(torch::cat();)
}

void atg_gone(tensor *out__) {
  PROTECT(torch::gone();)
}
`,
	"libtch/lib.go": "package libtch\n\n// #cgo LDFLAGS: -lcuda\nimport \"C\"\n",
}

func smallTorch(t *testing.T) string {
	return writeFiles(t, map[string]string{
		apiVersion: versionHeader(2, 15, 0), "lib/libtorch_cpu.so": "", "lib/libc10.so": newSymbols,
		"include/torch/torch.h": "#if __cplusplus < 202002L\n#error C++20 or later compatible compiler is required.\n#endif\nnamespace torch { inline void cat() {} }\n",
	})
}

// smallProxy makes a module proxy that serves the small gotch as v0.9.1 and points go to it.
func smallProxy(t *testing.T) {
	t.Helper()
	goMod := "module " + gotchPath + "\n\ngo 1.20\n"
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	add := func(name, text string) {
		w, err := z.Create(gotchPath + "@v0.9.1/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	add("go.mod", goMod)
	add("example/huge/main.go", "package main\n")
	for _, files := range []map[string]string{smallGotch, smallSources} {
		for name, text := range files {
			add(name, text)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	proxy := writeFiles(t, map[string]string{
		gotchPath + "/@v/v0.9.1.info": `{"Version":"v0.9.1"}`,
		gotchPath + "/@v/v0.9.1.mod":  goMod,
		gotchPath + "/@v/v0.9.1.zip":  archive.String(),
	})
	t.Setenv("GOPROXY", "file://"+proxy)
	t.Setenv("GOSUMDB", "off")
	t.Setenv("GOMODCACHE", t.TempDir())
	t.Setenv("GOFLAGS", "-modcacherw -mod=mod")
}

func needCompiler(t *testing.T) {
	t.Helper()
	for _, tool := range []string{"go", "g++"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%v; to run this: sudo apt-get install g++", err)
		}
	}
}

func smallCheckout(t *testing.T, code string) string {
	return writeFiles(t, map[string]string{
		"go.mod": "module small\n\ngo 1.26.0\n\nrequire " + gotchPath + " v0.9.1\n",
		"a.go":   "package small\n\nimport \"" + gotchPath + "/ts\"\n\n" + code + "\n",
	})
}

func TestRun(t *testing.T) {
	needCompiler(t)
	smallProxy(t)
	var messages bytes.Buffer
	o := Options{
		Checkout: smallCheckout(t, "var _ = ts.Cat"),
		Cache:    filepath.Join(t.TempDir(), "cache"),
		Libtorch: smallTorch(t),
		Messages: &messages,
	}
	result, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if result.Cached || result.Record.Standard != "c++20" || len(result.Record.Cut) != 2 || result.Record.Functions != 3 {
		t.Errorf("result %+v, want 2 of 3 functions cut, C++20, not from the cache", result)
	}
	if want := "cut 2 of gotch's 3 functions"; !strings.Contains(messages.String(), want) {
		t.Errorf("messages lack %q:\n%s", want, &messages)
	}
	assertContains(t, result.WorkFile, "go 1.26.0\n", "use \""+o.Checkout+"\"\n", gotchPath+" v0.9.1 => \""+result.Gotch+"\"\n")
	assertContains(t, filepath.Join(result.Gotch, "libtch", "lib.go"), "-std=c++20", "-L"+o.Libtorch+"/lib")
	assertContains(t, filepath.Join(result.Gotch, "libtch", generatedSource), "torch::cat();", "atg_gone: libtorch 2.15.0 lacks")
	if _, err := os.Stat(filepath.Join(result.Gotch, "example")); err == nil {
		t.Error("the examples were copied")
	}
	messages.Reset()
	again, err := Run(t.Context(), o)
	if err != nil || !again.Cached || again.WorkFile != result.WorkFile || messages.Len() > 0 {
		t.Errorf("second run %+v, %v, said %q; want the same from the cache, in silence", again, err, &messages)
	}
}

func assertContains(t *testing.T, path string, parts ...string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range parts {
		if !strings.Contains(string(text), part) {
			t.Errorf("%s lacks %q:\n%s", path, part, text)
		}
	}
}

func TestRunNamesCallsThatWereCut(t *testing.T) {
	needCompiler(t)
	smallProxy(t)
	o := Options{
		Checkout: smallCheckout(t, "func f(x *ts.Tensor) { x.MustGone() }"),
		Cache:    t.TempDir(),
		Libtorch: smallTorch(t),
	}
	for _, run := range []string{"fitting", "cached"} {
		_, err := Run(t.Context(), o)
		if e := (*CutError)(nil); !errors.As(err, &e) || e.Calls[0].Function != "atg_gone" || e.Calls[0].Position != "a.go:5" {
			t.Errorf("%s: error %v, want a CutError for atg_gone at a.go:5", run, err)
		}
	}
}

func TestRunReportsWhatNoCutMends(t *testing.T) {
	needCompiler(t)
	smallProxy(t)
	torch := smallTorch(t)
	if err := os.Remove(filepath.Join(torch, "include/torch/torch.h")); err != nil {
		t.Fatal(err)
	}
	cache := t.TempDir()
	_, err := Run(t.Context(), Options{Checkout: smallCheckout(t, ""), Cache: cache, Libtorch: torch})
	if e := (*CompileError)(nil); !errors.As(err, &e) || !strings.Contains(err.Error(), "torch/torch.h: No such file") {
		t.Errorf("error %v, want a CompileError that names torch/torch.h", err)
	}
	left, err := filepath.Glob(filepath.Join(cache, "*gotch*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A fit that was interrupted leaves no record; the copy is made anew, once, however many ask for it.
func TestRunTogetherAfterAnInterruptedFit(t *testing.T) {
	needCompiler(t)
	smallProxy(t)
	o := Options{Checkout: smallCheckout(t, ""), Cache: t.TempDir(), Libtorch: smallTorch(t)}
	torch, err := Inspect(o.Libtorch)
	if err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(o.Cache, copyName("v0.9.1", torch), "libtch")
	if err := os.MkdirAll(half, 0o755); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	fitted := make(chan bool, 3)
	for range cap(fitted) {
		wait.Go(func() {
			result, err := Run(t.Context(), o)
			if err != nil {
				t.Error(err)
				return
			}
			fitted <- !result.Cached
		})
	}
	wait.Wait()
	close(fitted)
	count := 0
	for fit := range fitted {
		if fit {
			count++
		}
	}
	if count != 1 {
		t.Errorf("%d of 3 runs fitted, want 1", count)
	}
}

func TestRunOutsideAModule(t *testing.T) {
	_, err := Run(t.Context(), Options{Checkout: t.TempDir(), Cache: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "not the root of a Go module") {
		t.Errorf("error %v, want one that says where to run it", err)
	}
}
