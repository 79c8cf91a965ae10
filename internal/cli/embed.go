package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"clipsearch/encode"
	"clipsearch/index/store"
	"clipsearch/internal/regular"
)

const embedHelp = `Usage: clipsearch embed [flags] FILE|TEXT...

Prints the unit vector of each picture and text, a line each. An argument that names an existing file is a picture,
anything else is a text.

  --text, --image       every argument is a text, or a picture
` + libraryHelp + modelFlagsHelp + `  --json                one JSON object a line: input, kind, model, dims, vector
                        (else the values alone, separated by blanks)

Exit status: 0 done, 1 failed, 2 usage, 3 done but some pictures could not be read, 7 no native backend.

  clipsearch embed --json photo.jpg "a dog in the snow"
`

// embedBatch is how many texts or pictures go through a tower together.
const embedBatch = 16

// embedding is one line of embed --json; its form is part of the CLI contract.
type embedding struct {
	Input  string    `json:"input"`
	Kind   string    `json:"kind"`
	Model  string    `json:"model"`
	Dims   int       `json:"dims"`
	Vector []float32 `json:"vector"`
}

func runEmbed(ctx context.Context, p Process, args []string) (err error) {
	var opts common
	f := newFlags("embed")
	opts.libraryFlag(f)
	opts.modelFlags(f)
	f.BoolVar(&opts.json, "json", false, "")
	asText, asImage := f.Bool("text", false, ""), f.Bool("image", false, "")
	inputs, err := f.parse(args)
	switch {
	case err != nil:
		return err
	case len(inputs) == 0:
		return usagef("embed: name the pictures or texts, for example: clipsearch embed photo.jpg")
	case *asText && *asImage:
		return usagef("embed: --text and --image contradict each other")
	}
	places := findPlaces(p)
	library, err := libraryModel(places.libraryPath(opts.library))
	if err != nil {
		return err
	}
	model, err := openModel(p, opts, places, library)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, model.Close()) }()
	kind := func(input string) string {
		switch {
		case *asText:
			return "text"
		case *asImage || isFile(input):
			return "image"
		}
		return "text"
	}
	return embedAll(ctx, p, model, inputs, kind, opts.json)
}

// libraryModel returns the model that a library was built with; the zero Model if there is no library.
func libraryModel(path string) (store.Model, error) {
	st, err := store.Open(path, store.Options{ReadOnly: true})
	if errors.Is(err, store.ErrNotFound) {
		return store.Model{}, nil
	}
	if err != nil {
		return store.Model{}, err
	}
	return st.Model(), st.Close()
}

// isFile reports whether path names a file that is no folder.
func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

// embedAll prints the vectors in the order of the inputs. A picture that cannot be read is reported and left out.
func embedAll(ctx context.Context, p Process, model *encode.Model, inputs []string, kind func(string) string, asJSON bool) error {
	w := bufio.NewWriter(p.Stdout)
	skipped := false
	for start := 0; start < len(inputs); {
		end := start + 1
		for end < len(inputs) && end-start < embedBatch && kind(inputs[end]) == kind(inputs[start]) {
			end++
		}
		batch, what := inputs[start:end], kind(inputs[start])
		start = end
		done, vectors, err := embedSome(ctx, p, model, batch, what)
		if err != nil {
			return errors.Join(err, w.Flush())
		}
		skipped = skipped || len(done) < len(batch)
		for i, input := range done {
			info := model.Info()
			line := embedding{Input: input, Kind: what, Model: info.ID, Dims: info.Dims, Vector: vectors[i]}
			if err := printEmbedding(w, line, asJSON); err != nil {
				return err
			}
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if skipped {
		return errSomeSkipped
	}
	return nil
}

// embedSome returns the vectors of inputs of one kind, and the inputs they belong to: those that could be read.
func embedSome(ctx context.Context, p Process, model *encode.Model, inputs []string, kind string) ([]string, [][]float32, error) {
	if kind == "text" {
		vectors, err := model.EncodeTexts(ctx, inputs)
		return inputs, vectors, err
	}
	var done []string
	var vectors [][]float32
	for _, path := range inputs {
		data, err := regular.ReadFile(path)
		var vector []float32
		if err == nil {
			vector, err = encodeImage(ctx, model, data)
		}
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		if err != nil {
			fmt.Fprintf(p.Stderr, "clipsearch: skipped %s: %s\n", printable(path), printable(err.Error()))
			continue
		}
		done, vectors = append(done, path), append(vectors, vector)
	}
	return done, vectors, nil
}

// printEmbedding writes one vector.
func printEmbedding(w *bufio.Writer, e embedding, asJSON bool) error {
	if asJSON {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(e)
	}
	for i, x := range e.Vector {
		if i > 0 {
			w.WriteByte(' ')
		}
		fmt.Fprint(w, x)
	}
	return w.WriteByte('\n') // bufio keeps the first error
}
