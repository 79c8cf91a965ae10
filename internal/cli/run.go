// Package cli is the command line: it parses arguments, wires the other packages together, and renders results, errors
// and progress. [Run] is one process; each command has a file of its own.
//
// It holds no search, index or model code, and nothing imports it but main.
package cli

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
)

// Process is what a run of the program gets from the operating system. All fields but Model are required.
type Process struct {
	Args   []string // without the program's name
	Stdin  io.Reader
	Stdout io.Writer // results only
	Stderr io.Writer // progress and messages
	Getenv func(string) string
	Model  fs.FS // the files of the model that the program carries; nil: none

	dir  string   // where relative paths begin; "": this process's working directory
	held *holding // the library, where this process runs the command for another one that found it in use
}

// path returns a path as the user means it, who may be in another folder than this process.
func (p Process) path(name string) string {
	if p.dir == "" || name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(p.dir, name)
}

// whole returns paths as another process, in another folder, can use them later.
func (p Process) whole(names []string) ([]string, error) {
	all := make([]string, len(names))
	for i, name := range names {
		var err error
		if all[i], err = filepath.Abs(p.path(name)); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// paths is path for several.
func (p Process) paths(names []string) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = p.path(name)
	}
	return all
}

// command is one verb of the program.
type command struct {
	name  string
	about string // one line for the overview
	help  string // the whole help text, hand-set
	run   func(ctx context.Context, p Process, args []string) error
}

// commands returns every verb in the order of the overview.
func commands() []command {
	return []command{
		{"index", "take pictures and captions into a library", indexHelp, runIndex},
		{"search", "find pictures by words, by picture, or both", searchHelp, runSearch},
		{"serve", "show the library as a web page on this machine", serveHelp, runServe},
		{"embed", "print the vectors of pictures and texts", embedHelp, runEmbed},
		{"locate", "find where in a picture something is", locateHelp, runLocate},
		{"eval", "measure how well a model and the search find", evalHelp, runEval},
		{"tune", "train a model on captioned pictures", tuneHelp, runTune},
		{"model", "list, download, show, check, convert or make checkpoints", modelUsage(), runModel},
		{"import", "take vectors made elsewhere, or an exported library", importHelp, runImport},
		{"export", "write a library into a folder of plain files", exportHelp, runExport},
		{"stats", "say what a library holds", statsHelp, runStats},
		{"verify", "check that a library is whole, and repair it", verifyHelp, runVerify},
		{"compact", "forget pictures that are gone and shrink the file", compactHelp, runCompact},
		{"bench", "measure the vector search on this machine", benchHelp, runBench},
		{"doctor", "say what the program found on this machine and what is missing", doctorHelp, runDoctor},
		{"version", "print the version", versionHelp, runVersion},
	}
}

// Run runs the command that p.Args name and returns the process's exit code (see [exitCode]). It returns within two
// seconds of ctx's end, and prints at most one error.
func Run(ctx context.Context, p Process) int {
	return conclude(p, dispatch(ctx, p))
}

// conclude prints an error, if there is one to print, and returns the exit code.
func conclude(p Process, err error) int {
	if err == nil {
		return exitOK
	}
	if message := describe(err); message != "" {
		fmt.Fprintf(p.Stderr, "clipsearch: %s\n", message)
	}
	return exitCode(err)
}

// dispatch finds the command and runs it.
func dispatch(ctx context.Context, p Process) error {
	if len(p.Args) == 0 {
		fmt.Fprint(p.Stderr, overview())
		return errSilentUsage
	}
	name, args := p.Args[0], p.Args[1:]
	switch name {
	case "help", "-h", "--help", "-help":
		return help(p, args)
	case "--version", "-version":
		name = "version"
	}
	for _, c := range commands() {
		if c.name != name {
			continue
		}
		if wantsHelp(args) {
			fmt.Fprint(p.Stdout, c.help)
			return nil
		}
		return c.run(ctx, p, args)
	}
	return noCommand(name)
}

// help prints the overview, or the help of the command that args name.
func help(p Process, args []string) error {
	if len(args) == 0 {
		fmt.Fprint(p.Stdout, overview())
		return nil
	}
	for _, c := range commands() {
		if c.name == args[0] {
			fmt.Fprint(p.Stdout, c.help)
			return nil
		}
	}
	return noCommand(args[0])
}

// noCommand is the error for a command that does not exist; it names the one that was probably meant.
func noCommand(typed string) error {
	var names []string
	for _, c := range commands() {
		names = append(names, c.name)
	}
	if meant := suggest(typed, names); meant != "" {
		return usagef("there is no command %q; did you mean %s?", typed, meant)
	}
	return usagef("there is no command %q; clipsearch help lists them", typed)
}

// wantsHelp reports whether a help flag stands among args, before any "--".
func wantsHelp(args []string) bool {
	for _, arg := range args {
		switch arg {
		case "--":
			return false
		case "-h", "-help", "--help":
			return true
		}
	}
	return false
}

// overview is the text of "clipsearch help".
func overview() string {
	var b strings.Builder
	b.WriteString("Usage: clipsearch COMMAND [flags] [arguments]\n\nSearch your own pictures by words, by picture, or both, offline.\n\n")
	for _, c := range commands() {
		fmt.Fprintf(&b, "  %-9s%s\n", c.name, c.about)
	}
	b.WriteString(`
"clipsearch help COMMAND" shows a command's flags, exit status and an example.

  clipsearch index ~/Pictures
  clipsearch search "dogs in the snow"
  clipsearch serve --open
`)
	return b.String()
}
