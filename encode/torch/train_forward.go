//go:build native

package torch

import (
	"math/rand/v2"
	"slices"
)

// features are the pooled tokens of both towers: [N, W] each, f32.
type features struct{ pictures, texts tensor }

// forward runs samples [from, to) of a batch through the towers of m.
func (t *Trainer) forward(s *scope, m *trainee, b *Batch, from, to int, exact bool) features {
	n, side := int64(to-from), int64(t.config.Vision.ImageSize)
	pixels := s.within(func(s *scope) tensor {
		size := 3 * int(side*side)
		raw := s.ofBytes(b.Pixels[from*size:to*size], kindU8, n, 3, side, side)
		x := s.scale(s.as(s.to(raw, t.device, kindU8), kindF32), 1.0/255) // [N, 3, S, S]
		x = s.div(s.add(x, s.scale(t.mean, -1)), t.std)                   // [N, 3, S, S]
		return s.as(x, t.kind)
	})
	rng := rand.New(rand.NewPCG(b.Seed, uint64(from)))
	pictures := m.pictures(s, pixels, n, t.drawPictures(s, rng, int(n), exact))
	return features{pictures, t.forwardTexts(s, m, b.Texts[from:to], rng, exact)}
}

// forwardTexts runs texts through the text tower of m: the short and the long ones apart, so that one long text does not make
// all others as long as itself.
func (t *Trainer) forwardTexts(s *scope, m *trainee, texts [][]int32, rng *rand.Rand, exact bool) tensor {
	order, cut := byLengths(texts)
	var parts []tensor
	for _, group := range [][]int{order[:cut], order[cut:]} {
		if len(group) == 0 {
			continue
		}
		n, tokens := int64(len(group)), len(texts[group[len(group)-1]])
		lengths, flat := make([]int, n), make([]int64, int(n)*tokens)
		for i, at := range group {
			ids := texts[at]
			lengths[i] = len(ids)
			for k := range tokens {
				flat[i*tokens+k] = int64(ids[min(k, len(ids)-1)])
			}
		}
		ids := s.to(s.ofInts(flat, n, int64(tokens)), t.device, kindI64) // [N, T]
		parts = append(parts, m.texts(s, ids, n, int64(tokens), t.drawTexts(s, rng, lengths, tokens, exact)))
	}
	back := make([]int64, len(order))
	for i, at := range order {
		back[at] = int64(i)
	}
	return s.pick(s.cat(0, parts...), s.to(s.ofInts(back, int64(len(back))), t.device, kindI64)) // [N, W]
}

// byLengths returns the texts' order by length, and where to cut it so that both parts, padded to their longest, have the fewest
// tokens together.
func byLengths(texts [][]int32) (order []int, cut int) {
	order = make([]int, len(texts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return len(texts[a]) - len(texts[b]) })
	length := func(i int) int { return len(texts[order[i]]) }
	longest := length(len(order) - 1)
	cut = len(order)
	best := len(order) * longest * 9 / 10 // less of a gain is not worth a second pass
	for i := 1; i < len(order); i++ {
		if total := i*length(i-1) + (len(order)-i)*longest; total < best {
			best, cut = total, i
		}
	}
	return order, cut
}

// loss returns the loss of a whole batch's features.
func (t *Trainer) loss(s *scope, m *trainee, b *Batch, f features, teacher *features, wise *trainee) tensor {
	p := t.newPairs(s, b.Pictures, b.Captions, t.options.Smoothing)
	if teacher != nil {
		noGrad(func() {
			p.learnFrom(s, s.unit(s.linear(teacher.pictures, wise.projectImage)), s.unit(s.linear(teacher.texts, wise.projectText)),
				s.exp(wise.scale), t.options.Distill)
		})
	}
	pictures := s.unit(s.linear(f.pictures, m.projectImage)) // [N, D]
	texts := s.unit(s.linear(f.texts, m.projectText))        // [N, D]
	loss := contrast(s, pictures, texts, s.exp(m.scale), p)
	if t.options.PictureLoss > 0 {
		z := s.linear(s.relu(s.linear(f.pictures, m.head[0])), m.head[1]) // [N, D]
		loss = s.add(loss, s.scale(among(s, s.unit(z), p), t.options.PictureLoss))
	}
	return loss
}
