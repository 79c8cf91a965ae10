package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"runtime"
	"strings"

	"golang.org/x/sync/errgroup"

	"clipsearch/eval"
	"clipsearch/internal/imgio"
	"clipsearch/internal/regular"
	"clipsearch/tune"
)

// room is how much longer than the tower's input a picture's shorter side is kept, so that a crop of half its area loses little.
const room = 1.5

// readSets reads and decodes all pictures of the recipe.
func (t *tuning) readSets(ctx context.Context, p Process) error {
	sum := sha256.New()
	for _, from := range t.opts.recipe.Sets {
		examples, err := t.readSet(ctx, p, from)
		if err != nil {
			return err
		}
		for _, e := range examples {
			sum.Write(e.Hash[:])
			for _, text := range e.Texts {
				fmt.Fprintf(sum, "\x00%s", text.Text)
			}
		}
		t.sets = append(t.sets, tune.Set{Name: from.Name, Examples: examples, Share: from.Share, Augment: from.Augment.Augment})
	}
	t.hash = hex.EncodeToString(sum.Sum(nil))
	if len(t.opts.recipe.Validation) == 0 {
		return t.holdOut()
	}
	for _, from := range t.opts.recipe.Validation {
		examples, err := t.readSet(ctx, p, from)
		if err != nil {
			return err
		}
		if err := t.validateOn(from, examples); err != nil {
			return err
		}
	}
	return t.checkLeaks()
}

// readSet reads the pictures of one set, with all that is said about them. Those that cannot be read are named and left out.
func (t *tuning) readSet(ctx context.Context, p Process, from recipeSet) ([]tune.Example, error) {
	found, err := readFolder(ctx, p, evalOptions{
		dataset: from.Dir, captions: from.Captions, labels: from.Labels, split: from.Split, first: math.MaxInt,
	})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, withHint(fmt.Errorf("%s: %w", from.Dir, eval.ErrNoCaptions), hintLacking)
	}
	short := int(math.Ceil(room * float64(t.base.Pixels.Resize)))
	read, errs := make([]tune.Example, len(found)), make([]error, len(found))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, picture := range found {
		g.Go(func() error {
			if ctx.Err() == nil {
				read[i], errs[i] = readExample(picture.path, short)
				read[i].Name, read[i].Texts = picture.picture.Name, textsOf(picture.picture, from)
			}
			return nil
		})
	}
	_ = g.Wait() // errs has them
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var examples []tune.Example
	for i, err := range errs {
		if err != nil {
			fmt.Fprintf(p.Stderr, "clipsearch: %s: %v\n", printable(found[i].path), err)
			t.skipped++
			continue
		}
		examples = append(examples, read[i])
	}
	if len(examples) == 0 {
		return nil, fmt.Errorf("%s: none of the pictures could be read", from.Dir)
	}
	return examples, nil
}

// readExample decodes a picture file so that its shorter side has at most short px.
func readExample(path string, short int) (e tune.Example, err error) {
	data, err := regular.ReadFile(path)
	if err != nil {
		return e, err
	}
	picture, err := imgio.Decode(data, imgio.Options{MinShort: short, MinLong: 1})
	if err != nil {
		return e, err
	}
	e.Hash, e.Image = sha256.Sum256(data), tune.Shrink(picture.Image, short)
	return e, nil
}

// textsOf returns what may be said of a picture: its captions, and its labels in every prompt.
func textsOf(picture eval.Picture, from recipeSet) []tune.Text {
	var texts []tune.Text
	for _, caption := range picture.Captions {
		texts = append(texts, tune.Text{Text: caption})
	}
	for _, label := range picture.Labels {
		names := from.Names[label]
		if len(names) == 0 {
			names = []string{label}
		}
		for _, name := range names {
			for _, prompt := range from.Prompts {
				texts = append(texts, tune.Text{Text: strings.ReplaceAll(prompt, "{}", name), Class: from.Name + "/" + label})
			}
		}
	}
	return texts
}

// holdOut takes a tenth of the pictures, chosen by their content, out of training for validation.
func (t *tuning) holdOut() error {
	for i := range t.sets {
		train, held := tune.Split(t.sets[i].Examples, tune.ValidationShare)
		t.sets[i].Examples = train
		if err := t.validateOn(t.opts.recipe.Sets[i], held); err != nil {
			return err
		}
	}
	return nil
}

// checkLeaks refuses to validate on pictures that are learned from.
func (t *tuning) checkLeaks() error {
	known := make(map[[sha256.Size]byte]string)
	for _, set := range t.sets {
		for _, e := range set.Examples {
			known[e.Hash] = e.Name
		}
	}
	leaks, first := 0, ""
	for _, v := range t.validation {
		for i, hash := range v.hashes {
			if name, ok := known[hash]; ok {
				if leaks == 0 {
					first = fmt.Sprintf("%s is %s", v.report.Set.Pictures[i].Name, name)
				}
				leaks++
			}
		}
	}
	if leaks > 0 {
		return withHint(fmt.Errorf("%d pictures to validate on are to learn from, too: %s", leaks, printable(first)),
			"take them out of one of the files; a model that is measured on what it has learned tells nothing")
	}
	return nil
}
