package checkpoint

import (
	"bytes"
	"encoding/json"
	"io"

	"clipsearch/encode/pixel"
)

// The objects below are Hugging Face's files as transformers writes them, with
// all that CLIPModel, CLIPTokenizer and CLIPImageProcessor need to load them.

// configJSON returns config.json.
func configJSON(c Config, v vocabulary, dtype DType) any {
	type tower struct {
		ModelType  string  `json:"model_type"`
		Width      int     `json:"hidden_size"`
		MLP        int     `json:"intermediate_size"`
		Heads      int     `json:"num_attention_heads"`
		Layers     int     `json:"num_hidden_layers"`
		Activation string  `json:"hidden_act"`
		Eps        float64 `json:"layer_norm_eps"`
		Dims       int     `json:"projection_dim"`
	}
	type text struct {
		tower
		Vocab   int `json:"vocab_size"`
		Context int `json:"max_position_embeddings"`
		BOS     int `json:"bos_token_id"`
		EOS     int `json:"eos_token_id"`
		Pad     int `json:"pad_token_id"`
	}
	type vision struct {
		tower
		ImageSize int `json:"image_size"`
		Patch     int `json:"patch_size"`
		Channels  int `json:"num_channels"`
	}
	of := func(kind string, t TowerConfig) tower {
		return tower{kind, t.Width, t.MLP, t.Heads, t.Layers, t.Activation, t.Eps, c.Dims}
	}
	eos := v.end
	if c.Text.EOS == legacyEOS {
		eos = legacyEOS // which pools elsewhere where the end token's id is not the highest
	}
	var quantization any
	if dtype == Int8 {
		quantization = map[string]string{
			"format": "clipsearch-int8", // int8.go
			"note":   "8 bits with a scale a row, which clipsearch alone reads; for other programs: clipsearch model convert DIR OUT --dtype f32",
		}
	}
	return struct {
		Architectures []string `json:"architectures"`
		ModelType     string   `json:"model_type"`
		Dims          int      `json:"projection_dim"`
		LogitScale    float32  `json:"logit_scale_init_value"`
		Text          text     `json:"text_config"`
		Vision        vision   `json:"vision_config"`
		DType         string   `json:"torch_dtype"`
		Quantization  any      `json:"quantization_config,omitempty"`
	}{
		[]string{"CLIPModel"}, clipType, c.Dims, c.LogitScale,
		text{of("clip_text_model", c.Text.TowerConfig), c.Text.Vocab, c.Text.Context, v.start, eos, v.end},
		vision{of("clip_vision_model", c.Vision.TowerConfig), c.Vision.ImageSize, c.Vision.Patch, defaultChannels},
		map[DType]string{F32: "float32", F16: "float16", BF16: "bfloat16", Int8: "float32"}[dtype],
		quantization,
	}
}

// processorJSON returns preprocessor_config.json.
func processorJSON(s pixel.Spec) any {
	size := map[string]int{"shortest_edge": s.Resize}
	if s.Squash {
		size = map[string]int{"height": s.Resize, "width": s.Resize}
	}
	return map[string]any{
		"image_processor_type": "CLIPImageProcessor",
		"do_convert_rgb":       true,
		"do_resize":            true,
		"size":                 size,
		"resample":             resampleCode(s.Resample),
		"do_center_crop":       true,
		"crop_size":            map[string]int{"height": s.Crop, "width": s.Crop},
		"do_rescale":           true,
		"rescale_factor":       1.0 / 255,
		"do_normalize":         true,
		"image_mean":           s.Mean,
		"image_std":            s.Std,
	}
}

// specialTokens returns special_tokens_map.json.
func specialTokens() map[string]any {
	return map[string]any{
		"bos_token": "<|startoftext|>",
		"eos_token": "<|endoftext|>",
		"unk_token": "<|endoftext|>",
		"pad_token": "<|endoftext|>",
	}
}

// tokenizerJSON returns tokenizer_config.json.
func tokenizerJSON(context int) any {
	m := specialTokens()
	m["tokenizer_class"] = "CLIPTokenizer"
	m["do_lower_case"] = true
	m["model_max_length"] = context
	return m
}

// indentJSON returns a value as a JSON file for people to read.
func indentJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(v)
	return b.Bytes(), err
}

// writeText writes a small file.
func writeText(path string, content []byte) error {
	return writeWhole(path, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}
