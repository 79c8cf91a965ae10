//go:build native

package torch

import (
	"context"
	"fmt"

	"clipsearch/encode/checkpoint"
)

// A stack is what both towers have in common: residual blocks of multi-head attention and MLP (Vaswani et al. 2017, with
// the normalisation first, as CLIP has it).
type stack struct {
	blocks     []block
	query      linear // of the last block's qkv: [W, W]
	keysValues linear // of the last block's qkv: [2W, W]
	attention  attention
	width      int64
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
		attention: attention{
			width: int64(config.Width),
			heads: int64(config.Heads),
			kind:  l.kind,
			fused: hasFusedAttention(l.device, l.kind),
		},
		width: int64(config.Width),
		kind:  l.kind,
	}
	inner := 1.0 // what the MLP's inner numbers are multiplied with before the activation, and divided by after it
	switch config.Activation {
	case "quick_gelu":
		st.activation, inner = (*scope).silu, quickGELU
	case "gelu":
		st.activation = (*scope).gelu
	default:
		l.fail(prefix, fmt.Errorf("activation %q: it must be quick_gelu or gelu", config.Activation))
	}
	for i := range st.blocks {
		p := fmt.Sprintf("%s.encoder.layers.%d.", prefix, i)
		st.blocks[i] = block{
			norm1: l.norm(p+"layer_norm1", config.Width, config.Eps),
			qkv:   l.attentionInput(p+"self_attn.", st.attention.head()),
			out:   l.linear(p + "self_attn.out_proj"),
			norm2: l.norm(p+"layer_norm2", config.Width, config.Eps),
			fc1:   linear{weight: l.scaled(p+"mlp.fc1.weight", inner), bias: l.scaled(p+"mlp.fc1.bias", inner)},
			fc2:   linear{weight: l.scaled(p+"mlp.fc2.weight", 1/inner), bias: l.get(p + "mlp.fc2.bias")},
		}
	}
	last := st.blocks[len(st.blocks)-1].qkv
	st.query, st.keysValues = st.rows(l.scope, last, 0, 1), st.rows(l.scope, last, 1, 2)
	return st
}

// quickGELU is the factor c of CLIP's own activation, x·σ(c·x) (Hendrycks and Gimpel 2016, section 2). As that is silu(c·x)/c,
// the layers before and after it are scaled once, when they are loaded, and one operation is left of three on the widest
// tensor of a block.
const quickGELU = 1.702

// causal returns the stack with attention in which no token of at most context tokens sees those behind it.
func (st stack) causal(l *loader, context int) stack {
	st.attention.causal = true
	if !st.attention.fused {
		st.attention.mask = causalMask(l, context)
	}
	return st
}

// forward runs x [B·T, W] through blocks of the stack; x is not to be used any more. ctx is checked between blocks, so that a
// large batch can be given up.
func (st *stack) forward(ctx context.Context, s *scope, blocks []block, x tensor, batch, tokens int64) tensor {
	for i := range blocks {
		if err := ctx.Err(); err != nil {
			s.stop(err)
			return nil
		}
		y := s.within(func(s *scope) tensor { return st.block(s, &blocks[i], x, batch, tokens) })
		s.drop(x)
		x = y // [B·T, W]
	}
	return x
}

// block runs x [B·T, W] through one block, in place.
func (st *stack) block(s *scope, b *block, x tensor, batch, tokens int64) tensor {
	h := s.layerNorm(x, b.norm1, st.kind)       // [B·T, W]
	h = s.linear(h, b.qkv)                      // [B·T, 3W]
	h = st.attention.mixed(s, h, batch, tokens) // [B·T, W]
	x = s.addTo(x, s.linear(h, b.out))          // [B·T, W]
	return s.addTo(x, st.mlp(s, b, x))          // [B·T, W]
}

// pooled runs x [B·T, W], which is not to be used any more, through all blocks and returns one token of each item, [B, W]. It
// must be one that may look at all others. In the last block the other tokens are only looked at, which saves five sixths of it: their queries, their output
// and their MLP would be thrown away.
func (st *stack) pooled(ctx context.Context, s *scope, x tensor, batch, tokens, token int64) tensor {
	last := len(st.blocks) - 1
	x = st.forward(ctx, s, st.blocks[:last], x, batch, tokens) // [B·T, W]
	b := &st.blocks[last]
	one := func(x tensor) tensor { return s.at(s.view(x, batch, tokens, st.width), 1, token) } // [B, W]
	h := s.layerNorm(x, b.norm1, st.kind)                                                      // [B·T, W]
	q := s.linear(one(h), st.query)                                                            // [B, W]
	kv := s.linear(h, st.keysValues)                                                           // [B·T, 2W]
	y := s.add(one(x), s.linear(st.attention.lookup(s, q, kv, batch, tokens), b.out))          // [B, W]
	return s.add(y, st.mlp(s, b, y))                                                           // [B, W]
}

// rows returns the part of a block's layer for queries, keys and values (0, 1 and 2) that gives n of these.
func (st *stack) rows(s *scope, qkv linear, from, n int64) linear {
	return linear{
		weight: s.part(qkv.weight, 0, from*st.width, n*st.width),
		bias:   s.part(qkv.bias, 0, from*st.width, n*st.width),
	}
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
