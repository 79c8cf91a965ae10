package checkpoint

import (
	"strings"
)

// OpenCLIP's names of the parts of a model; its text tower has no prefix, or
// "text." in models with custom_text.
// https://github.com/mlfoundations/open_clip, src/open_clip/transformer.py.
var openCLIPNames = strings.NewReplacer(
	"vision_model.embeddings.class_embedding", "visual.class_embedding",
	"vision_model.embeddings.patch_embedding.weight", "visual.conv1.weight",
	"vision_model.embeddings.position_embedding.weight", "visual.positional_embedding",
	"vision_model.pre_layrnorm", "visual.ln_pre",
	"vision_model.encoder.layers.", "visual.transformer.resblocks.",
	"vision_model.post_layernorm", "visual.ln_post",
	"visual_projection.weight", "visual.proj",
	"text_model.embeddings.token_embedding.weight", "{text}token_embedding.weight",
	"text_model.embeddings.position_embedding.weight", "{text}positional_embedding",
	"text_model.encoder.layers.", "{text}transformer.resblocks.",
	"text_model.final_layer_norm", "{text}ln_final",
	"text_projection.weight", "{text}text_projection",
	".layer_norm1.", ".ln_1.",
	".layer_norm2.", ".ln_2.",
	".self_attn.q_proj.", ".attn.in_proj_", // the three in one
	".self_attn.out_proj.", ".attn.out_proj.",
	".mlp.fc1.", ".mlp.c_fc.",
	".mlp.fc2.", ".mlp.c_proj.",
)

// openCLIPSlots returns the slots of an OpenCLIP file: projections are
// transposed, and query, key and value share one tensor.
func openCLIPSlots(c Config, entries map[string]entry) []slot {
	text := ""
	if _, ok := entries["text.token_embedding.weight"]; ok {
		text = "text."
	}
	var slots []slot
	for _, w := range weightsOf(c) {
		s := slot{shape: w.shape, into: []string{w.name}}
		switch {
		case strings.Contains(w.name, ".k_proj."), strings.Contains(w.name, ".v_proj."):
			continue // beside q_proj
		case strings.Contains(w.name, ".q_proj."):
			s.shape = append([]int{3 * w.shape[0]}, w.shape[1:]...)
			s.into = []string{w.name, strings.Replace(w.name, "q_proj", "k_proj", 1), strings.Replace(w.name, "q_proj", "v_proj", 1)}
		case w.name == "text_projection.weight", w.name == "visual_projection.weight":
			s.shape = []int{w.shape[1], w.shape[0]}
			s.transposed = true
		}
		s.name = strings.Replace(openCLIPNames.Replace(w.name), "{text}", text, 1)
		slots = append(slots, s)
	}
	return slots
}
