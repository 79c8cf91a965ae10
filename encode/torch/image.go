//go:build native

package torch

import (
	"context"

	"clipsearch/encode/checkpoint"
)

// imageTower is a vision transformer (Dosovitskiy et al. 2021) with CLIP's extra normalisation before the first block.
type imageTower struct {
	grid       int64  // patches along a side: S/P, rounded down
	patch      int64  // px
	patches    linear // [W, 3·P·P]: a convolution whose kernels do not overlap is a matrix product
	class      tensor // [1, 1, W]
	positions  tensor // [1+G, W]
	pre        norm
	stack      stack
	post       norm
	projection linear // f32, [D, W]
}

// newImageTower loads the image tower.
func newImageTower(l *loader, config checkpoint.VisionConfig) imageTower {
	return imageTower{
		grid:       int64(config.ImageSize / config.Patch),
		patch:      int64(config.Patch),
		patches:    linear{weight: l.reshape(l.get("vision_model.embeddings.patch_embedding.weight"), int64(config.Width), -1)},
		class:      l.view(l.get("vision_model.embeddings.class_embedding"), 1, 1, int64(config.Width)),
		positions:  l.get("vision_model.embeddings.position_embedding.weight"),
		pre:        l.norm("vision_model.pre_layrnorm", config.Width, config.Eps), // sic: Hugging Face's spelling
		stack:      newStack(l, "vision_model", config.TowerConfig),
		post:       l.norm("vision_model.post_layernorm", config.Width, config.Eps),
		projection: l.projection("visual_projection"),
	}
}

// forward returns the embeddings [B, D], f32, of pixels [B, 3, S, S] in the weights' type.
func (t *imageTower) forward(ctx context.Context, s *scope, pixels tensor, batch int64) tensor {
	x := t.tokens(s, pixels, batch)                               // [B·(1+G), W]
	x = t.stack.pooled(ctx, s, x, nil, batch, 1+t.grid*t.grid, 0) // [B, W], the class token
	return t.project(s, x)                                        // [B, D]
}

// dense returns an embedding of each patch, [B, G, D], f32, of pixels [B, 3, S, S] in the weights' type. The last block
// mixes no tokens, so that a patch's embedding speaks of what is there (MaskCLIP: Zhou, Loy and Dai 2022, section 3.2).
func (t *imageTower) dense(ctx context.Context, s *scope, pixels tensor, batch int64) tensor {
	width, patches := t.stack.width, t.grid*t.grid
	last := len(t.stack.blocks) - 1
	x := t.tokens(s, pixels, batch)                                              // [B·(1+G), W]
	x = t.stack.forward(ctx, s, t.stack.blocks[:last], x, nil, batch, 1+patches) // [B·(1+G), W]
	x = s.part(s.view(x, batch, 1+patches, width), 1, 1, patches)                // [B, G, W], without the class token
	x = t.stack.unmixed(s, &t.stack.blocks[last], x)                             // [B, G, W]
	return t.project(s, x)                                                       // [B, G, D]
}

// tokens returns what the first block takes, [B·(1+G), W]: the class token and the patches of each picture.
func (t *imageTower) tokens(s *scope, pixels tensor, batch int64) tensor {
	width := t.stack.width
	x := s.linear(t.cut(s, pixels, batch), t.patches)           // [B, G, W]
	x = s.cat(1, s.expand(t.class, batch, 1, width), x)         // [B, 1+G, W]
	x = s.layerNorm(s.add(x, t.positions), t.pre, t.stack.kind) // [B, 1+G, W]
	return s.reshape(x, -1, width)                              // [B·(1+G), W]
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
