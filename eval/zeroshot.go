package eval

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"clipsearch/internal/vec"
)

// classPlace is where a prompt takes the name of the class.
const classPlace = "{}"

// DefaultPrompt is the prompt where none is given.
const DefaultPrompt = "a photo of {}"

// CheckPrompts returns an ErrPrompt that names the first prompt without {}.
func CheckPrompts(prompts []string) error {
	for _, prompt := range prompts {
		if !strings.Contains(prompt, classPlace) {
			return fmt.Errorf("%q: %w", prompt, ErrPrompt)
		}
	}
	return nil
}

// Confusion counts for pictures of one class which class was nearest. Of a picture with several labels the first counts.
type Confusion struct {
	Classes []string `json:"classes"`
	Counts  [][]int  `json:"counts"` // [C, C]: by the true class, then by the one found
}

// Classify measures zero-shot classification: each labelled picture is a query for its labels among all labels of the set.
// A class's vector is the normalised sum of the vectors of r.Prompts with the label in the place of {}. ErrNoLabels,
// ErrOneClass, ErrPrompt; the encoder's errors; ctx's.
func (r *Report) Classify(ctx context.Context, encoder Encoder) error {
	if err := CheckPrompts(r.Prompts); err != nil {
		return err
	}
	names := r.Set.Classes()
	switch len(names) {
	case 0:
		return ErrNoLabels
	case 1:
		return fmt.Errorf("%w, %q", ErrOneClass, names[0])
	}
	classes, err := classVectors(ctx, encoder, names, r.Prompts)
	if err != nil {
		return err
	}
	places, pictures, labels := r.Set.labelled(names)
	ranks, err := rankAll(ctx, pictures, classes, labels, nil)
	if err != nil {
		return err
	}
	r.Confusion = confuse(names, pictures, classes, labels)
	r.add(ZeroShot, "", Sample{places, ranks})
	return nil
}

// labelled returns the pictures that have labels: their places, vectors, and the places of their labels in names.
func (s Set) labelled(names []string) (places []int, vectors [][]float32, labels [][]int) {
	for i, p := range s.Pictures {
		if len(p.Labels) > 0 {
			places, vectors, labels = append(places, i), append(vectors, p.Vector), append(labels, indexes(names, p.Labels))
		}
	}
	return places, vectors, labels
}

// classVectors returns one unit vector a class.
func classVectors(ctx context.Context, encoder Encoder, names, prompts []string) ([][]float32, error) {
	var texts []string
	for _, name := range names {
		for _, prompt := range prompts {
			texts = append(texts, strings.ReplaceAll(prompt, classPlace, name))
		}
	}
	encoded, err := encoder.EncodeTexts(ctx, texts)
	if err != nil {
		return nil, err
	}
	var classes [][]float32
	for of := range slices.Chunk(encoded, len(prompts)) {
		classes = append(classes, vec.Ensemble(of))
	}
	return classes, nil
}

// indexes returns where in sorted names each of some is.
func indexes(names, some []string) []int {
	places := make([]int, len(some))
	for i, name := range some {
		places[i], _ = slices.BinarySearch(names, name)
	}
	return places
}

// confuse counts the nearest classes; of equally near ones the first that is wrong.
func confuse(names []string, pictures, classes [][]float32, labels [][]int) *Confusion {
	c := &Confusion{Classes: names, Counts: make([][]int, len(names))}
	for i := range c.Counts {
		c.Counts[i] = make([]int, len(names))
	}
	for i, picture := range pictures {
		c.Counts[labels[i][0]][nearest(picture, classes, labels[i])]++
	}
	return c
}

// Mistake is a class that was taken for another one.
type Mistake struct {
	Class, For string
	Count, Of  int // pictures of Class
}

// Mistakes lists what was taken for what, the most frequent first, ties by name.
func (c *Confusion) Mistakes() []Mistake {
	var all []Mistake
	for i, row := range c.Counts {
		of := 0
		for _, n := range row {
			of += n
		}
		for j, n := range row {
			if n > 0 && i != j {
				all = append(all, Mistake{c.Classes[i], c.Classes[j], n, of})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Mistake) int { return cmp.Compare(b.Count, a.Count) })
	return all
}
