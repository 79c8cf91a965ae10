package checkpoint

import "path/filepath"

// configFile is Hugging Face's description of a model.
const configFile = "config.json"

// clipType is the model_type of a dual encoder of CLIP's kind.
const clipType = "clip"

// hfConfig is config.json of a Hugging Face CLIP. Fields that are left out or
// null have the defaults of transformers' CLIPConfig.
type hfConfig struct {
	ModelType    *string   `json:"model_type"`
	Dims         *int      `json:"projection_dim"`
	LogitScale   *float32  `json:"logit_scale_init_value"`
	Text         *hfText   `json:"text_config"`
	Vision       *hfVision `json:"vision_config"`
	LegacyText   *hfText   `json:"text_config_dict"`
	LegacyVision *hfVision `json:"vision_config_dict"`
}

// hfTower is what both towers' configurations have.
type hfTower struct {
	Width      *int     `json:"hidden_size"`
	MLP        *int     `json:"intermediate_size"`
	Layers     *int     `json:"num_hidden_layers"`
	Heads      *int     `json:"num_attention_heads"`
	Activation *string  `json:"hidden_act"`
	Eps        *float64 `json:"layer_norm_eps"`
}

type hfText struct {
	hfTower
	Vocab   *int   `json:"vocab_size"`
	Context *int   `json:"max_position_embeddings"`
	EOS     *int32 `json:"eos_token_id"`
}

type hfVision struct {
	hfTower
	ImageSize *int `json:"image_size"`
	Patch     *int `json:"patch_size"`
	Channels  *int `json:"num_channels"`
}

// The defaults of transformers: CLIPConfig, CLIPTextConfig, CLIPVisionConfig
// (configuration_clip.py), which are those of CLIP ViT-B/32.
const (
	defaultDims       = 512
	defaultLogitScale = 2.6592 // ln(1/0.07), the CLIP paper, 2.5
	defaultEps        = 1e-5
	defaultVocab      = 49408
	defaultContext    = 77
	defaultChannels   = 3
)

// unknownEOS stands for an eos_token_id that config.json leaves out: the
// tokenizer's end token. (transformers would take 49407, which is the same for
// CLIP's vocabulary and beyond a smaller one.)
const unknownEOS = -1

// parseHFConfig reads config.json. A tower's legacy form, where it is there,
// replaces the other (CLIPConfig.__init__).
func parseHFConfig(path string, data []byte) (Config, error) {
	var h hfConfig
	if err := parseJSON(path, data, &h); err != nil {
		return Config{}, err
	}
	if kind := or(h.ModelType, clipType); kind != clipType {
		return Config{}, faultf(path, "%w: model_type %q (known is %q)", ErrUnsupported, kind, clipType)
	}
	text, vision := orZero(h.LegacyText, h.Text), orZero(h.LegacyVision, h.Vision)
	if n := or(vision.Channels, defaultChannels); n != defaultChannels {
		return Config{}, faultf(path, "%w: vision_config.num_channels %d (known is 3)", ErrUnsupported, n)
	}
	c := Config{
		Text: TextConfig{
			TowerConfig: text.tower(TowerConfig{512, 12, 8, 2048, QuickGELU, defaultEps}),
			Vocab:       or(text.Vocab, defaultVocab),
			Context:     or(text.Context, defaultContext),
			EOS:         or(text.EOS, unknownEOS),
		},
		Vision: VisionConfig{
			TowerConfig: vision.tower(TowerConfig{768, 12, 12, 3072, QuickGELU, defaultEps}),
			ImageSize:   or(vision.ImageSize, 224),
			Patch:       or(vision.Patch, 32),
		},
		Dims:       or(h.Dims, defaultDims),
		LogitScale: or(h.LogitScale, defaultLogitScale),
	}
	if err := c.check(); err != nil {
		return Config{}, &Error{Path: path, Err: err}
	}
	return c, nil
}

// tower returns the tower's shape, with defaults for what is left out.
func (h hfTower) tower(defaults TowerConfig) TowerConfig {
	return TowerConfig{
		Width:      or(h.Width, defaults.Width),
		Layers:     or(h.Layers, defaults.Layers),
		Heads:      or(h.Heads, defaults.Heads),
		MLP:        or(h.MLP, defaults.MLP),
		Activation: or(h.Activation, defaults.Activation),
		Eps:        or(h.Eps, defaults.Eps),
	}
}

// readHFConfig reads config.json of a directory.
func readHFConfig(dir string) (Config, error) {
	path := filepath.Join(dir, configFile)
	data, err := readText(path)
	if err != nil {
		return Config{}, err
	}
	return parseHFConfig(path, data)
}

// modelType returns the model_type in a directory's config.json, "" if it does
// not say.
func modelType(dir string) string {
	path := filepath.Join(dir, configFile)
	data, err := readText(path)
	if err != nil {
		return ""
	}
	return modelTypeIn(path, data)
}

// modelTypeIn returns the model_type in a config.json, "" if it does not say.
func modelTypeIn(path string, data []byte) string {
	var h struct {
		ModelType string `json:"model_type"`
	}
	if parseJSON(path, data, &h) != nil {
		return ""
	}
	return h.ModelType
}

// or returns *p, or fallback where p is nil.
func or[T any](p *T, fallback T) T {
	if p == nil {
		return fallback
	}
	return *p
}

// orZero returns the first of ps that is not nil, or a zero T.
func orZero[T any](ps ...*T) T {
	for _, p := range ps {
		if p != nil {
			return *p
		}
	}
	var zero T
	return zero
}
