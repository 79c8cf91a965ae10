package checkpoint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"

	"clipsearch/encode/pixel"
)

// openCLIPFile describes model and pre-processing in OpenCLIP's layout.
const openCLIPFile = "open_clip_config.json"

// openCLIPConfig is that file. What it leaves out is as in CLIPVisionCfg and
// CLIPTextCfg (src/open_clip/model.py).
type openCLIPConfig struct {
	Model      options `json:"model_cfg"`
	Preprocess options `json:"preprocess_cfg"`
}

// options are named settings, each of which is taken out by what knows it; what
// is left over at the end and is not switched off is not supported.
type options map[string]json.RawMessage

// take decodes the option called name into v, which keeps its value if the
// option is left out or null.
func (o options) take(name string, v any) error {
	raw, ok := o[name]
	delete(o, name)
	if !ok || string(raw) == "null" {
		return nil
	}
	if json.Unmarshal(raw, v) != nil {
		return fmt.Errorf("%w: %s %s", ErrUnsupported, name, shorten(raw))
	}
	return nil
}

// refuse returns ErrUnsupported for the first of the named options that is
// switched on: those that make all others of their tower mean something else.
func (o options) refuse(path string, names ...string) error {
	for _, name := range names {
		if raw, ok := o[name]; ok {
			if err := (options{name: raw}).rest(path); err != nil {
				return err
			}
		}
	}
	return nil
}

// drop forgets options that do not change what a model computes.
func (o options) drop(names ...string) {
	for _, name := range names {
		delete(o, name)
	}
}

// rest returns ErrUnsupported for the first option left that is switched on.
func (o options) rest(path string) error {
	for _, name := range sortedKeys(o) {
		switch string(o[name]) {
		case "null", "false", "0", "0.0", `""`, `"none"`, "{}":
		default:
			return fmt.Errorf("%w: %s%s %s", ErrUnsupported, path, name, shorten(o[name]))
		}
	}
	return nil
}

// shorten returns JSON on one line, cut to what a message can show.
func shorten(raw json.RawMessage) string {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil || b.Len() > 60 {
		return fmt.Sprintf("%.60s…", raw)
	}
	return b.String()
}

// readOpenCLIPConfig reads the shape of an OpenCLIP model.
func readOpenCLIPConfig(dir string) (Config, error) {
	path := filepath.Join(dir, openCLIPFile)
	data, err := readText(path)
	if err != nil {
		return Config{}, err
	}
	return parseOpenCLIPConfig(path, data)
}

// parseOpenCLIPConfig reads model_cfg of open_clip_config.json.
func parseOpenCLIPConfig(path string, data []byte) (Config, error) {
	var o openCLIPConfig
	if err := parseJSON(path, data, &o); err != nil {
		return Config{}, err
	}
	c, err := o.Model.config()
	if err != nil {
		return Config{}, &Error{Path: path, Err: err}
	}
	return c, nil
}

// config reads model_cfg.
func (o options) config() (Config, error) {
	var vision, text options
	var quick bool
	c := Config{LogitScale: defaultLogitScale}
	if err := o.takeAll("model_cfg: ", []string{"embed_dim", "quick_gelu", "vision_cfg", "text_cfg"}, &c.Dims, &quick, &vision, &text); err != nil {
		return Config{}, err
	}
	// custom_text only changes names; the scale is among the weights.
	o.drop("custom_text", "init_logit_scale", "nonscalar_logit_scale", "cast_dtype", "output_dict")
	if err := o.rest("model_cfg."); err != nil {
		return Config{}, err
	}
	activation := GELU
	if quick {
		activation = QuickGELU
	}
	var err error
	if c.Vision, err = vision.vision(activation); err != nil {
		return Config{}, err
	}
	if c.Text, err = text.text(activation); err != nil {
		return Config{}, err
	}
	return c, c.check()
}

// vision reads vision_cfg: a ViT that pools its class token.
func (o options) vision(activation string) (VisionConfig, error) {
	if err := o.refuse("model_cfg.vision_cfg.", "timm_model_name", "attentional_pool"); err != nil {
		return VisionConfig{}, err
	}
	v := VisionConfig{TowerConfig: TowerConfig{768, 12, 0, 0, activation, defaultEps}, ImageSize: 224, Patch: 16}
	headWidth, ratio := 64, 4.0
	pool, positions := "tok", "learnable"
	if err := o.takeAll("model_cfg.vision_cfg: ", []string{"layers", "width", "head_width", "mlp_ratio", "image_size", "patch_size", "pool_type", "pos_embed_type"},
		&v.Layers, &v.Width, &headWidth, &ratio, &v.ImageSize, &v.Patch, &pool, &positions); err != nil {
		return v, err
	}
	if pool != "tok" || positions != "learnable" {
		return v, fmt.Errorf("%w: model_cfg.vision_cfg: pool_type %q with pos_embed_type %q", ErrUnsupported, pool, positions)
	}
	if headWidth < 1 || v.Width%headWidth != 0 {
		return v, fmt.Errorf("%w: model_cfg.vision_cfg: heads of width %d do not divide the width %d", ErrConfig, headWidth, v.Width)
	}
	v.Heads, v.MLP = v.Width/headWidth, int(float64(v.Width)*ratio)
	o.drop("timm_model_pretrained", "timm_pool", "timm_proj", "timm_proj_bias", "timm_drop", "timm_drop_path")
	o.drop("attn_pooler_queries", "attn_pooler_heads")
	o.drop("patch_dropout", "output_tokens") // for training, and for other users of the tower
	return v, o.rest("model_cfg.vision_cfg.")
}

// text reads text_cfg: a causal transformer that pools its end token.
func (o options) text(activation string) (TextConfig, error) {
	if err := o.refuse("model_cfg.text_cfg.", "hf_model_name"); err != nil {
		return TextConfig{}, err
	}
	t := TextConfig{TowerConfig: TowerConfig{512, 12, 8, 0, activation, defaultEps}, Vocab: defaultVocab, Context: defaultContext, EOS: unknownEOS}
	ratio := 4.0
	pool, projection := "argmax", "linear"
	if err := o.takeAll("model_cfg.text_cfg: ", []string{"layers", "width", "heads", "mlp_ratio", "context_length", "vocab_size", "pool_type", "proj_type"},
		&t.Layers, &t.Width, &t.Heads, &ratio, &t.Context, &t.Vocab, &pool, &projection); err != nil {
		return t, err
	}
	if pool != "argmax" || projection != "linear" {
		return t, fmt.Errorf("%w: model_cfg.text_cfg: pool_type %q with proj_type %q", ErrUnsupported, pool, projection)
	}
	t.MLP = int(float64(t.Width) * ratio)
	o.drop("hf_model_pretrained", "hf_proj_type", "hf_pooler_type", "pad_id", "output_tokens")
	return t, o.rest("model_cfg.text_cfg.")
}

// takeAll takes several options; path says whose they are.
func (o options) takeAll(path string, names []string, into ...any) error {
	for i, name := range names {
		if err := o.take(name, into[i]); err != nil {
			return fmt.Errorf("%s%w", path, err)
		}
	}
	return nil
}

// readOpenCLIPPixels reads the pre-processing of an OpenCLIP model.
func readOpenCLIPPixels(dir string, imageSize int) (pixel.Spec, error) {
	path := filepath.Join(dir, openCLIPFile)
	data, err := readText(path)
	if err != nil {
		return pixel.Spec{}, err
	}
	return parseOpenCLIPPixels(path, data, imageSize)
}

// parseOpenCLIPPixels reads preprocess_cfg of open_clip_config.json.
func parseOpenCLIPPixels(path string, data []byte, imageSize int) (pixel.Spec, error) {
	var o openCLIPConfig
	if err := parseJSON(path, data, &o); err != nil {
		return pixel.Spec{}, err
	}
	spec, err := o.Preprocess.pixels(imageSize)
	if err != nil {
		return pixel.Spec{}, &Error{Path: path, Err: err}
	}
	return spec, checkSpec(path, spec, imageSize)
}

// pixels reads preprocess_cfg (PreprocessCfg, src/open_clip/transform.py).
func (o options) pixels(imageSize int) (pixel.Spec, error) {
	spec := pixel.CLIP(imageSize)
	var mean, std []float32
	var size squareSize
	filter, mode, colours := "bicubic", "shortest", "RGB"
	if err := o.takeAll("preprocess_cfg: ", []string{"mean", "std", "size", "interpolation", "resize_mode", "mode"},
		&mean, &std, &size, &filter, &mode, &colours); err != nil {
		return spec, err
	}
	if size > 0 {
		spec.Resize, spec.Crop = int(size), int(size)
	}
	switch filter {
	case "bicubic":
	case "bilinear":
		spec.Resample = pixel.Bilinear
	default:
		return spec, fmt.Errorf("%w: preprocess_cfg: interpolation %q", ErrUnsupported, filter)
	}
	if mode != "shortest" && mode != "squash" || colours != "RGB" {
		return spec, fmt.Errorf("%w: preprocess_cfg: resize_mode %q in mode %q", ErrUnsupported, mode, colours)
	}
	spec.Squash = mode == "squash"
	o.drop("fill_color") // of what only resize_mode longest adds
	if err := o.rest("preprocess_cfg."); err != nil {
		return spec, err
	}
	return spec, setMeanStd(&spec, "preprocess_cfg.mean", mean, "preprocess_cfg.std", std)
}

// squareSize is a number of px, or two equal ones.
type squareSize int

// UnmarshalJSON reads either form.
func (s *squareSize) UnmarshalJSON(data []byte) error {
	var pair [2]int
	if json.Unmarshal(data, &pair) == nil {
		if pair[0] != pair[1] {
			return fmt.Errorf("%w: a size that is no square", ErrUnsupported)
		}
		*s = squareSize(pair[0])
		return nil
	}
	return json.Unmarshal(data, (*int)(s))
}
