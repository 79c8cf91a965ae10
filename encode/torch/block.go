//go:build native

package torch

import (
	"context"
	"fmt"
	"math"

	"clipsearch/encode/checkpoint"
)

// A stack is what both towers have in common: residual blocks of multi-head attention and MLP (Vaswani et al. 2017, with
// the normalisation first, as CLIP has it).
type stack struct {
	blocks     []block
	width      int64
	heads      int64
	kind       int32 // element type of the weights and of what runs through them
	activation func(s *scope, x tensor) tensor
}

// block is one layer of a stack.
type block struct {
	norm1 norm
	qkv   linear // queries, keys and values side by side: [3W, W]
	out   linear // [W, W]
	norm2 norm
	fc1   linear // [M, W]
	fc2   linear // [W, M]
}

// newStack loads the blocks of one tower; prefix is the tower's name in the checkpoint.
func newStack(l *loader, prefix string, config checkpoint.TowerConfig) stack {
	st := stack{
		blocks: make([]block, config.Layers),
		width:  int64(config.Width),
		heads:  int64(config.Heads),
		kind:   l.kind,
	}
	switch config.Activation {
	case "quick_gelu":
		st.activation = (*scope).quickGELU
	case "gelu":
		st.activation = (*scope).gelu
	default:
		l.fail(prefix, fmt.Errorf("activation %q: it must be quick_gelu or gelu", config.Activation))
	}
	for i := range st.blocks {
		p := fmt.Sprintf("%s.encoder.layers.%d.", prefix, i)
		st.blocks[i] = block{
			norm1: l.norm(p+"layer_norm1", config.Width, config.Eps),
			qkv:   l.joined(p+"self_attn.", "q_proj", "k_proj", "v_proj"),
			out:   l.linear(p + "self_attn.out_proj"),
			norm2: l.norm(p+"layer_norm2", config.Width, config.Eps),
			fc1:   l.linear(p + "mlp.fc1"),
			fc2:   l.linear(p + "mlp.fc2"),
		}
	}
	return st
}

// forward runs x [B·T, W] through blocks of the stack. mask [T, T] is added to the attention scores; nil for none. ctx is checked
// between blocks, so that a large batch can be given up.
func (st *stack) forward(ctx context.Context, s *scope, blocks []block, x, mask tensor, batch, tokens int64) tensor {
	for i := range blocks {
		if err := ctx.Err(); err != nil {
			s.stop(err)
			return nil
		}
		y := s.within(func(s *scope) tensor { return st.block(s, &blocks[i], x, mask, batch, tokens) })
		s.drop(x)
		x = y // [B·T, W]
	}
	return x
}

// block runs x [B·T, W] through one block.
func (st *stack) block(s *scope, b *block, x, mask tensor, batch, tokens int64) tensor {
	h := s.layerNorm(x, b.norm1, st.kind)       // [B·T, W]
	h = s.linear(h, b.qkv)                      // [B·T, 3W]
	h = st.attention(s, h, mask, batch, tokens) // [B·T, W]
	x = s.add(x, s.linear(h, b.out))            // [B·T, W]
	return s.add(x, st.mlp(s, b, x))            // [B·T, W]
}

// pooled runs x [B·T, W] through all blocks and returns one token of each item, [B, W]. It must be one that may look at all
// others. In the last block the other tokens are only looked at, which saves five sixths of it: their queries, their output
// and their MLP would be thrown away.
func (st *stack) pooled(ctx context.Context, s *scope, x, mask tensor, batch, tokens, token int64) tensor {
	last := len(st.blocks) - 1
	x = st.forward(ctx, s, st.blocks[:last], x, mask, batch, tokens) // [B·T, W]
	b := &st.blocks[last]
	one := func(x tensor) tensor { return s.at(s.view(x, batch, tokens, st.width), 1, token) } // [B, W]
	h := s.layerNorm(x, b.norm1, st.kind)                                                      // [B·T, W]
	q := s.linear(one(h), st.rows(s, b.qkv, 0, 1))                                             // [B, W]
	kv := s.linear(h, st.rows(s, b.qkv, 1, 2))                                                 // [B·T, 2W]
	y := s.add(one(x), s.linear(st.lookup(s, q, kv, batch, tokens), b.out))                    // [B, W]
	return s.add(y, st.mlp(s, b, y))                                                           // [B, W]
}

// rows returns the part of a block's layer for queries, keys and values (0, 1 and 2) that gives n of these.
func (st *stack) rows(s *scope, qkv linear, from, n int64) linear {
	return linear{
		weight: s.part(qkv.weight, 0, from*st.width, n*st.width),
		bias:   s.part(qkv.bias, 0, from*st.width, n*st.width),
	}
}

// lookup is attention with one query an item, q [B, W], over the keys and values of all its tokens, kv [B·T, 2W].
func (st *stack) lookup(s *scope, q, kv tensor, batch, tokens int64) tensor {
	head := st.width / st.heads                                                 // W/H
	kv = s.view(kv, batch, tokens, 2, st.heads, head)                           // [B, T, 2, H, W/H]
	kv = s.contiguous(s.permute(kv, 2, 0, 3, 1, 4))                             // [2, B, H, T, W/H]
	kv = s.view(kv, 2, batch*st.heads, tokens, head)                            // [2, B·H, T, W/H]
	q = s.scale(s.view(q, batch*st.heads, 1, head), 1/math.Sqrt(float64(head))) // [B·H, 1, W/H]
	scores := s.bmm(q, s.permute(s.at(kv, 0, 0), 0, 2, 1))                      // [B·H, 1, T]
	mixed := s.bmm(s.softmax(scores, st.kind), s.at(kv, 0, 1))                  // [B·H, 1, W/H]
	return s.view(mixed, batch, st.width)                                       // [B, W]
}

// unmixed runs tokens x [..., W] through a block in which each attends to itself alone: instead of a mean of values it gets
// its own.
func (st *stack) unmixed(s *scope, b *block, x tensor) tensor {
	h := s.linear(s.layerNorm(x, b.norm1, st.kind), st.rows(s, b.qkv, 2, 1)) // [..., W]
	x = s.add(x, s.linear(h, b.out))                                         // [..., W]
	return s.add(x, st.mlp(s, b, x))                                         // [..., W]
}

// mlp returns what a block's MLP adds to tokens x [..., W].
func (st *stack) mlp(s *scope, b *block, x tensor) tensor {
	h := s.linear(s.layerNorm(x, b.norm2, st.kind), b.fc1) // [..., M]
	return s.linear(st.activation(s, h), b.fc2)            // [..., W]
}

// attention mixes the tokens of each item of the batch: softmax(q·kᵀ/√(W/H) + mask)·v. qkv is [B·T, 3W].
func (st *stack) attention(s *scope, qkv, mask tensor, batch, tokens int64) tensor {
	head := st.width / st.heads                               // W/H
	qkv = s.view(qkv, batch, tokens, 3, st.heads, head)       // [B, T, 3, H, W/H]
	qkv = s.contiguous(s.permute(qkv, 2, 0, 3, 1, 4))         // [3, B, H, T, W/H]
	qkv = s.view(qkv, 3, batch*st.heads, tokens, head)        // [3, B·H, T, W/H]
	q := s.scale(s.at(qkv, 0, 0), 1/math.Sqrt(float64(head))) // [B·H, T, W/H]
	keys := s.permute(s.at(qkv, 0, 1), 0, 2, 1)               // [B·H, W/H, T]
	scores := s.bmm(q, keys)                                  // [B·H, T, T]
	if mask != nil {
		scores = s.add(scores, mask) // [B·H, T, T]
	}
	mixed := s.bmm(s.softmax(scores, st.kind), s.at(qkv, 0, 2)) // [B·H, T, W/H]
	mixed = s.view(mixed, batch, st.heads, tokens, head)        // [B, H, T, W/H]
	mixed = s.permute(mixed, 0, 2, 1, 3)                        // [B, T, H, W/H]
	return s.reshape(mixed, batch*tokens, st.width)             // [B·T, W]
}
