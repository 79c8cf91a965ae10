//go:build native

package torch

import (
	"context"

	"clipsearch/encode/checkpoint"
)

// imageTower is a vision transformer (Dosovitskiy et al. 2021) with CLIP's extra normalisation before the first block.
type imageTower struct {
	tokens     int64  // 1+G
	patch      int64  // px
	patches    tensor // [W, 3, P, P]
	class      tensor // [1, 1, W]
	positions  tensor // [1+G, W]
	pre        norm
	stack      stack
	post       norm   // f32
	projection linear // f32, [D, W]
}

// newImageTower loads the image tower.
func newImageTower(l *loader, config checkpoint.VisionConfig) imageTower {
	return imageTower{
		tokens:     1 + int64(config.Patches()),
		patch:      int64(config.Patch),
		patches:    l.get("vision_model.embeddings.patch_embedding.weight"),
		class:      l.view(l.get("vision_model.embeddings.class_embedding"), 1, 1, int64(config.Width)),
		positions:  l.get("vision_model.embeddings.position_embedding.weight"),
		pre:        l.norm(l.kind, "vision_model.pre_layrnorm", config.Width, config.Eps), // sic: Hugging Face's spelling
		stack:      newStack(l, "vision_model", config.TowerConfig),
		post:       l.norm(kindF32, "vision_model.post_layernorm", config.Width, config.Eps),
		projection: l.projection("visual_projection"),
	}
}

// forward returns the embeddings [B, D], f32, of pixels [B, 3, S, S] in the weights' type.
func (t *imageTower) forward(ctx context.Context, s *scope, pixels tensor, batch int64) tensor {
	width, tokens := t.stack.width, t.tokens
	x := s.conv(pixels, t.patches, t.patch)             // [B, W, S/P, S/P]
	x = s.view(x, batch, width, tokens-1)               // [B, W, G]
	x = s.permute(x, 0, 2, 1)                           // [B, G, W]
	x = s.cat(1, s.expand(t.class, batch, 1, width), x) // [B, 1+G, W]
	x = s.layerNorm(s.add(x, t.positions), t.pre)       // [B, 1+G, W]
	x = s.reshape(x, batch*tokens, width)               // [B·(1+G), W]
	x = t.stack.forward(ctx, s, x, nil, batch, tokens)  // [B·(1+G), W]
	x = s.at(s.view(x, batch, tokens, width), 1, 0)     // [B, W], the class token
	x = s.layerNorm(s.as(x, kindF32), t.post)           // [B, W]
	return s.linear(x, t.projection)                    // [B, D]
}
