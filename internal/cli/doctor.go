package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"text/tabwriter"

	"clipsearch/encode"
	"clipsearch/encode/checkpoint"
	"clipsearch/index/store"
)

const doctorHelp = `Usage: clipsearch doctor [flags]

Says what the program found on this machine: the native backend, devices, models, the library, the default port; and for
what is missing, the command that mends it.

` + libraryHelp + `  --json                one JSON object on stdout

Exit status: 0 everything is there, 1 something is missing, 2 usage.

  clipsearch doctor
`

// finding is one thing that doctor looked at.
type finding struct {
	Name  string `json:"name"`
	OK    bool   `json:"ok"`
	Found string `json:"found"`
	Mend  string `json:"mend,omitempty"` // what to do if it is not ok, or to have it better
}

func runDoctor(ctx context.Context, p Process, args []string) error {
	var opts common
	f := newFlags("doctor")
	opts.libraryFlag(f)
	f.BoolVar(&opts.json, "json", false, "")
	rest, err := f.parse(args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usagef("doctor takes no arguments")
	}
	places := findPlaces(p)
	findings := []finding{findBackend()}
	findings = append(findings, findModels(places)...)
	findings = append(findings, findLibrary(ctx, p, opts, places), findPort())
	if opts.json {
		if err := json.NewEncoder(p.Stdout).Encode(map[string]any{"findings": findings}); err != nil {
			return err
		}
	} else if err := printFindings(p, findings); err != nil {
		return err
	}
	for _, finding := range findings {
		if !finding.OK {
			return errSilentFailure
		}
	}
	return nil
}

// printFindings writes a table for people.
func printFindings(p Process, findings []finding) error {
	w := tabwriter.NewWriter(p.Stdout, 0, 4, 2, ' ', 0)
	for _, f := range findings {
		mark := "ok"
		if !f.OK {
			mark = "MISSING"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", mark, f.Name, printable(f.Found))
		if f.Mend != "" {
			fmt.Fprintf(w, "\t\t→ %s\n", f.Mend)
		}
	}
	return w.Flush()
}

func findBackend() finding {
	f := finding{Name: "native backend", OK: encode.HasBackend()}
	if f.OK {
		f.Found = "built in: libtorch encodes, libvips decodes HEIC and AVIF too"
	} else {
		f.Found, f.Mend = "not built in: no encoder, no HEIC and AVIF", "build the full program with: make"
	}
	return f
}

func findModels(places places) []finding {
	var all []finding
	models, err := checkpoint.List(places.models)
	if err != nil {
		return []finding{{Name: "models", Found: err.Error()}}
	}
	for _, found := range models {
		f := finding{Name: "model " + found.Name, OK: true, Found: found.Dir}
		if found.Source == checkpoint.Builtin {
			f.Found = "small, in the program itself"
			if len(models) == 1 {
				f.Mend = betterHint
			}
		}
		all = append(all, f)
	}
	if len(all) == 0 {
		all = append(all, finding{Name: "models", Found: "none in " + places.models.Models + " or the Hugging Face cache, and none in this build", Mend: "clipsearch model pull " + betterModel})
	}
	return all
}

func findLibrary(ctx context.Context, p Process, opts common, places places) finding {
	path := places.libraryPath(opts.library)
	f := finding{Name: "library", Found: path}
	lib, err := openLibrary(ctx, p, opts.library, looking)
	switch {
	case errors.Is(err, store.ErrInUse):
		f.OK, f.Found = true, err.Error()
		return f
	case errors.Is(err, store.ErrNotFound):
		f.Found, f.Mend = "none at "+path, "clipsearch index DIR"
		return f
	case err != nil:
		f.Found, f.Mend = err.Error(), hintFor(err)
		return f
	}
	defer lib.Close() // opened for reading only
	f.OK = true
	model := lib.store.Model()
	if model.ID == "" {
		f.Found += ", without a model"
		return f
	}
	if _, err := findModel(p, "", places, model); err != nil {
		f.OK, f.Found, f.Mend = false, err.Error(), hintFor(err)
	} else if note := places.builtinNote(model.ID); note != "" {
		f.Found += "; " + note
	}
	return f
}

func findPort() finding {
	f := finding{Name: "port", Found: defaultListen}
	listener, err := net.Listen("tcp", defaultListen)
	if err != nil {
		f.Found, f.Mend = defaultListen+" is taken", "clipsearch serve takes another one by itself, or name one with --listen"
		return f
	}
	listener.Close() // only tried
	f.OK = true
	return f
}
