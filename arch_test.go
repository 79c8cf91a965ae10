package main

import (
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rooms says which packages of this module each package may import, tests left out. A package that is not listed may not
// exist: add it here together with its sentence in ARCHITECTURE.md.
var rooms = map[string][]string{
	".":                         {"assets", "internal/cli"},
	"assets":                    {},
	"encode":                    {"encode/checkpoint", "encode/pixel", "encode/token", "encode/torch", "internal/vec"},
	"encode/checkpoint":         {"assets", "encode/pixel", "encode/token", "internal/regular", "internal/vec"},
	"encode/encodetest":         {"internal/vec"},
	"encode/pixel":              {"internal/resample"},
	"encode/token":              {},
	"encode/torch":              {"encode/checkpoint", "encode/pixel"},
	"eval":                      {"internal/vec", "search"},
	"explore":                   {"index/store", "internal/vec"},
	"index":                     {"index/captions", "index/store", "internal/imgio", "internal/progress", "internal/regular", "internal/scan"},
	"index/captions":            {"internal/regular"},
	"index/exchange":            {"index/captions", "index/store", "internal/npy", "internal/progress", "internal/regular"},
	"index/store":               {"internal/regular", "internal/vec"},
	"index/text":                {"index/store", "internal/vec"},
	"index/vector":              {"index/store", "index/vector/hnsw", "index/vector/kernel", "internal/pages", "internal/parallel", "internal/vec"},
	"index/vector/hnsw":         {"internal/pages", "internal/parallel"},
	"index/vector/kernel":       {},
	"internal/cli":              {"assets", "encode", "encode/checkpoint", "encode/pixel", "eval", "explore", "index", "index/captions", "index/exchange", "index/store", "index/text", "index/vector", "internal/handover", "internal/hub", "internal/imgio", "internal/jobs", "internal/npy", "internal/progress", "internal/regular", "internal/report", "internal/scan", "internal/vec", "locate", "search", "tune", "ui"},
	"internal/fit":              {},
	"internal/fit/cmd/fitgotch": {"internal/fit"},
	"internal/handover":         {},
	"internal/hub":              {"internal/progress"},
	"internal/imgio":            {"internal/resample"},
	"internal/jobs":             {"internal/progress"},
	"internal/npy":              {"internal/regular", "internal/vec"},
	"internal/pages":            {},
	"internal/parallel":         {},
	"internal/progress":         {},
	"internal/regular":          {},
	"internal/report":           {},
	"internal/resample":         {},
	"internal/scan":             {"internal/regular"},
	"internal/vec":              {},
	"locate":                    {"internal/resample", "internal/vec"},
	"search":                    {"index/store", "index/text", "index/vector", "internal/vec"},
	"tune":                      {"encode/checkpoint", "internal/resample"},
	"ui":                        {"assets", "explore", "internal/jobs", "internal/report", "search"},
}

// keepers are the heavy libraries and sharp tools, each with the packages that may import it.
var keepers = map[string][]string{
	"C":                             {"encode/torch", "internal/imgio"},
	"unsafe":                        {"encode/torch", "internal/imgio", "internal/pages"}, // memory that C or the system owns
	"net":                           {"internal/cli", "internal/handover", "internal/hub", "ui"},
	"flag":                          {"internal/cli", "internal/fit/cmd/fitgotch"},
	"golang.org/x/term":             {"internal/cli"},
	"github.com/sugarme/gotch":      {"encode/torch"},
	"github.com/bep/imagemeta":      {"internal/imgio"},
	"github.com/blevesearch":        {"index/text"},
	"go.etcd.io/bbolt":              {"index/store"},
	"github.com/a-h/templ":          {"ui"},
	"github.com/dustin/go-humanize": {"internal/cli", "ui"},
	"github.com/fsnotify/fsnotify":  {"internal/scan"},
}

// TestImports holds the rooms' doors shut: it reads the imports of every Go file, whatever its build tags, tests apart.
func TestImports(t *testing.T) {
	files := 0
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name := entry.Name(); path != "." && (strings.HasPrefix(name, ".") || name == "testdata" || isModule(path)) {
				return fs.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			files++
			checkFile(t, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < len(rooms) {
		t.Errorf("only %d files for %d rooms: the walk missed some", files, len(rooms))
	}
}

// isModule reports whether a folder holds a module of its own, which the program does not depend on.
func isModule(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, "go.mod"))
	return err == nil
}

// checkFile reports the imports of one file that the tables forbid.
func checkFile(t *testing.T, path string) {
	t.Helper()
	room := filepath.ToSlash(filepath.Dir(path))
	allowed, known := rooms[room]
	if !known {
		t.Errorf("%s: the package %s has no room in arch_test.go", path, room)
		return
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Errorf("%s: %v", path, err)
		return
	}
	for _, spec := range file.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if own, ok := strings.CutPrefix(name, "clipsearch/"); ok && !slices.Contains(allowed, own) {
			t.Errorf("%s: %s may not import %s", path, room, own)
		}
		for heavy, allowed := range keepers {
			if (name == heavy || strings.HasPrefix(name, heavy+"/")) && !slices.Contains(allowed, room) {
				t.Errorf("%s: only %v may import %s", path, allowed, heavy)
			}
		}
	}
}

// callers are the functions and types by which a program reaches another machine, with the packages that may use them.
var callers = map[string][]string{
	"http.Client": {"internal/hub"}, "http.DefaultClient": {"internal/hub"}, "http.Transport": {"internal/hub"}, "http.DefaultTransport": {"internal/hub"},
	"http.Get": nil, "http.Head": nil, "http.Post": nil, "http.PostForm": nil,
	"http.NewRequest": {"internal/hub"}, "http.NewRequestWithContext": {"internal/hub"},
	"net.Dial": nil, "net.DialTCP": nil, "net.DialUDP": nil, "net.DialTimeout": {"internal/handover"}, "net.DialUnix": {"internal/handover"}, "net.Dialer": {"internal/handover"}, // sockets of this machine
	"net.LookupHost": nil, "net.LookupIP": nil, "net.Resolver": nil,
}

// TestOffline holds that nothing but the download of models uses the network.
func TestOffline(t *testing.T) {
	used := make(map[string]bool)
	for room := range rooms {
		paths, err := filepath.Glob(filepath.Join(filepath.FromSlash(room), "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(node ast.Node) bool {
				selector, ok := node.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				if pkg, ok := selector.X.(*ast.Ident); ok {
					name := pkg.Name + "." + selector.Sel.Name
					allowed, listed := callers[name]
					if listed && !slices.Contains(allowed, room) {
						t.Errorf("%s: only %v may use %s", path, allowed, name)
					}
					used[name] = used[name] || listed
				}
				return true
			})
		}
	}
	if !used["http.NewRequestWithContext"] {
		t.Error("not even internal/hub makes requests: the table is out of date")
	}
}

// TestRoomsExist finds rooms that nothing lives in any more.
func TestRoomsExist(t *testing.T) {
	for room := range rooms {
		if _, err := build.Default.ImportDir(room, 0); err != nil {
			t.Errorf("arch_test.go lists %s: %v", room, err)
		}
	}
}

// TestPureBuildHasNoBackend holds that without the tag native no package needs C.
func TestPureBuildHasNoBackend(t *testing.T) {
	context := build.Default
	context.CgoEnabled = false
	for room := range rooms {
		pkg, err := context.ImportDir(room, 0)
		if err != nil {
			t.Errorf("%s does not build without C: %v", room, err)
			continue
		}
		for _, name := range pkg.Imports {
			if strings.HasPrefix(name, "github.com/sugarme/gotch") || name == "C" {
				t.Errorf("%s imports %s without the tag native", room, name)
			}
		}
	}
}
