package search

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"clipsearch/internal/vec"
)

// Label is one of the query's labels with how likely it is, among them, to be the right one for a picture.
type Label struct {
	Label       string  `json:"label"`
	Probability float64 `json:"probability"` // in [0, 1]; those of all labels add up to 1
}

// Scaler is an Encoder that knows the factor that its model learned for turning similarities into logits. It is asked after
// the first vectors were made.
type Scaler interface {
	LogitScale() float64
}

// usualLogitScale stands in for an Encoder that is no Scaler. Radford et al. 2021, section 2.5: it is clipped at 100, and
// trained models reach that.
const usualLogitScale = 100

// labeller ranks labels for pictures.
type labeller struct {
	labels  []string
	vectors [][]float32
	scale   float64
}

// Label ranks labels for one picture, as Search does for hits with Query.Labels; no prompts mean DefaultPrompts. Errors are
// those of Search: ErrEmptyQuery without labels.
func (e *Engine) Label(ctx context.Context, id ID, labels, prompts []string) ([]Label, error) {
	if len(labels) == 0 {
		return nil, fmt.Errorf("%w: name some labels", ErrEmptyQuery)
	}
	q, err := Query{K: 1, Labels: labels, Prompts: prompts}.withDefaults(e.store.Model().ID)
	if err != nil {
		return nil, err
	}
	picture, err := e.likeVector(id)
	if err != nil {
		return nil, err
	}
	l, err := e.newLabeller(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("rank the labels: %w", err)
	}
	return l.rank(picture), nil
}

// newLabeller encodes the labels; nil if there are none.
func (e *Engine) newLabeller(ctx context.Context, q Query) (*labeller, error) {
	if len(q.Labels) == 0 {
		return nil, nil
	}
	var terms []Term
	for _, label := range q.Labels {
		terms = append(terms, Term{Kind: TermText, Text: label})
	}
	vectors, err := e.textVectors(ctx, terms, q.Prompts)
	if err != nil {
		return nil, err
	}
	l := &labeller{labels: q.Labels, scale: usualLogitScale}
	for _, label := range l.labels {
		l.vectors = append(l.vectors, vectors[label])
	}
	if s, ok := e.encoder.(Scaler); ok {
		l.scale = s.LogitScale()
	}
	return l, nil
}

// rank returns the labels of a picture's unit vector, the likeliest first, ties in the order given: a softmax of their
// similarities at the model's logit scale.
func (l *labeller) rank(picture []float32) []Label {
	ranked := make([]Label, len(l.labels))
	highest := math.Inf(-1)
	for i, v := range l.vectors {
		ranked[i] = Label{l.labels[i], l.scale * float64(vec.Dot(v, picture))}
		highest = max(highest, ranked[i].Probability)
	}
	sum := 0.0
	for i := range ranked {
		ranked[i].Probability = math.Exp(ranked[i].Probability - highest)
		sum += ranked[i].Probability
	}
	for i := range ranked {
		ranked[i].Probability /= sum
	}
	slices.SortStableFunc(ranked, func(a, b Label) int { return cmp.Compare(b.Probability, a.Probability) })
	return ranked
}
