//go:build native

package torch

import (
	"context"
	"slices"

	"clipsearch/encode/checkpoint"
	"clipsearch/encode/pixel"
)

// imageTower is a vision transformer (Dosovitskiy et al. 2021) with CLIP's extra normalisation before the first block.
type imageTower struct {
	grid       int64  // patches along a side: S/P, rounded down
	patch      int64  // px
	patches    linear // [W, 3·P·P], of 8-bit values less half: see newPatches
	class      tensor // [1, 1, W]
	positions  tensor // [1+G, W]
	pre        norm
	stack      stack
	post       norm
	projection linear // f32, [D, W]
}

// newImageTower loads the image tower.
func newImageTower(l *loader, config checkpoint.VisionConfig, pixels pixel.Spec) imageTower {
	return imageTower{
		grid:       int64(config.ImageSize / config.Patch),
		patch:      int64(config.Patch),
		patches:    newPatches(l, config, pixels),
		class:      l.view(l.get("vision_model.embeddings.class_embedding"), 1, 1, int64(config.Width)),
		positions:  l.get("vision_model.embeddings.position_embedding.weight"),
		pre:        l.norm("vision_model.pre_layrnorm", config.Width, config.Eps), // sic: Hugging Face's spelling
		stack:      newStack(l, "vision_model", config.TowerConfig),
		post:       l.lastNorm("vision_model.post_layernorm", config.Width, config.Eps),
		projection: l.projection("visual_projection"),
	}
}

// half is what 8-bit values are reduced by before they are multiplied: what is left is exact in every type.
const half = 128

// newPatches loads the layer that makes tokens of patches. A convolution whose kernels do not overlap is a matrix product, and
// normalising is linear: with 8 bits v = half + u of a channel normalised to scale·v + shift, the weights are scaled, and what
// they make of half and shift is their bias.
func newPatches(l *loader, config checkpoint.VisionConfig, pixels pixel.Spec) linear {
	const name = "vision_model.embeddings.patch_embedding.weight"
	width, area := int64(config.Width), int64(config.Patch*config.Patch)
	var scales, offsets []float32 // of each of a patch's numbers
	for channel := range 3 {
		scale, shift := pixels.Normal(channel)
		scales = append(scales, slices.Repeat([]float32{float32(scale)}, int(area))...)
		offsets = append(offsets, slices.Repeat([]float32{float32(scale*half + shift)}, int(area))...)
	}
	weight := func(s *scope) tensor {
		inner := loader{s, l.weights, l.device, l.kind}
		return s.view(inner.load(kindF32, name), width, 3*area) // [W, 3·P·P]
	}
	return linear{
		weight: l.within(func(s *scope) tensor {
			return s.as(s.mul(weight(s), s.to(s.ofFloats(scales, 3*area), l.device, kindF32)), l.kind)
		}),
		bias: l.within(func(s *scope) tensor {
			ones := s.to(s.ofFloats(offsets, 1, 3*area), l.device, kindF32)
			return s.as(s.view(s.linear(ones, linear{weight: weight(s)}), width), l.kind)
		}),
	}
}

// forward returns the embeddings [B, D], f32, of pixels [B, 3, S, S] of 8 bits.
func (t *imageTower) forward(ctx context.Context, s *scope, pixels tensor, batch int64) tensor {
	x := t.tokens(s, pixels, batch)                          // [B·(1+G), W]
	x = t.stack.pooled(ctx, s, x, batch, 1+t.grid*t.grid, 0) // [B, W], the class token
	return t.project(s, x)                                   // [B, D]
}

// dense returns an embedding of each patch, [B, G, D], f32, of pixels [B, 3, S, S] of 8 bits. The last block
// mixes no tokens, so that a patch's embedding speaks of what is there (MaskCLIP: Zhou, Loy and Dai 2022, section 3.2).
func (t *imageTower) dense(ctx context.Context, s *scope, pixels tensor, batch int64) tensor {
	width, patches := t.stack.width, t.grid*t.grid
	last := len(t.stack.blocks) - 1
	x := t.tokens(s, pixels, batch)                                         // [B·(1+G), W]
	x = t.stack.forward(ctx, s, t.stack.blocks[:last], x, batch, 1+patches) // [B·(1+G), W]
	x = s.part(s.view(x, batch, 1+patches, width), 1, 1, patches)           // [B, G, W], without the class token
	x = t.stack.unmixed(s, &t.stack.blocks[last], x)                        // [B, G, W]
	return t.project(s, x)                                                  // [B, G, D]
}

// tokens returns what the first block takes, [B·(1+G), W]: the class token and the patches of each picture.
func (t *imageTower) tokens(s *scope, pixels tensor, batch int64) tensor {
	width := t.stack.width
	return s.within(func(s *scope) tensor {
		x := s.as(t.cut(s, pixels, batch), t.stack.kind)              // [B, G, 3·P·P]
		x = s.linear(s.shift(x, -half), t.patches)                    // [B, G, W]
		x = s.cat(1, s.expand(t.class, batch, 1, width), x)           // [B, 1+G, W]
		x = s.layerNorm(s.addTo(x, t.positions), t.pre, t.stack.kind) // [B, 1+G, W]
		return s.reshape(x, -1, width)                                // [B·(1+G), W]
	})
}

// project returns the embeddings [..., D], f32, of tokens [..., W] that left the last block.
func (t *imageTower) project(s *scope, x tensor) tensor {
	return s.linear(s.layerNorm(x, t.post, kindF32), t.projection)
}

// cut returns the patches [B, G, 3·P·P] of pixels [B, 3, S, S], row by row. What does not fill a patch at the right and at
// the bottom is left out, as a convolution does.
func (t *imageTower) cut(s *scope, pixels tensor, batch int64) tensor {
	x := s.first(s.first(pixels, 2, t.grid*t.patch), 3, t.grid*t.patch) // [B, 3, S, S], S now a multiple of P
	x = s.reshape(x, batch, 3, t.grid, t.patch, t.grid, t.patch)        // [B, 3, S/P, P, S/P, P]
	x = s.permute(x, 0, 2, 4, 1, 3, 5)                                  // [B, S/P, S/P, 3, P, P]
	return s.reshape(x, batch, t.grid*t.grid, 3*t.patch*t.patch)        // [B, G, 3·P·P]
}
