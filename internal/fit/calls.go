package fit

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// A Call is a use, in the project, of a function of gotch that was cut.
type Call struct {
	Function string // of gotch's C interface, e.g. "atg_layer_norm"
	Name     string // what the project wrote, e.g. "LayerNorm"
	Position string // file:line, relative to the checkout
	Reason   string // the compiler's complaint
}

// checkCalls returns a *CutError when Go files of the checkout reach one of the functions cut from the
// gotch in dir.
func checkCalls(checkout, dir string, torch Libtorch, cut []Cut) error {
	if len(cut) == 0 {
		return nil
	}
	reasons := map[string]string{}
	for _, c := range cut {
		reasons[c.Function] = c.Reason
	}
	used, err := usedNames(checkout)
	if err != nil {
		return err
	}
	if len(used) == 0 {
		return nil
	}
	graph, err := readGraph(dir)
	if err != nil {
		return err
	}
	var calls []Call
	for _, u := range used {
		for _, function := range graph.reached(u.target) {
			if reason, ok := reasons[function]; ok {
				calls = append(calls, Call{function, u.name, u.position, reason})
			}
		}
	}
	if len(calls) == 0 {
		return nil
	}
	sort.SliceStable(calls, func(i, j int) bool { return calls[i].Function < calls[j].Function })
	calls = slices.CompactFunc(calls, func(a, b Call) bool { return a.Function == b.Function })
	return &CutError{Torch: torch, Calls: calls}
}

// A use is the first place where the project refers to a target.
type use struct {
	target
	position string
}

// usedNames returns what the checkout's own files that import gotch refer to, once each, in their order.
func usedNames(checkout string) ([]use, error) {
	var uses []use
	seen := map[target]bool{}
	err := filepath.WalkDir(checkout, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() && path != checkout && (name[0] == '.' || name[0] == '_' || name == "testdata") {
			return fs.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		files := token.NewFileSet()
		file, imports, err := parseImporting(files, path)
		if err != nil || len(imports) == 0 {
			return err
		}
		relative, err := filepath.Rel(checkout, path)
		if err != nil {
			return err
		}
		references(file, "", imports, func(t target, at token.Pos) {
			if !seen[t] {
				seen[t] = true
				uses = append(uses, use{t, fmt.Sprintf("%s:%d", relative, files.Position(at).Line)})
			}
		})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find what the project calls: %w", err)
	}
	return uses, nil
}

// parseImporting parses a Go file and returns which names in it stand for packages of gotch. A file that
// imports none is not parsed beyond its imports.
func parseImporting(files *token.FileSet, path string) (*ast.File, map[string]string, error) {
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, source, parser.ImportsOnly)
	if err != nil {
		return nil, nil, err
	}
	imports := gotchImports(file)
	if len(imports) == 0 {
		return nil, nil, nil
	}
	file, err = parser.ParseFile(files, path, source, parser.SkipObjectResolution)
	return file, imports, err
}

// gotchImports maps the local names of a file's imports of gotch to their paths.
func gotchImports(file *ast.File) map[string]string {
	imports := map[string]string{}
	for _, spec := range file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil || path != gotchPath && !strings.HasPrefix(path, gotchPath+"/") {
			continue
		}
		name := path[strings.LastIndex(path, "/")+1:]
		if spec.Name != nil {
			name = spec.Name.Name
		}
		imports[name] = path
	}
	return imports
}

// references calls found for everything below node that may name something of gotch: pkg.Name for an
// imported package, C.name, x.Name for a method, and, within gotch's own package, Name alone.
func references(node ast.Node, own string, imports map[string]string, found func(target, token.Pos)) {
	ast.Inspect(node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok {
				found(target{packageOf(x.Name, imports), n.Sel.Name}, n.Pos())
				return false
			}
			found(target{"", n.Sel.Name}, n.Pos())
			references(n.X, own, imports, found)
			return false
		case *ast.Ident:
			if own != "" {
				found(target{own, n.Name}, n.Pos())
			}
		}
		return true
	})
}

// packageOf returns the package that a name stands for in front of a dot, "" if it is a variable.
func packageOf(name string, imports map[string]string) string {
	if name == "C" {
		return "C"
	}
	return imports[name]
}
