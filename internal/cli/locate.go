package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"strings"

	"clipsearch/encode"
	"clipsearch/internal/imgio"
	"clipsearch/internal/regular"
	"clipsearch/locate"
)

const locateHelp = `Usage: clipsearch locate [flags] IMAGE TEXT...

Finds where in a picture each text's thing is. Prints a line a box, tabs between: text, probability, x, y, width, height,
in pixels of the upright picture. The probability is that the thing is in the box rather than elsewhere in the picture;
it does not say whether it is there at all.

  --top N               boxes for each text (default 1)
  --method METHOD       tiles: encode tiles of several sizes; dense: the patches of the
                        model's last layer, faster and less sure; both (default tiles)
  --overlay FILE.png    draw the maps over the picture
` + libraryHelp + modelFlagsHelp + `  --json                one JSON object a text: text, width and height of the picture, and
                        boxes, the likeliest first: probability, x, y, width, height

Exit status: 0 done, 1 failed, 2 usage, 7 no native backend.

  clipsearch locate --overlay found.png harbour.jpg "an airplane" "a runway"
`

// locateShort is how many times the model's input size a picture's shorter side is decoded to: the smallest tiles lie four
// times across it.
const locateShort = 4

// locateOptions are what locate's command line says.
type locateOptions struct {
	common
	find    locate.Options
	overlay string
	image   string
	texts   []string
}

// found is one line of locate --json; its form is part of the CLI contract.
type found struct {
	Text   string     `json:"text"`
	Width  int        `json:"width"`
	Height int        `json:"height"`
	Boxes  []foundBox `json:"boxes"`
}

// foundBox is one box of found.
type foundBox struct {
	Probability float64 `json:"probability"`
	X           int     `json:"x"`
	Y           int     `json:"y"`
	Width       int     `json:"width"`
	Height      int     `json:"height"`
}

func runLocate(ctx context.Context, p Process, args []string) (err error) {
	opts, err := parseLocate(args)
	if err != nil {
		return err
	}
	places := findPlaces(p)
	library, err := libraryModel(places.libraryPath(opts.library))
	if err != nil {
		return err
	}
	model, err := openModel(p, opts.common, places, library)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, model.Close()) }()
	result, err := findInFile(ctx, model, opts)
	if err != nil {
		return err
	}
	if err := printFound(p.Stdout, result, opts.json); err != nil || opts.overlay == "" {
		return err
	}
	return writeWhole(opts.overlay, result.Overlay)
}

// parseLocate reads locate's arguments.
func parseLocate(args []string) (opts locateOptions, err error) {
	f := newFlags("locate")
	opts.libraryFlag(f)
	opts.modelFlags(f)
	f.BoolVar(&opts.json, "json", false, "")
	f.IntVar(&opts.find.Top, "top", 1, "")
	f.StringVar(&opts.overlay, "overlay", "", "")
	method := f.String("method", "tiles", "")
	rest, err := f.parse(args)
	if err != nil {
		return opts, err
	}
	if opts.find.Method, err = locate.ParseMethod(*method); err != nil {
		return opts, usagef("locate: %v", err)
	}
	switch {
	case len(rest) < 2:
		return opts, usagef(`locate: name a picture and what to find in it, for example: clipsearch locate photo.jpg "a dog"`)
	case opts.find.Top < 1:
		return opts, usagef("locate: --top %d: it must be 1 or more", opts.find.Top)
	case opts.overlay != "" && sameFile(opts.overlay, rest[0]):
		return opts, usagef("locate: --overlay would replace the picture itself")
	}
	for _, text := range rest[1:] {
		if strings.TrimSpace(text) == "" {
			return opts, usagef("locate: a text is empty")
		}
	}
	opts.image, opts.texts = rest[0], rest[1:]
	return opts, nil
}

// findInFile decodes the picture no larger than is looked at, and looks.
func findInFile(ctx context.Context, model *encode.Model, opts locateOptions) (locate.Result, error) {
	data, err := regular.ReadFile(opts.image)
	if err != nil {
		return locate.Result{}, err
	}
	picture, err := imgio.Decode(data, imgio.Options{MinShort: locateShort * model.InputSize()})
	if err != nil {
		return locate.Result{}, fmt.Errorf("%s: %w", printable(opts.image), err)
	}
	opts.find.Size = image.Pt(picture.Width, picture.Height)
	return locate.Find(ctx, model, picture.Image, opts.texts, opts.find)
}

// printFound writes the boxes.
func printFound(stdout io.Writer, result locate.Result, asJSON bool) error {
	w := bufio.NewWriter(stdout)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	for _, text := range result.Texts {
		line := found{Text: text.Text, Width: result.Size.X, Height: result.Size.Y}
		for _, b := range text.Boxes {
			line.Boxes = append(line.Boxes, foundBox{b.Probability, b.Min.X, b.Min.Y, b.Dx(), b.Dy()})
			if !asJSON {
				fmt.Fprintf(w, "%s\t%.3f\t%d\t%d\t%d\t%d\n", printable(text.Text), b.Probability, b.Min.X, b.Min.Y, b.Dx(), b.Dy())
			}
		}
		if asJSON {
			if err := encoder.Encode(line); err != nil {
				return err
			}
		}
	}
	return w.Flush()
}

// sameFile reports whether two paths lead to one file.
func sameFile(a, b string) bool {
	first, errA := os.Stat(a)
	second, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(first, second)
}

// writeWhole makes a file with what write writes; an existing one is replaced once the new one is complete.
func writeWhole(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	if err := errors.Join(write(f), f.Chmod(0o644), f.Sync(), f.Close()); err != nil { // CreateTemp's files are private
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Rename(f.Name(), path)
}
