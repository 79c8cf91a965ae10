package eval

import (
	"context"
	"slices"
)

// Picture is one picture of a Set.
type Picture struct {
	Name     string // unique in its set; reports call it so
	Captions []string
	Labels   []string
	Vector   []float32 // of unit norm; nil: the set has no model
}

// Set is what is measured on. The order of the pictures makes the batches of InBatch.
type Set struct{ Pictures []Picture }

// Captions returns how many captions the pictures have.
func (s Set) Captions() int {
	n := 0
	for _, p := range s.Pictures {
		n += len(p.Captions)
	}
	return n
}

// Labelled returns how many pictures have a label.
func (s Set) Labelled() int {
	n := 0
	for _, p := range s.Pictures {
		n += min(1, len(p.Labels))
	}
	return n
}

// Classes returns the labels, sorted, each once.
func (s Set) Classes() []string {
	var classes []string
	for _, p := range s.Pictures {
		classes = append(classes, p.Labels...)
	}
	slices.Sort(classes)
	return slices.Compact(classes)
}

// captioned returns the places of the pictures that have captions.
func (s Set) captioned() []int {
	var places []int
	for i, p := range s.Pictures {
		if len(p.Captions) > 0 {
			places = append(places, i)
		}
	}
	return places
}

// Encoder is a text tower: it returns one unit vector a text, as long as the pictures' vectors.
type Encoder interface {
	EncodeTexts(ctx context.Context, texts []string) ([][]float32, error)
}
