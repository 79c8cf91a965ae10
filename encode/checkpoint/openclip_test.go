package checkpoint

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"clipsearch/encode/pixel"
	"github.com/google/go-cmp/cmp"
)

// openCLIPModel is the model_cfg of the tiny architecture. Heads are as wide as
// OpenCLIP's configuration says, so the image tower's is stated.
const openCLIPModel = `{"embed_dim": 16, "quick_gelu": true,
	"vision_cfg": {"image_size": 32, "layers": 2, "width": 32, "head_width": 16, "mlp_ratio": 2, "patch_size": 8, "timm_model_name": null, "patch_dropout": 0.5},
	"text_cfg": {"context_length": 77, "vocab_size": 770, "width": 24, "heads": 2, "layers": 2, "mlp_ratio": 2.0, "hf_model_name": null}}`

// toOpenCLIP renames and joins weights as OpenCLIP has them, by rules of its own:
// what it reads back is a check on both.
func toOpenCLIP(t *testing.T, weights []Tensor, text string) []Tensor {
	t.Helper()
	var out []Tensor
	block := func(from, to string) {
		for layer := range 2 {
			f, o := fmt.Sprintf("%sencoder.layers.%d.", from, layer), fmt.Sprintf("%stransformer.resblocks.%d.", to, layer)
			for _, kind := range []string{"weight", "bias"} {
				joined := Tensor{Name: o + "attn.in_proj_" + kind, DType: F32}
				for _, part := range []string{"q", "k", "v"} {
					w := find(t, weights, f+"self_attn."+part+"_proj."+kind)
					joined.Data = append(joined.Data, w.Data...)
					joined.Shape = append([]int{3 * w.Shape[0]}, w.Shape[1:]...)
				}
				out = append(out, joined)
				for _, pair := range [][2]string{{"self_attn.out_proj", "attn.out_proj"}, {"layer_norm1", "ln_1"}, {"layer_norm2", "ln_2"}, {"mlp.fc1", "mlp.c_fc"}, {"mlp.fc2", "mlp.c_proj"}} {
					w := *find(t, weights, f+pair[0]+"."+kind)
					w.Name = o + pair[1] + "." + kind
					out = append(out, w)
				}
			}
		}
	}
	block("vision_model.", "visual.")
	block("text_model.", text)
	for from, to := range map[string]string{
		"vision_model.embeddings.class_embedding":           "visual.class_embedding",
		"vision_model.embeddings.patch_embedding.weight":    "visual.conv1.weight",
		"vision_model.embeddings.position_embedding.weight": "visual.positional_embedding",
		"vision_model.pre_layrnorm.weight":                  "visual.ln_pre.weight",
		"vision_model.pre_layrnorm.bias":                    "visual.ln_pre.bias",
		"vision_model.post_layernorm.weight":                "visual.ln_post.weight",
		"vision_model.post_layernorm.bias":                  "visual.ln_post.bias",
		"text_model.embeddings.token_embedding.weight":      text + "token_embedding.weight",
		"text_model.embeddings.position_embedding.weight":   text + "positional_embedding",
		"text_model.final_layer_norm.weight":                text + "ln_final.weight",
		"text_model.final_layer_norm.bias":                  text + "ln_final.bias",
		"logit_scale":                                       "logit_scale",
	} {
		w := *find(t, weights, from)
		w.Name = to
		out = append(out, w)
	}
	for from, to := range map[string]string{"visual_projection.weight": "visual.proj", "text_projection.weight": text + "text_projection"} {
		w := find(t, weights, from)
		rows, columns := w.Shape[0], w.Shape[1]
		transposed := Tensor{to, F32, []int{columns, rows}, nil}
		for c := range columns {
			for r := range rows {
				transposed.Data = append(transposed.Data, w.Data[4*(r*columns+c):][:4]...)
			}
		}
		out = append(out, transposed)
	}
	slices.SortFunc(out, func(a, b Tensor) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// openCLIPDir makes an OpenCLIP directory of a Hugging Face one.
func openCLIPDir(t *testing.T, from, text string) string {
	t.Helper()
	dir := copyFiles(t, from, vocabFile, mergesFile)
	writeFile(t, filepath.Join(dir, openCLIPFile), []byte(`{"model_cfg": `+openCLIPModel+`, "preprocess_cfg": {"mean": [0.48145466, 0.4578275, 0.40821073], "std": [0.26862954, 0.26130258, 0.27577711]}}`))
	saveWeights(t, filepath.Join(dir, "open_clip_model.safetensors"), toOpenCLIP(t, weightsIn(t, from), text))
	return dir
}

func TestOpenCLIPIsTheSameModel(t *testing.T) {
	dir := created(t, 1, F32)
	editWeights(t, dir, func(w []Tensor) []Tensor { // no tensor without a pattern of its own
		for i := range w {
			if len(w[i].Shape) == 1 {
				for j := range w[i].Data {
					w[i].Data[j] ^= byte(i+j) & 0x1f
				}
			}
		}
		return w
	})
	want := opened(t, dir)
	for _, prefix := range []string{"", "text."} {
		got := opened(t, openCLIPDir(t, dir, prefix))
		if got.Layout != "OpenCLIP" {
			t.Errorf("layout %s", got.Layout)
		}
		sameWeights(t, weightsIn(t, dir), weightsIn(t, got.Dir))
		if diff := cmp.Diff(want.Config, got.Config); diff != "" {
			t.Errorf("config (-Hugging Face +OpenCLIP):\n%s", diff)
		}
		if want.ID != got.ID {
			t.Errorf("ID %s, want %s", got.ID, want.ID)
		}
	}
}

func TestOpenCLIPPickled(t *testing.T) {
	dir := openCLIPDir(t, created(t, 1, F32), "")
	want := opened(t, dir).ID
	pickled := copyFiles(t, dir, openCLIPFile, vocabFile, mergesFile)
	file := toOpenCLIP(t, weightsIn(t, dir), "")
	writeFile(t, filepath.Join(pickled, "open_clip_pytorch_model.bin"), torchFile(t, file))
	if got := opened(t, pickled).ID; got != want {
		t.Errorf("ID %s, want %s", got, want)
	}
}

// TestBothLayouts: Hugging Face's files come first, unless they are another model's.
func TestBothLayouts(t *testing.T) {
	from := created(t, 1, F32)
	dir := openCLIPDir(t, from, "")
	for _, name := range []string{configFile, "model.safetensors"} {
		writeFile(t, filepath.Join(dir, name), readFile(t, filepath.Join(from, name)))
	}
	if got := opened(t, dir).Layout; got != "Hugging Face" {
		t.Errorf("layout %s, want Hugging Face", got)
	}
	writeFile(t, filepath.Join(dir, configFile), []byte(`{"architecture": "vit_base_patch32_clip_224"}`))
	if got := opened(t, dir).Layout; got != "OpenCLIP" {
		t.Errorf("layout %s, want OpenCLIP", got)
	}
}

func TestOpenCLIPNamesItsOwn(t *testing.T) {
	dir := openCLIPDir(t, created(t, 1, F32), "")
	path := filepath.Join(dir, "open_clip_model.safetensors")
	weights := toOpenCLIP(t, weightsIn(t, dir), "")
	for name, edit := range map[string]func() []Tensor{
		"visual.transformer.resblocks.0.attn.in_proj_weight": func() []Tensor {
			return slices.DeleteFunc(slices.Clone(weights), func(w Tensor) bool { return w.Name == "visual.transformer.resblocks.0.attn.in_proj_weight" })
		},
		"visual.proj": func() []Tensor {
			w := slices.Clone(weights)
			v := find(t, w, "visual.proj")
			v.Shape = []int{v.Shape[1], v.Shape[0]}
			return w
		},
		"visual.ls_1.gamma": func() []Tensor {
			return append(slices.Clone(weights), Tensor{"visual.ls_1.gamma", F32, []int{1}, make([]byte, 4)})
		},
	} {
		saveWeights(t, path, edit())
		_, err := Open(dir)
		checkFault(t, err, ErrMisfit, path, name)
	}
}

func TestParseOpenCLIPConfig(t *testing.T) {
	// ViT-B-32.json of open_clip.
	got, err := parseOpenCLIPConfig("x", []byte(`{"model_cfg": {"embed_dim": 512,
		"vision_cfg": {"image_size": 224, "layers": 12, "width": 768, "patch_size": 32},
		"text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 512, "heads": 8, "layers": 12}}}`))
	if err != nil {
		t.Fatal(err)
	}
	want, err := ArchitectureNamed("vit-b-32")
	if err != nil {
		t.Fatal(err)
	}
	want.Config.Vision.Activation, want.Config.Text.Activation = GELU, GELU
	want.Config.Text.EOS = unknownEOS
	if diff := cmp.Diff(want.Config, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOpenCLIPConfigRefuses(t *testing.T) {
	for _, test := range []struct {
		options string // set in model_cfg
		want    error
		says    string
	}{
		{`{"vision_cfg": {"timm_model_name": "convnext_base", "timm_drop_path": 0.1}}`, ErrUnsupported, `model_cfg.vision_cfg.timm_model_name "convnext_base"`},
		{`{"vision_cfg": {"layers": [3, 4, 6, 3]}}`, ErrUnsupported, `model_cfg.vision_cfg: `},
		{`{"vision_cfg": {"attentional_pool": true}}`, ErrUnsupported, "vision_cfg.attentional_pool true"},
		{`{"vision_cfg": {"pool_type": "avg"}}`, ErrUnsupported, `pool_type "avg"`},
		{`{"vision_cfg": {"pos_embed_type": "sin_cos_2d"}}`, ErrUnsupported, `pos_embed_type "sin_cos_2d"`},
		{`{"vision_cfg": {"ls_init_value": 0.0001}}`, ErrUnsupported, "ls_init_value 0.0001"},
		{`{"vision_cfg": {"no_ln_pre": true}}`, ErrUnsupported, "no_ln_pre"},
		{`{"vision_cfg": {"from_the_future": {"a": 1}}}`, ErrUnsupported, "from_the_future"},
		{`{"vision_cfg": {"head_width": 0}}`, ErrConfig, "heads of width 0"},
		{`{"vision_cfg": {"head_width": 65}}`, ErrConfig, "heads of width 65"},
		{`{"text_cfg": {"hf_model_name": "roberta-base"}}`, ErrUnsupported, `model_cfg.text_cfg.hf_model_name "roberta-base"`},
		{`{"text_cfg": {"hf_tokenizer_name": "bert-base-uncased"}}`, ErrUnsupported, "hf_tokenizer_name"},
		{`{"text_cfg": {"no_causal_mask": true}}`, ErrUnsupported, "no_causal_mask"},
		{`{"text_cfg": {"pool_type": "last"}}`, ErrUnsupported, `pool_type "last"`},
		{`{"text_cfg": {"proj_bias": true}}`, ErrUnsupported, "proj_bias"},
		{`{"text_cfg": {"mlp_ratio": 1e300}}`, ErrConfig, "text MLP"},
		{`{"init_logit_bias": -10}`, ErrUnsupported, "model_cfg.init_logit_bias -10"},
		{`{"multimodal_cfg": {"width": 512}}`, ErrUnsupported, "multimodal_cfg"},
		{`{"embed_dim": "many"}`, ErrUnsupported, `embed_dim "many"`},
	} {
		model := map[string]any{}
		for _, text := range []string{openCLIPModel, test.options} { // the second adds to the first
			var options map[string]any
			if err := json.Unmarshal([]byte(text), &options); err != nil {
				t.Fatal(err)
			}
			overlay(model, options)
		}
		text, err := json.Marshal(map[string]any{"model_cfg": model})
		if err != nil {
			t.Fatal(err)
		}
		_, err = parseOpenCLIPConfig("open_clip_config.json", text)
		checkFault(t, err, test.want, "open_clip_config.json", test.says)
	}
	if _, err := parseOpenCLIPConfig("x", []byte(`{}`)); err == nil {
		t.Error("an empty object is taken for a model")
	}
}

// overlay sets what from has in to, object by object.
func overlay(to, from map[string]any) {
	for name, value := range from {
		inner, ok1 := value.(map[string]any)
		old, ok2 := to[name].(map[string]any)
		if ok1 && ok2 {
			overlay(old, inner)
		} else {
			to[name] = value
		}
	}
}

func TestParseOpenCLIPPixels(t *testing.T) {
	base := pixel.CLIP(224)
	squash, bilinear, half := base, base, base
	squash.Squash = true
	bilinear.Resample = pixel.Bilinear
	half.Mean, half.Std = [3]float32{0.5, 0.5, 0.5}, [3]float32{0.5, 0.5, 0.5}
	for _, test := range []struct {
		options string
		want    pixel.Spec
		err     error
		says    string
	}{
		{`null`, base, nil, ""},
		{`{}`, base, nil, ""},
		{`{"size": 224, "mode": "RGB", "interpolation": "bicubic", "resize_mode": "shortest", "fill_color": 7}`, base, nil, ""},
		{`{"size": [224, 224], "resize_mode": "squash"}`, squash, nil, ""},
		{`{"interpolation": "bilinear"}`, bilinear, nil, ""},
		{`{"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}`, half, nil, ""},
		{`{"size": [224, 240]}`, base, ErrUnsupported, "size"},
		{`{"size": 256}`, base, ErrMisfit, "256 px"},
		{`{"interpolation": "random"}`, base, ErrUnsupported, "random"},
		{`{"resize_mode": "longest"}`, base, ErrUnsupported, "longest"},
		{`{"mean": [0.5]}`, base, ErrUnsupported, "preprocess_cfg.mean"},
		{`{"std": [0, 1, 1]}`, base, pixel.ErrSpec, "std"},
		{`{"sharpen": 2}`, base, ErrUnsupported, "preprocess_cfg.sharpen 2"},
	} {
		got, err := parseOpenCLIPPixels("x", []byte(`{"preprocess_cfg": `+test.options+`}`), 224)
		if test.err != nil {
			checkFault(t, err, test.err, test.says)
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", test.options, err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.options, diff)
		}
	}
}
