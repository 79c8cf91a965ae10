//go:build native

package torch

import (
	"math"
	"math/rand/v2"
)

// noise is what one pass through a tower draws by chance, and the small tensors that say which tokens are there. It follows from a
// seed alone, so a pass can be repeated.
type noise struct {
	patches tensor // [B·G′]: rows of B·G, the patches that are kept; nil: all
	kept    int64  // G′
	pool    tensor // [B]: rows of B·T, the tokens that items are pooled at
	branch  tensor // [2·layers, B, 1]: 0 where a branch is left out, else 1/(1−p); nil: 1

	causal tensor // [T, T]: 0 where a token may look, -∞ at those behind it
	ends   tensor // [B, 1, T]: 0 up to the end token, -∞ behind it
}

// drawPictures draws for a batch of pictures; exact leaves nothing out.
func (t *Trainer) drawPictures(s *scope, rng *rand.Rand, batch int, exact bool) *noise {
	n := &noise{}
	v := t.config.Vision
	patches := v.Patches()
	kept := patches
	if !exact {
		kept = max(1, patches-int(math.Round(t.options.PatchDrop*float64(patches))))
	}
	if kept < patches {
		rows := make([]int64, 0, batch*kept)
		for b := range batch {
			for _, p := range rng.Perm(patches)[:kept] {
				rows = append(rows, int64(b*patches+p))
			}
		}
		n.patches = s.to(s.ofInts(rows, int64(len(rows))), t.device, kindI64)
	}
	n.kept = int64(kept)
	class := make([]int64, batch)
	for b := range class {
		class[b] = int64(b * (1 + kept))
	}
	n.pool = s.to(s.ofInts(class, int64(batch)), t.device, kindI64)
	if !exact && t.options.DropPath > 0 {
		n.branch = t.drawBranches(s, rng, v.Layers, batch)
	}
	return n
}

// drawTexts draws for a batch of texts. lengths are their numbers of tokens, tokens the longest's.
func (t *Trainer) drawTexts(s *scope, rng *rand.Rand, lengths []int, tokens int, exact bool) *noise {
	n := &noise{}
	t.markTexts(s, n, lengths, tokens)
	if !exact && t.options.DropPath > 0 {
		n.branch = t.drawBranches(s, rng, t.config.Text.Layers, len(lengths))
	}
	return n
}

// drawBranches leaves each branch of each item out with a probability that grows from 0 in the first block to DropPath in the
// last (Huang et al. 2016, section 3).
func (t *Trainer) drawBranches(s *scope, rng *rand.Rand, layers, batch int) tensor {
	kept := make([]float32, 0, 2*layers*batch)
	for i := range layers {
		p := t.options.DropPath * float64(i+1) / float64(layers)
		for range 2 * batch {
			if rng.Float64() < p {
				kept = append(kept, 0)
			} else {
				kept = append(kept, float32(1/(1-p)))
			}
		}
	}
	return s.to(s.ofFloats(kept, int64(2*layers), int64(batch), 1), t.device, t.kind)
}

// markTexts makes the masks of padded texts.
func (t *Trainer) markTexts(s *scope, n *noise, lengths []int, tokens int) {
	hidden := float32(math.Inf(-1))
	batch := len(lengths)
	ends, rows := make([]float32, batch*tokens), make([]int64, batch)
	for b, length := range lengths {
		rows[b] = int64(b*tokens + length - 1)
		for at := length; at < tokens; at++ {
			ends[b*tokens+at] = hidden
		}
	}
	n.pool = s.to(s.ofInts(rows, int64(batch)), t.device, kindI64)
	n.ends = s.to(s.ofFloats(ends, int64(batch), 1, int64(tokens)), t.device, t.kind)
	if t.fused {
		return
	}
	mask := make([]float32, tokens*tokens)
	for row := range tokens {
		for column := row + 1; column < tokens; column++ {
			mask[row*tokens+column] = hidden
		}
	}
	n.causal = s.to(s.ofFloats(mask, int64(tokens), int64(tokens)), t.device, t.kind)
}
