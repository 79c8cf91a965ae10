package fit

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"sort"
)

// A target is what a name in a Go file may stand for: a function of a package, or a method. Without types
// a method is known by its name alone, so its pkg is "" and every method of the name is meant.
type target struct {
	pkg  string // import path, e.g. "github.com/sugarme/gotch/ts"; "C" for the C interface
	name string
}

// A graph tells which functions of gotch refer to which. It errs on the side of too many.
type graph map[target][]target

// readGraph parses the packages of the gotch in dir: some 4 MB of Go, a quarter of a second.
func readGraph(dir string) (graph, error) {
	g := graph{}
	for _, pkg := range []string{"", "/libtch", "/nn", "/pickle", "/ts", "/vision"} {
		paths, err := filepath.Glob(filepath.Join(dir, pkg, "*.go"))
		if err != nil {
			return nil, fmt.Errorf("read gotch: %w", err)
		}
		for _, path := range paths {
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return nil, fmt.Errorf("read gotch: %w", err)
			}
			g.add(file, gotchPath+pkg)
		}
	}
	return g, nil
}

// add adds the functions and methods of a file of package pkg.
func (g graph) add(file *ast.File, pkg string) {
	imports := gotchImports(file)
	for _, declaration := range file.Decls {
		f, ok := declaration.(*ast.FuncDecl)
		if !ok || f.Body == nil {
			continue
		}
		from := target{pkg, f.Name.Name}
		if f.Recv != nil {
			from.pkg = ""
		}
		references(f.Body, pkg, imports, func(to target, _ token.Pos) { g[from] = append(g[from], to) })
	}
}

// reached returns the functions of the C interface that from leads to, sorted.
func (g graph) reached(from target) []string {
	var names []string
	seen := map[target]bool{from: true}
	for queue := []target{from}; len(queue) > 0; queue = queue[1:] {
		if queue[0].pkg == "C" {
			names = append(names, queue[0].name)
		}
		for _, next := range g[queue[0]] {
			if !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		}
	}
	sort.Strings(names)
	return names
}
