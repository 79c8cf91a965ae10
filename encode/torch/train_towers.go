//go:build native

package torch

import (
	"math"

	"clipsearch/encode/checkpoint"
)

// trainee is both towers as functions of one vector of weights, for one forward pass.
type trainee struct {
	config checkpoint.Config
	kind   int32 // of the towers
	fused  bool  // attention as one operation

	class, positions tensor // [W], [1+G, W]
	patches          linear // [W, 3·P·P]
	pre, post        norm
	words, places    tensor // [vocabulary, W], [context, W]
	final            norm
	image, text      []block
	projectImage     linear // [D, W]
	projectText      linear // [D, W]
	scale            tensor // [1]
	head             [2]linear
}

// newTrainee cuts the vector of weights [P], which is a leaf of the graph, into what the towers take.
func newTrainee(s *scope, t *Trainer, vector tensor) *trainee {
	l := t.layout
	sizes := []int64{l.halfSize(), l.size - l.halfSize()}
	parts := s.split(vector, sizes)
	if s.err != nil {
		return nil
	}
	parts[0] = s.as(parts[0], t.kind)
	var tensors []tensor
	for i, group := range [][]piece{l.pieces[:l.half], l.pieces[l.half:]} {
		lengths := make([]int64, len(group))
		for k, p := range group {
			lengths[k] = p.len()
		}
		for k, flat := range s.split(parts[i], lengths) {
			if t.still[len(tensors)] {
				flat = s.detach(flat)
			}
			tensors = append(tensors, s.view(flat, group[k].shape...))
		}
	}
	if s.err != nil {
		return nil
	}
	t.updated(s, tensors)
	return assemble(t, tensors)
}

// assemble gives the tensors, in the layout's order, their places.
func assemble(t *Trainer, tensors []tensor) *trainee {
	c := t.config
	byName := make(map[string]tensor, len(tensors))
	for i, p := range t.layout.pieces {
		byName[p.names[0]] = tensors[i]
	}
	get := func(name string) tensor { return byName[name] }
	layer := func(name string) linear { return linear{weight: get(name + ".weight"), bias: get(name + ".bias")} }
	normIn := func(kind int32, name string, tower checkpoint.TowerConfig) norm {
		return norm{weight: get(name + ".weight"), bias: get(name + ".bias"), kind: kind, width: int64(tower.Width), eps: tower.Eps}
	}
	inner := kindF32
	if t.norms {
		inner = t.kind
	}
	norm := func(name string, tower checkpoint.TowerConfig) norm { return normIn(inner, name, tower) }
	blocks := func(prefix string, tower checkpoint.TowerConfig) []block {
		all := make([]block, tower.Layers)
		for i := range all {
			p := layerName(prefix, i)
			all[i] = block{
				norm1: norm(p+"layer_norm1", tower),
				qkv:   layer(p + "self_attn.q_proj"),
				out:   layer(p + "self_attn.out_proj"),
				norm2: norm(p+"layer_norm2", tower),
				fc1:   layer(p + "mlp.fc1"),
				fc2:   layer(p + "mlp.fc2"),
			}
		}
		return all
	}
	return &trainee{
		config:       c,
		kind:         t.kind,
		fused:        t.fused,
		class:        get("vision_model.embeddings.class_embedding"),
		patches:      linear{weight: get("vision_model.embeddings.patch_embedding.weight")},
		positions:    get("vision_model.embeddings.position_embedding.weight"),
		pre:          norm("vision_model.pre_layrnorm", c.Vision.TowerConfig),
		post:         normIn(kindF32, "vision_model.post_layernorm", c.Vision.TowerConfig),
		words:        get("text_model.embeddings.token_embedding.weight"),
		places:       get("text_model.embeddings.position_embedding.weight"),
		final:        normIn(kindF32, "text_model.final_layer_norm", c.Text.TowerConfig),
		image:        blocks("vision_model", c.Vision.TowerConfig),
		text:         blocks("text_model", c.Text.TowerConfig),
		projectImage: linear{weight: get("visual_projection.weight")},
		projectText:  linear{weight: get("text_projection.weight")},
		scale:        get(scaleName),
		head:         [2]linear{{weight: get(headIn)}, {weight: get(headOut)}},
	}
}

// run is what one pass through a tower's blocks goes by.
type run struct {
	tower  checkpoint.TowerConfig
	blocks []block
	batch  int64
	tokens int64
	mask   tensor // [T, T], added to the scores of all blocks but the last; nil: none
	causal bool   // mask is the causal one
	last   tensor // [B, 1, T], added to the scores of the pooled token in the last block; nil: none
	pool   tensor // [B]: the row, of B·T, of the token that each item is pooled at
	kept   tensor // [2·layers, B, 1]: what each branch of each block is multiplied with; nil: 1
}

// pictures returns the pooled token of pixels [B, 3, S, S], normalised over its width: [B, W], f32.
func (m *trainee) pictures(s *scope, pixels tensor, batch int64, n *noise) tensor {
	c := m.config.Vision
	width, grid := int64(c.Width), int64(c.ImageSize/c.Patch)
	patch, patches := int64(c.Patch), grid*grid
	x := s.first(s.first(pixels, 2, grid*patch), 3, grid*patch) // [B, 3, S, S], S now a multiple of P
	x = s.view(s.contiguous(x), batch, 3, grid, patch, grid, patch)
	x = s.reshape(s.permute(x, 0, 2, 4, 1, 3, 5), batch*patches, 3*patch*patch) // [B·G, 3·P·P]
	x = s.view(s.linear(x, m.patches), batch, patches, width)                   // [B, G, W]
	x = s.add(x, s.part(m.positions, 0, 1, patches))                            // [B, G, W]
	if n.patches != nil {
		patches = n.kept
		x = s.view(s.pick(s.view(x, -1, width), n.patches), batch, patches, width) // [B, G′, W]
	}
	class := s.add(m.class, s.view(s.first(m.positions, 0, 1), width))     // [W]
	x = s.cat(1, s.expand(s.view(class, 1, 1, width), batch, 1, width), x) // [B, 1+G, W]
	x = s.layerNorm(x, m.pre, m.kind)                                      // [B, 1+G, W]
	x = s.view(x, batch*(1+patches), width)                                // [B·(1+G), W]
	r := run{tower: c.TowerConfig, blocks: m.image, batch: batch, tokens: 1 + patches, pool: n.pool, kept: n.branch}
	return s.layerNorm(m.through(s, x, r), m.post, kindF32) // [B, W]
}

// texts returns the pooled token of ids [B, T], normalised over its width: [B, W], f32.
func (m *trainee) texts(s *scope, ids tensor, batch, tokens int64, n *noise) tensor {
	width := int64(m.config.Text.Width)
	x := s.embedding(m.words, ids)             // [B, T, W]
	x = s.add(x, s.first(m.places, 0, tokens)) // [B, T, W]
	x = s.view(x, batch*tokens, width)         // [B·T, W]
	r := run{tower: m.config.Text.TowerConfig, blocks: m.text, batch: batch, tokens: tokens,
		mask: n.causal, causal: true, last: n.ends, pool: n.pool, kept: n.branch}
	return s.layerNorm(m.through(s, x, r), m.final, kindF32) // [B, W]
}

// through runs tokens x [B·T, W] through all blocks and returns the pooled one of each item, [B, W].
func (m *trainee) through(s *scope, x tensor, r run) tensor {
	last := len(r.blocks) - 1
	for i := range last {
		x = s.within(func(s *scope) tensor { return m.block(s, x, &r.blocks[i], r, int64(i)) })
	}
	return s.within(func(s *scope) tensor { return m.pooledBlock(s, x, &r.blocks[last], r, int64(last)) })
}

// block runs x [B·T, W] through one block.
func (m *trainee) block(s *scope, x tensor, b *block, r run, i int64) tensor {
	h := s.linear(s.layerNorm(x, b.norm1, m.kind), b.qkv) // [B·T, 3W]
	h = s.linear(m.attend(s, h, r), b.out)                // [B·T, W]
	x = s.add(x, r.branch(s, h, 2*i))                     // [B·T, W]
	h = m.mlp(s, x, b, r.tower)                           // [B·T, W]
	return s.add(x, r.branch(s, h, 2*i+1))                // [B·T, W]
}

// pooledBlock is block for the pooled tokens alone, which look at all others: [B, W].
func (m *trainee) pooledBlock(s *scope, x tensor, b *block, r run, i int64) tensor {
	width, heads := int64(r.tower.Width), int64(r.tower.Heads)
	head := width / heads
	h := s.layerNorm(x, b.norm1, m.kind)                                                       // [B·T, W]
	q := s.linear(s.pick(h, r.pool), part(s, b.qkv, 0, width))                                 // [B, W]
	kv := s.linear(h, part(s, b.qkv, width, 2*width))                                          // [B·T, 2W]
	kv = s.contiguous(s.permute(s.view(kv, r.batch, r.tokens, 2, heads, head), 2, 0, 3, 1, 4)) // [2, B, H, T, W/H]
	kv = s.view(kv, 2, r.batch*heads, r.tokens, head)                                          // [2, B·H, T, W/H]
	q = s.scale(s.view(q, r.batch*heads, 1, head), 1/math.Sqrt(float64(head)))                 // [B·H, 1, W/H]
	scores := s.bmm(q, s.permute(s.at(kv, 0, 0), 0, 2, 1))                                     // [B·H, 1, T]
	if r.last != nil {
		scores = s.view(s.add(s.view(scores, r.batch, heads, r.tokens), r.last), r.batch*heads, 1, r.tokens)
	}
	h = s.view(s.bmm(s.softmax(scores, m.kind), s.at(kv, 0, 1)), r.batch, width) // [B, W]
	one := func(h tensor, branch int64) tensor {
		if r.kept == nil {
			return h
		}
		return s.mul(h, s.at(r.kept, 0, branch)) // [B, W]·[B, 1]
	}
	y := s.add(s.pick(x, r.pool), one(s.linear(h, b.out), 2*i)) // [B, W]
	return s.add(y, one(m.mlp(s, y, b, r.tower), 2*i+1))        // [B, W]
}

// part returns n outputs of a layer, the first being output from.
func part(s *scope, l linear, from, n int64) linear {
	return linear{weight: s.part(l.weight, 0, from, n), bias: s.part(l.bias, 0, from, n)}
}

// branch returns what a block adds, h [B·T, W], without that of the items for which this branch is left out.
func (r run) branch(s *scope, h tensor, branch int64) tensor {
	if r.kept == nil {
		return h
	}
	width := int64(r.tower.Width)
	kept := s.view(s.at(r.kept, 0, branch), r.batch, 1, 1)                     // [B, 1, 1]
	return s.view(s.mul(s.view(h, r.batch, r.tokens, width), kept), -1, width) // [B·T, W]
}

// mlp returns what a block's MLP makes of x [..., W].
func (m *trainee) mlp(s *scope, x tensor, b *block, tower checkpoint.TowerConfig) tensor {
	h := s.linear(s.layerNorm(x, b.norm2, m.kind), b.fc1) // [..., M]
	if tower.Activation == checkpoint.QuickGELU {
		h = s.smoothGELU(h)
	} else {
		h = s.gelu(h)
	}
	return s.linear(h, b.fc2) // [..., W]
}

// attend mixes the tokens of each item: qkv is [B·T, 3W].
func (m *trainee) attend(s *scope, qkv tensor, r run) tensor {
	width, heads := int64(r.tower.Width), int64(r.tower.Heads)
	head := width / heads
	qkv = s.permute(s.view(qkv, r.batch, r.tokens, 3, heads, head), 2, 0, 3, 1, 4) // [3, B, H, T, W/H]
	if m.fused {
		q := s.scale(s.at(qkv, 0, 0), 1/math.Sqrt(float64(head)))               // [B, H, T, W/H]
		mixed := s.attend(q, s.at(qkv, 0, 1), s.at(qkv, 0, 2), r.causal)        // [B, H, T, W/H]
		return s.reshape(s.permute(mixed, 0, 2, 1, 3), r.batch*r.tokens, width) // [B·T, W]
	}
	qkv = s.view(s.contiguous(qkv), 3, r.batch*heads, r.tokens, head) // [3, B·H, T, W/H]
	q := s.scale(s.at(qkv, 0, 0), 1/math.Sqrt(float64(head)))         // [B·H, T, W/H]
	scores := s.bmm(q, s.permute(s.at(qkv, 0, 1), 0, 2, 1))           // [B·H, T, T]
	if r.mask != nil {
		scores = s.add(scores, r.mask) // [B·H, T, T]
	}
	mixed := s.bmm(s.softmax(scores, m.kind), s.at(qkv, 0, 2))                   // [B·H, T, W/H]
	mixed = s.permute(s.view(mixed, r.batch, heads, r.tokens, head), 0, 2, 1, 3) // [B, T, H, W/H]
	return s.reshape(mixed, r.batch*r.tokens, width)                             // [B·T, W]
}
