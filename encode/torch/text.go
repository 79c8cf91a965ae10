//go:build native

package torch

import (
	"context"
	"fmt"
	"slices"

	"clipsearch/encode/checkpoint"
)

// textTower is CLIP's causal transformer over token ids. Because it is causal and pooled at the end token, only the tokens
// up to that one are run; that is exact.
type textTower struct {
	config     checkpoint.TextConfig
	words      tensor // [vocabulary, W]
	positions  tensor // [context, W]
	stack      stack
	final      norm
	projection linear // f32, [D, W]
}

// newTextTower loads the text tower.
func newTextTower(l *loader, config checkpoint.TextConfig) textTower {
	return textTower{
		config:     config,
		words:      l.get("text_model.embeddings.token_embedding.weight"),
		positions:  l.get("text_model.embeddings.position_embedding.weight"),
		stack:      newStack(l, "text_model", config.TowerConfig).causal(l, config.Context).packed(l),
		final:      l.lastNorm("text_model.final_layer_norm", config.Width, config.Eps),
		projection: l.projection("text_projection"),
	}
}

// forward returns the embeddings [B, D], f32, of texts of equal length, ids [B, T], pooled at their last token.
func (t *textTower) forward(ctx context.Context, s *scope, ids tensor, batch, tokens int64) tensor {
	width := t.stack.width
	x := s.embedding(t.words, ids)                         // [B, T, W]
	x = s.addTo(x, s.first(t.positions, 0, tokens))        // [B, T, W]
	x = s.view(x, batch*tokens, width)                     // [B·T, W]
	x = t.stack.pooled(ctx, s, x, batch, tokens, tokens-1) // [B, W], the end token, which sees all
	x = s.layerNorm(x, t.final, kindF32)                   // [B, W]
	return s.linear(x, t.projection)                       // [B, D]
}

// real returns the part of a text's ids that reaches its embedding: up to the token at which it is pooled. An id out of
// range would stop a CUDA device for good, so it is an error here.
func (t *textTower) real(ids []int32) ([]int32, error) {
	for _, id := range ids {
		if id < 0 || int(id) >= t.config.Vocab {
			return nil, fmt.Errorf("token %d is not below the vocabulary's size, %d", id, t.config.Vocab)
		}
	}
	end := endToken(ids, t.config.EOS)
	if end < 0 {
		return nil, fmt.Errorf("no end token, %d, among its %d tokens", t.config.EOS, len(ids))
	}
	if end >= t.config.Context {
		return nil, fmt.Errorf("%d tokens are more than the context length, %d", end+1, t.config.Context)
	}
	return ids[:end+1], nil
}

// legacyEOS is the eos_token_id that configurations written before transformers 4.31 carry by mistake. Hugging Face's model
// takes it as the order to pool at the largest id, which in CLIP's vocabulary is the end token
// (huggingface/transformers pull request 24773).
const legacyEOS = 2

// endToken returns the index of the token at which a text is pooled: the first end token. -1 if there is none.
func endToken(ids []int32, eos int32) int {
	if eos != legacyEOS {
		return slices.Index(ids, eos)
	}
	if len(ids) == 0 {
		return -1
	}
	return slices.Index(ids, slices.Max(ids))
}
