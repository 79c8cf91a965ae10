//go:build native

package torch

import "math"

// attention is how the tokens of an item look at each other: all at all, or, in a text, each at those before it. Queries come
// scaled; see loader.attentionInput.
type attention struct {
	width  int64
	heads  int64
	kind   int32
	fused  bool   // libtorch has one operation for it, which keeps the scores where they are made
	causal bool   // no token sees those behind it
	mask   tensor // [context, context]: 0 where a token may look, -∞ at those behind it; nil if fused or not causal
}

// causalMask returns what is added to the attention scores so that no token sees those behind it: [n, n].
func causalMask(l *loader, n int) tensor {
	mask := make([]float32, n*n)
	for row := range n {
		for column := row + 1; column < n; column++ {
			mask[row*n+column] = float32(math.Inf(-1))
		}
	}
	return l.within(func(s *scope) tensor {
		return s.to(s.ofFloats(mask, int64(n), int64(n)), l.device, l.kind) // [context, context]
	})
}

// hasFusedAttention reports whether this libtorch can do attention in one operation on a device: it is tried.
func hasFusedAttention(device, kind int32) bool {
	var s scope
	defer s.close()
	x := s.empty(kind, device, 1, 1, 2, 8) // [B, H, T, W/H]
	s.attend(x, x, x, true)
	return s.err == nil
}

// mixed returns what each token of each item gets of the others, [B·T, W]; qkv are queries, keys and values, [B·T, 3W].
func (a *attention) mixed(s *scope, qkv tensor, batch, tokens int64) tensor {
	qkv = s.view(qkv, batch, tokens, 3, a.heads, a.head()) // [B, T, 3, H, W/H]
	qkv = s.permute(qkv, 2, 0, 3, 1, 4)                    // [3, B, H, T, W/H]
	var y tensor
	if a.fused {
		y = s.attend(s.at(qkv, 0, 0), s.at(qkv, 0, 1), s.at(qkv, 0, 2), a.causal) // [B, H, T, W/H]
	} else {
		y = a.stepwise(s, qkv, batch, tokens) // [B, H, T, W/H]
	}
	return s.reshape(s.permute(y, 0, 2, 1, 3), batch*tokens, a.width) // [B·T, W]
}

// stepwise is attend of queries, keys and values [3, B, H, T, W/H], one operation after the other.
func (a *attention) stepwise(s *scope, qkv tensor, batch, tokens int64) tensor {
	qkv = s.view(s.contiguous(qkv), 3, batch*a.heads, tokens, a.head()) // [3, B·H, T, W/H]
	keys := s.permute(s.at(qkv, 0, 1), 0, 2, 1)                         // [B·H, W/H, T]
	scores := s.bmm(s.at(qkv, 0, 0), keys)                              // [B·H, T, T]
	if a.causal {
		scores = s.addTo(scores, s.first(s.first(a.mask, 0, tokens), 1, tokens)) // [B·H, T, T]
	}
	y := s.bmm(s.softmax(scores, a.kind), s.at(qkv, 0, 2)) // [B·H, T, W/H]
	return s.view(y, batch, a.heads, tokens, a.head())     // [B, H, T, W/H]
}

// lookup is attention with one query an item, q [B, W], over the keys and values of all its tokens, kv [B·T, 2W].
func (a *attention) lookup(s *scope, q, kv tensor, batch, tokens int64) tensor {
	kv = s.view(kv, batch, tokens, 2, a.heads, a.head()) // [B, T, 2, H, W/H]
	kv = s.permute(kv, 2, 0, 3, 1, 4)                    // [2, B, H, T, W/H]
	if a.fused {
		q = s.view(q, batch, a.heads, 1, a.head())                 // [B, H, 1, W/H]
		y := s.attend(q, s.at(kv, 0, 0), s.at(kv, 0, 1), false)    // [B, H, 1, W/H]
		return s.reshape(s.permute(y, 0, 2, 1, 3), batch, a.width) // [B, W]
	}
	kv = s.view(s.contiguous(kv), 2, batch*a.heads, tokens, a.head()) // [2, B·H, T, W/H]
	q = s.reshape(q, batch*a.heads, 1, a.head())                      // [B·H, 1, W/H]
	scores := s.bmm(q, s.permute(s.at(kv, 0, 0), 0, 2, 1))            // [B·H, 1, T]
	y := s.bmm(s.softmax(scores, a.kind), s.at(kv, 0, 1))             // [B·H, 1, W/H]
	return s.view(y, batch, a.width)                                  // [B, W]
}

// head is the width of one head.
func (a *attention) head() int64 { return a.width / a.heads }
