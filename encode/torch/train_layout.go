//go:build native

package torch

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"strings"

	"clipsearch/encode/checkpoint"
)

// A layout says where each weight of a model lies in one long vector. The optimiser, the clipping and the averaging then are a
// few operations over that vector instead of a few for each of hundreds of tensors, and a step's gradient arrives as one
// vector, too.
//
// Pieces stand in the order in which the towers take them: first those that run in the towers' type, then those that stay in
// f32.
type layout struct {
	pieces []piece
	half   int // how many pieces run in the towers' type: the first ones
	size   int64
	low    []lowRank
}

// A piece is one or more weights that a tower uses as one tensor, one below the other: the queries', keys' and values'.
type piece struct {
	names []string // of the weights, each an equal share of the piece's rows
	shape []int64
	at    int64 // of its first number in the vector
	decay bool  // weight decay is for matrices, not for norms, biases and the scale (Loshchilov and Hutter 2019; CLIP, section 2.5)
	extra bool  // in training only: not part of a checkpoint
}

// len returns how many numbers a piece has.
func (p piece) len() int64 {
	n := int64(1)
	for _, side := range p.shape {
		n *= side
	}
	return n
}

// newLayout lists the weights of a model. norms says whether layer norms run in the towers' type, head whether the image tower
// has the extra head of the loss between pictures.
func newLayout(c checkpoint.Config, norms, head bool) *layout {
	l := &layout{}
	var full []piece // in f32
	norm := func(name string, width int) {
		list := &full
		if norms {
			list = &l.pieces
		}
		for _, part := range []string{".weight", ".bias"} {
			*list = append(*list, piece{names: []string{name + part}, shape: []int64{int64(width)}})
		}
	}
	add := func(decay bool, shape []int64, names ...string) {
		l.pieces = append(l.pieces, piece{names: names, shape: shape, decay: decay})
	}
	linear := func(in, out int, prefix string, names ...string) {
		var weights, biases []string
		for _, name := range names {
			weights, biases = append(weights, prefix+name+".weight"), append(biases, prefix+name+".bias")
		}
		n := int64(len(names) * out)
		add(true, []int64{n, int64(in)}, weights...)
		add(false, []int64{n}, biases...)
	}
	blocks := func(prefix string, t checkpoint.TowerConfig) {
		for i := range t.Layers {
			p := layerName(prefix, i)
			norm(p+"layer_norm1", t.Width)
			linear(t.Width, t.Width, p+"self_attn.", "q_proj", "k_proj", "v_proj")
			linear(t.Width, t.Width, p+"self_attn.", "out_proj")
			norm(p+"layer_norm2", t.Width)
			linear(t.Width, t.MLP, p+"mlp.", "fc1")
			linear(t.MLP, t.Width, p+"mlp.", "fc2")
		}
	}
	vw, tw, patch := int64(c.Vision.Width), int64(c.Text.Width), int64(c.Vision.Patch)
	add(false, []int64{vw}, "vision_model.embeddings.class_embedding")
	add(true, []int64{vw, 3 * patch * patch}, "vision_model.embeddings.patch_embedding.weight")
	add(false, []int64{int64(c.Vision.Patches()) + 1, vw}, "vision_model.embeddings.position_embedding.weight")
	norm("vision_model.pre_layrnorm", c.Vision.Width)
	blocks("vision_model", c.Vision.TowerConfig)
	add(true, []int64{int64(c.Text.Vocab), tw}, "text_model.embeddings.token_embedding.weight")
	add(false, []int64{int64(c.Text.Context), tw}, "text_model.embeddings.position_embedding.weight")
	blocks("text_model", c.Text.TowerConfig)

	l.half = len(l.pieces)
	for _, name := range []string{"vision_model.post_layernorm", "text_model.final_layer_norm"} {
		width := vw
		if strings.HasPrefix(name, "text") {
			width = tw
		}
		for _, part := range []string{".weight", ".bias"} {
			full = append(full, piece{names: []string{name + part}, shape: []int64{width}})
		}
	}
	full = append(full,
		piece{names: []string{"visual_projection.weight"}, shape: []int64{int64(c.Dims), vw}, decay: true},
		piece{names: []string{"text_projection.weight"}, shape: []int64{int64(c.Dims), tw}, decay: true},
		piece{names: []string{scaleName}, shape: []int64{1}},
	)
	if head {
		full = append(full,
			piece{names: []string{headIn}, shape: []int64{2 * vw, vw}, decay: true, extra: true},
			piece{names: []string{headOut}, shape: []int64{int64(c.Dims), 2 * vw}, decay: true, extra: true},
		)
	}
	l.pieces = append(l.pieces, full...)
	l.number()
	return l
}

// number says where each piece begins.
func (l *layout) number() {
	l.size = 0
	for i := range l.pieces {
		l.pieces[i].at = l.size
		l.size += l.pieces[i].len()
	}
}

// The weights that are treated by name.
const (
	scaleName = "logit_scale"
	headIn    = "picture_head.in.weight"
	headOut   = "picture_head.out.weight"
)

// halfSize returns how many numbers run in the towers' type: the first ones.
func (l *layout) halfSize() int64 {
	if l.half == len(l.pieces) {
		return l.size
	}
	return l.pieces[l.half].at
}

// place is where one weight lies.
type place struct {
	name     string
	at, size int64
	piece    *piece
}

// places returns where each weight lies, in order.
func (l *layout) places() []place {
	var all []place
	for i := range l.pieces {
		p := &l.pieces[i]
		each := p.len() / int64(len(p.names))
		for k, name := range p.names {
			all = append(all, place{name, p.at + int64(k)*each, each, p})
		}
	}
	return all
}

// layerName is what the names of a block's weights begin with.
func layerName(tower string, i int) string { return fmt.Sprintf("%s.encoder.layers.%d.", tower, i) }

// decays returns a vector with 1 where weights decay.
func (l *layout) decays() []float32 {
	values := make([]float32, l.size)
	for _, p := range l.pieces {
		if p.decay {
			fill(values[p.at:][:p.len()], 1)
		}
	}
	return values
}

// fill sets all numbers of a slice.
func fill(values []float32, to float32) {
	for i := range values {
		values[i] = to
	}
}

// scaleAt returns where the logit scale lies.
func (l *layout) scaleAt() int64 {
	for _, p := range l.pieces {
		if p.names[0] == scaleName {
			return p.at
		}
	}
	return -1
}

// draw fills a weight that only training needs: the first factor of an update and the head at random, as large as its inputs
// want it, the second factor of an update with 0, so that the model is the same at first.
func (p *piece) draw(name string, to []float32) {
	if strings.HasSuffix(name, lowOut) {
		return
	}
	h := fnv.New64a()
	h.Write([]byte(name))
	rng := rand.New(rand.NewPCG(1, h.Sum64()))
	deviation := 1 / math.Sqrt(float64(p.shape[len(p.shape)-1]))
	for i := range to {
		to[i] = float32(rng.NormFloat64() * deviation)
	}
}

// moving returns a vector with 1 where weights are trained; still says by piece which are not.
func (l *layout) moving(still []bool) []float32 {
	values := make([]float32, l.size)
	for i, p := range l.pieces {
		if !still[i] {
			fill(values[p.at:][:p.len()], 1)
		}
	}
	return values
}
