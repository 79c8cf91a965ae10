package checkpoint

import (
	"fmt"
	"math"
)

// weight is one tensor that a model of some configuration has.
type weight struct {
	name  string // Hugging Face's
	shape []int
	std   float64 // initialised normally with this deviation; 0: constant
	fill  float32 // the constant
}

// weightsOf lists every weight of a model, in the order in which Create writes
// them: large ones lie aligned, the scalar comes last.
//
// The deviations are those of OpenAI's CLIP (model.py, initialize_parameters):
// with width w and L layers, w^-½ for what enters attention, (2w)^-½ for what
// enters the MLP, and w^-½·(2L)^-½ for what leaves either. That code leaves the
// image tower's blocks to PyTorch's defaults and Hugging Face's _init_weights
// scales attention's entry instead of its exit; here both towers follow the
// published text tower. Patch embedding and image positions have Hugging Face's
// deviations (0.02 and w^-½).
func weightsOf(c Config) []weight {
	text, vision := "text_model.", "vision_model."
	tw, vw := c.Text.Width, c.Vision.Width
	list := []weight{
		{name: text + "embeddings.token_embedding.weight", shape: []int{c.Text.Vocab, tw}, std: 0.02},
		{name: text + "embeddings.position_embedding.weight", shape: []int{c.Text.Context, tw}, std: 0.01},
	}
	list = appendBlocks(list, text, c.Text.TowerConfig)
	list = appendNorm(list, text+"final_layer_norm", tw)
	list = append(list,
		weight{name: "text_projection.weight", shape: []int{c.Dims, tw}, std: invSqrt(tw)},
		weight{name: vision + "embeddings.class_embedding", shape: []int{vw}, std: invSqrt(vw)},
		weight{name: vision + "embeddings.patch_embedding.weight", shape: []int{vw, 3, c.Vision.Patch, c.Vision.Patch}, std: 0.02},
		weight{name: vision + "embeddings.position_embedding.weight", shape: []int{c.Vision.Patches() + 1, vw}, std: invSqrt(vw)},
	)
	list = appendNorm(list, vision+"pre_layrnorm", vw) // spelled so in every published checkpoint
	list = appendBlocks(list, vision, c.Vision.TowerConfig)
	list = appendNorm(list, vision+"post_layernorm", vw)
	return append(list,
		weight{name: "visual_projection.weight", shape: []int{c.Dims, vw}, std: invSqrt(vw)},
		weight{name: logitScale, shape: []int{}, fill: c.LogitScale},
	)
}

// logitScale is the name of the one scalar, in every layout.
const logitScale = "logit_scale"

// appendBlocks appends the weights of a tower's blocks.
func appendBlocks(list []weight, prefix string, t TowerConfig) []weight {
	in := invSqrt(t.Width)
	out := in * invSqrt(2*t.Layers)
	for i := range t.Layers {
		p := fmt.Sprintf("%sencoder.layers.%d.", prefix, i)
		list = appendNorm(list, p+"layer_norm1", t.Width)
		for _, proj := range []string{"q_proj", "k_proj", "v_proj"} {
			list = appendLinear(list, p+"self_attn."+proj, t.Width, t.Width, in)
		}
		list = appendLinear(list, p+"self_attn.out_proj", t.Width, t.Width, out)
		list = appendNorm(list, p+"layer_norm2", t.Width)
		list = appendLinear(list, p+"mlp.fc1", t.MLP, t.Width, invSqrt(2*t.Width))
		list = appendLinear(list, p+"mlp.fc2", t.Width, t.MLP, out)
	}
	return list
}

// appendLinear appends a linear layer's weight [out, in] and zero bias.
func appendLinear(list []weight, name string, out, in int, std float64) []weight {
	return append(list,
		weight{name: name + ".weight", shape: []int{out, in}, std: std},
		weight{name: name + ".bias", shape: []int{out}})
}

// appendNorm appends a layer norm: scale one, bias zero.
func appendNorm(list []weight, name string, width int) []weight {
	return append(list,
		weight{name: name + ".weight", shape: []int{width}, fill: 1},
		weight{name: name + ".bias", shape: []int{width}})
}

func invSqrt(n int) float64 { return 1 / math.Sqrt(float64(n)) }
