//go:build native

package torch

import "strings"

// A lowRank is an update of a matrix by the product of two narrow ones, which are trained in its place (Hu et al. 2021, LoRA).
type lowRank struct{ piece, in, out int } // places in the layout

// What the names of the two factors end with.
const (
	lowIn  = ".low_rank.in"
	lowOut = ".low_rank.out"
)

// addLowRank gives each matrix of the blocks an update of some rank.
func (l *layout) addLowRank(rank int) {
	n := len(l.pieces)
	for i := range n {
		p := l.pieces[i]
		if len(p.shape) != 2 || !strings.Contains(p.names[0], ".encoder.layers.") {
			continue
		}
		r := min(int64(rank), p.shape[0], p.shape[1])
		l.low = append(l.low, lowRank{i, len(l.pieces), len(l.pieces) + 1})
		l.pieces = append(l.pieces,
			piece{names: []string{p.names[0] + lowIn}, shape: []int64{r, p.shape[1]}, extra: true},
			piece{names: []string{p.names[0] + lowOut}, shape: []int64{p.shape[0], r}, extra: true})
	}
	l.number()
}

// updated adds the updates to the matrices among tensors, which are in the layout's order.
func (t *Trainer) updated(s *scope, tensors []tensor) {
	for _, low := range t.layout.low {
		product := s.scale(s.matmul(tensors[low.out], tensors[low.in]), t.options.LowRankScale)
		matrix := tensors[low.piece]
		tensors[low.piece] = s.add(matrix, s.as(product, t.kindOf(low.piece)))
	}
}

// kindOf returns the element type that a piece has in a pass.
func (t *Trainer) kindOf(piece int) int32 {
	if piece < t.layout.half {
		return t.kind
	}
	return kindF32
}

// stays reports whether a weight is not trained. An update is named for its matrix, so that of a frozen matrix stays, too: 0.
func (t *Trainer) stays(name string, extra bool) bool {
	if t.options.LowRank > 0 && !extra && name != scaleName {
		return true
	}
	return t.options.Frozen != nil && t.options.Frozen(name)
}
