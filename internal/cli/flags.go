package cli

import (
	"errors"
	"flag"
	"io"
	"strings"

	"clipsearch/index/vector"
)

// flags is a command's flag set. Flags may stand before, between or after the arguments; "--" ends them.
type flags struct {
	*flag.FlagSet
}

// newFlags returns an empty set for a command. Errors come back from parse; nothing is printed.
func newFlags(command string) flags {
	set := flag.NewFlagSet(command, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.Usage = func() {}
	return flags{set}
}

// parse reads args and returns what is no flag, in order. A flag that is unknown or malformed is a usage error.
func (f flags) parse(args []string) ([]string, error) {
	var rest []string
	for len(args) > 0 {
		if args[0] == "--" {
			return append(rest, args[1:]...), nil
		}
		if err := f.FlagSet.Parse(args); err != nil {
			message := tidy(err.Error())
			return nil, usagef("%s: %s%s; clipsearch help %s shows the flags", f.Name(), message, f.didYouMean(message), f.Name())
		}
		consumed := len(args) - f.NArg()
		if consumed > 0 && args[consumed-1] == "--" {
			return append(rest, args[consumed:]...), nil
		}
		if args = f.FlagSet.Args(); len(args) > 0 {
			rest, args = append(rest, args[0]), args[1:]
		}
	}
	return rest, nil
}

// didYouMean returns a clause that names the flag that was probably meant, where message says that there is no such flag.
func (f flags) didYouMean(message string) string {
	typed, unknown := strings.CutPrefix(message, "there is no flag --")
	if !unknown {
		return ""
	}
	var names []string
	f.VisitAll(func(known *flag.Flag) { names = append(names, known.Name) })
	if meant := suggest(typed, names); meant != "" {
		return ", did you mean --" + meant + "?"
	}
	return ""
}

// given returns the names of the flags that the command line had.
func (f flags) given() map[string]bool {
	names := make(map[string]bool)
	f.Visit(func(g *flag.Flag) { names[g.Name] = true })
	return names
}

// tidy turns package flag's messages into ours: they spell all flags with one dash, we only those of one letter.
func tidy(message string) string {
	for _, m := range []struct{ theirs, ours string }{
		{"flag provided but not defined: -", "there is no flag "},
		{"flag needs an argument: -", "a value is missing after "},
		{" for flag -", " for "}, // invalid value "x" for flag -k: parse error
		{" for -", " for "},      // invalid boolean value "x" for -json: parse error
	} {
		before, after, found := strings.Cut(message, m.theirs)
		if !found {
			continue
		}
		dashes := "--"
		if name, _, _ := strings.Cut(after, ":"); len(name) == 1 {
			dashes = "-"
		}
		return before + m.ours + dashes + after
	}
	return message
}

// list is a flag that may be repeated.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

// Set appends one value.
func (l *list) Set(value string) error {
	*l = append(*l, value)
	return nil
}

// common are the flags that several commands take, spelled alike everywhere.
type common struct {
	library   string
	model     string
	device    string
	precision string
	kind      vector.Kind
	quiet     bool
	json      bool
}

// libraryFlag adds --library.
func (c *common) libraryFlag(f flags) { f.StringVar(&c.library, "library", "", "") }

// modelFlags adds --model, --device and --precision.
func (c *common) modelFlags(f flags) {
	f.StringVar(&c.model, "model", "", "")
	f.StringVar(&c.device, "device", "auto", "")
	f.StringVar(&c.precision, "precision", "auto", "")
}

// indexFlag adds --index.
func (c *common) indexFlag(f flags) {
	f.Func("index", "", func(s string) error {
		if kind := vector.Kind(s); kind == vector.Exact || kind == vector.HNSW {
			c.kind = kind
			return nil
		}
		return errors.New("it is exact or hnsw")
	})
}

// outputFlags adds --quiet and --json.
func (c *common) outputFlags(f flags) {
	f.BoolVar(&c.quiet, "quiet", false, "")
	f.BoolVar(&c.json, "json", false, "")
}

// commonHelp is how the shared flags read in every help text.
const (
	kindHelp = `  --index exact|hnsw    compare all vectors, or search a graph of them (default: from 1,000,000 vectors on a graph, for
                        queries by pictures alone)
`
	libraryHelp = `  --library FILE        the library; else $CLIPSEARCH_LIBRARY, else
                        ~/.local/share/clipsearch/library.clipsearch
`
	modelFlagsHelp = `  --model NAME|DIR      the checkpoint, or none to do without; else
                        $CLIPSEARCH_MODEL, else the one the library was built
                        with, else the built-in one (builtin)
  --device DEVICE       auto, cpu, cuda or cuda:N (default auto)
  --precision P         auto, f32, bf16 or f16 (default auto)
`
)
